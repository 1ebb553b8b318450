"""Modules: nanos in an order that together lead to an outcome."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Module(db.Model):  # type: ignore[name-defined]
    """What an organisation composed of nanos, its own and others'. `state`: draft, published, retired."""

    __tablename__ = "nanos_module"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID]
    created_by: Mapped[UUID | None]
    """None once they are erased."""
    state: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(120))
    outcome: Mapped[str] = mapped_column(String(300))
    description: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(String(400))
    """The words of its title without case, umlauts, accents."""
    version: Mapped[int] = mapped_column(default=1)
    """Grows with each change of its words and its units' notes."""
    bar: Mapped[str] = mapped_column(String(10), default="", server_default="")
    """What moderators forbade: "" nothing, blocked (its own organisation sees it, nobody else)."""
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_nanos_module_organisation_id_changed_at", "organisation_id", "changed_at"),
        Index("ix_nanos_module_state_published_at", "state", "published_at"),
        Index("ix_nanos_module_created_by", "created_by"),
    )


class ModuleUnit(db.Model):  # type: ignore[name-defined]
    """A nano in a module, at its place, with a note for who learns."""

    __tablename__ = "nanos_module_unit"

    id: Mapped[UUID] = primary_key()
    module_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_module.id", ondelete="CASCADE"))
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"), index=True)
    position: Mapped[int]
    """Counts from 1, without gaps."""
    note: Mapped[str] = mapped_column(Text, default="")
    required: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (UniqueConstraint("module_id", "nano_id"),)


class ModuleNeed(db.Model):  # type: ignore[name-defined]
    """A module that should be done before another. They form no circle."""

    __tablename__ = "nanos_module_need"

    id: Mapped[UUID] = primary_key()
    module_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_module.id", ondelete="CASCADE"))
    needs_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_module.id", ondelete="CASCADE"), index=True)

    __table_args__ = (UniqueConstraint("module_id", "needs_id"),)
