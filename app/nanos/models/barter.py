"""Exchanges, and the revisions of what is offered in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from app.kit.db import db, primary_key


class Barter(db.Model):  # type: ignore[name-defined]
    """An exchange of two organisations. `version` grows with each step: who acts says which one they saw."""

    __tablename__ = "nanos_barter"

    id: Mapped[UUID] = primary_key()
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"))
    """The partner's nano from whose page it began."""
    title: Mapped[str] = mapped_column(String(120))
    """What that nano was called then."""
    offerer_id: Mapped[UUID]
    partner_id: Mapped[UUID]
    room_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(String(10))
    version: Mapped[int] = mapped_column(default=1)
    latest: Mapped[int] = mapped_column(default=1)
    author: Mapped[str] = mapped_column(String(8))
    """Whose side wrote the latest revision."""
    agreed: Mapped[int | None]
    pending: Mapped[int | None]
    offerer_delivered_at: Mapped[datetime | None]
    partner_delivered_at: Mapped[datetime | None]
    offerer_confirmed_at: Mapped[datetime | None]
    partner_confirmed_at: Mapped[datetime | None]
    offerer_turn: Mapped[bool]
    partner_turn: Mapped[bool]
    due_at: Mapped[datetime | None]
    remind_at: Mapped[datetime | None]
    """None once people were reminded."""
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    disputed_by: Mapped[str | None] = mapped_column(String(8))
    disputed_at: Mapped[datetime | None]
    complained_by: Mapped[UUID | None]
    complaint: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)
    """Why a moderator decided as they did."""

    __table_args__ = (
        CheckConstraint("offerer_id <> partner_id", name="two_sides"),
        Index("ix_nanos_barter_offerer_id_changed_at", "offerer_id", "changed_at"),
        Index("ix_nanos_barter_partner_id_changed_at", "partner_id", "changed_at"),
        Index("ix_nanos_barter_state_due_at", "state", "due_at"),
        Index("ix_nanos_barter_remind_at", "remind_at"),
    )


class BarterRevision(db.Model):  # type: ignore[name-defined]
    """What was offered, once and for ever; see `rules.terms` for what `terms` holds."""

    __tablename__ = "nanos_barter_revision"

    id: Mapped[UUID] = primary_key()
    barter_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_barter.id"))
    number: Mapped[int]
    author: Mapped[str] = mapped_column(String(8))
    written_by: Mapped[UUID | None]
    written_at: Mapped[datetime]
    terms: Mapped[dict[str, Any]]

    __table_args__ = (UniqueConstraint("barter_id", "number"),)


class LicenceLimit(db.Model):  # type: ignore[name-defined]
    """How many licences of a nano its provider gives at the same time; without a row, any number."""

    __tablename__ = "nanos_licence_limit"

    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"), primary_key=True)
    most: Mapped[int]


def _refuse(_mapper: Mapper[Any], _connection: object, target: object) -> None:
    raise RuntimeError(f"{type(target).__name__} is written once: make a further revision")


event.listen(BarterRevision, "before_update", _refuse)
