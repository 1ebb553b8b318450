"""Nanos, and the revisions of what is said about them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Nano(db.Model):  # type: ignore[name-defined]
    """A learning unit of a provider's organisation: what is rated, exchanged and linked to, whatever revision it is at."""

    __tablename__ = "nanos_nano"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID]
    created_by: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(String(10))
    follows_id: Mapped[UUID | None]
    """The nano this one began as a copy of, because its learning outcome is another."""
    replacement_id: Mapped[UUID | None]
    """What the provider suggests instead, once this one is retired."""
    retires_on: Mapped[date | None]
    removes_on: Mapped[date | None]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was retired or removed."""
    bar: Mapped[str] = mapped_column(String(10), default="", server_default="")
    """What moderators forbade: "" nothing, hidden (found no more), blocked (retired and not to be brought back), removed."""

    __table_args__ = (
        Index("ix_nanos_nano_organisation_id_created_at", "organisation_id", "created_at"),
        Index("ix_nanos_nano_state_published_at", "state", "published_at"),
    )


class Revision(db.Model):  # type: ignore[name-defined]
    """What is said about a nano. `state` is its stage; `version` grows with each save, so that two people see each other."""

    __tablename__ = "nanos_revision"

    id: Mapped[UUID] = primary_key()
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id", ondelete="CASCADE"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    version: Mapped[int] = mapped_column(default=1)

    title: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(20))
    type: Mapped[str] = mapped_column(String(20))
    level: Mapped[str] = mapped_column(String(20))
    minutes: Mapped[int | None]
    language: Mapped[str] = mapped_column(String(20))
    licence: Mapped[str] = mapped_column(String(20))
    terms: Mapped[str] = mapped_column(Text)
    region: Mapped[str] = mapped_column(String(20))
    audience: Mapped[list[str]] = mapped_column(JSON)
    preview: Mapped[bool]
    listed: Mapped[bool] = mapped_column(default=False, server_default=false())
    """What is said is public without signing in."""
    folded: Mapped[str] = mapped_column(Text)
    """Its words without case, umlauts, accents: SQLite folds ASCII only."""

    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    reviewed_by: Mapped[UUID | None]
    reviewed_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)
    """Why it was sent back; gone with the next request."""

    __table_args__ = (
        UniqueConstraint("nano_id", "number"),
        Index("ix_nanos_revision_state_submitted_at", "state", "submitted_at"),
        Index("ix_nanos_revision_nano_id_state", "nano_id", "state"),
    )
