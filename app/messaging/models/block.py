"""Whom a person does not want to hear, and what was reported to the platform."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Block(db.Model):  # type: ignore[name-defined]
    """One person blocks another. The other is not told, but reads it where they try to write."""

    __tablename__ = "messaging_block"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_person.id"), primary_key=True)
    blocked_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_person.id"), primary_key=True, index=True)
    created_at: Mapped[datetime]


class Report(db.Model):  # type: ignore[name-defined]
    """A message that somebody reported, with its text as it was then. One for each message and reporter.

    No key leads to the message: it may go by its retention while the report is still to be decided.
    """

    __tablename__ = "messaging_report"

    id: Mapped[UUID] = primary_key()
    message_id: Mapped[UUID]
    room_id: Mapped[UUID]
    seq: Mapped[int]
    author_id: Mapped[UUID] = mapped_column(index=True)
    reporter_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_person.id"), index=True)
    reason: Mapped[str] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    files: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    """open, dismissed, removed"""
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]

    __table_args__ = (
        UniqueConstraint("message_id", "reporter_id"),
        Index("ix_messaging_report_state_created_at", "state", "created_at"),
    )
