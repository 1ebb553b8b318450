"""Seats: what single people may do with single servers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Seat(db.Model):  # type: ignore[name-defined]
    """A person's, or until it is accepted an invitation's."""

    __tablename__ = "hosting_seat"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID]
    server_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_server.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"))
    invitation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("accounts_invitation.id", ondelete="CASCADE"), index=True
    )
    role: Mapped[str] = mapped_column(String(8))
    areas: Mapped[list[str]] = mapped_column(JSON)
    """Of an own choice; a usual set is its role alone."""
    invited_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    once: Mapped[str | None] = mapped_column(String(64))
    """Token of the form that made it."""

    __table_args__ = (
        UniqueConstraint("server_id", "person_id"),
        UniqueConstraint("server_id", "invitation_id"),
        Index("ix_hosting_seat_person", "person_id", "organisation_id"),
        CheckConstraint("(person_id IS NULL) <> (invitation_id IS NULL)", name="one_holder"),
    )
