"""Rooms: where people talk, and who belongs to them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Room(db.Model):  # type: ignore[name-defined]
    """A conversation. Its row is the lock under which messages get their numbers.

    Either it belongs to a thing of another module (`subject_type`, `subject_id`), whose provider says who may read and
    write, or it is the one conversation of two people in an organisation (`pair`, see `rules.room.pair_of`).
    """

    __tablename__ = "messaging_room"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID | None] = mapped_column(index=True)
    subject_type: Mapped[str | None] = mapped_column(String(40))
    subject_id: Mapped[UUID | None]
    pair: Mapped[str | None] = mapped_column(String(120), unique=True)
    last_seq: Mapped[int] = mapped_column(default=0)
    """Number of the newest message; numbers have no gap."""
    changes: Mapped[int] = mapped_column(default=0)
    """How often a message of this room was edited or deleted; each change has its number."""
    last_at: Mapped[datetime]
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("subject_type", "subject_id"),)


class RoomMember(db.Model):  # type: ignore[name-defined]
    """A person in a room: how far they have read, and whether they want to hear about it."""

    __tablename__ = "messaging_room_member"

    room_id: Mapped[UUID] = mapped_column(
        ForeignKey("messaging_room.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_person.id"), primary_key=True)
    joined_at: Mapped[datetime]
    last_read: Mapped[int] = mapped_column(default=0)
    """Number of the last message they have read; it never gets smaller."""
    digested: Mapped[int] = mapped_column(default=0)
    """Number of the last message a summary by mail has told them about."""
    muted: Mapped[bool] = mapped_column(default=False)
    marked: Mapped[bool] = mapped_column(default=False)
    """They want to come back to it: shown as unread although everything was read."""
    left_seq: Mapped[int | None]
    """They left after this message; None: they are there."""

    __table_args__ = (Index("ix_messaging_room_member_person", "person_id", "room_id"),)
