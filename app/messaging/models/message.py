"""Messages, and what they said before they were edited or deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Message(db.Model):  # type: ignore[name-defined]
    """One message. `seq` is its place in the room; people and clients never order by time."""

    __tablename__ = "messaging_message"

    id: Mapped[UUID] = primary_key()
    room_id: Mapped[UUID] = mapped_column(ForeignKey("messaging_room.id", ondelete="CASCADE"))
    seq: Mapped[int]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_person.id"))
    client_id: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the text as it was sent: a repeated sending is recognised after an edit, too."""
    text: Mapped[str] = mapped_column(Text)
    mentions: Mapped[list[Any]]
    """[person id, first letter, letter after the last] of each mention in the text."""
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    change: Mapped[int] = mapped_column(default=0)
    """The room's number of the last change to this message; 0 is none."""
    files: Mapped[int] = mapped_column(default=0)
    """How many files go with it."""

    __table_args__ = (
        UniqueConstraint("room_id", "seq"),
        UniqueConstraint("room_id", "author_id", "client_id"),
        Index("ix_messaging_message_author", "author_id"),
        Index("ix_messaging_message_room_change", "room_id", "change"),
        Index("ix_messaging_message_created", "created_at"),
    )


class MessageVersion(db.Model):  # type: ignore[name-defined]
    """What a message said until it was changed."""

    __tablename__ = "messaging_message_version"

    id: Mapped[UUID] = primary_key()
    message_id: Mapped[UUID] = mapped_column(
        ForeignKey("messaging_message.id", ondelete="CASCADE"), index=True
    )
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]
    replaced_at: Mapped[datetime]
