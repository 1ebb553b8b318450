"""What people write at a nano for others to read: comments of ratings, questions, and the provider's words on both."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Comment(db.Model):  # type: ignore[name-defined]
    """One text. Its id stays for ever, which is what moderation names. `kind`: rating (of the rating `parent_id`), reply (the
    provider's, to that rating), question, answer (the provider's, to the question `parent_id`).
    """

    __tablename__ = "nanos_comment"

    id: Mapped[UUID] = primary_key()
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"))
    kind: Mapped[str] = mapped_column(String(8))
    parent_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    """Who wrote it; None once they are erased."""
    organisation_id: Mapped[UUID | None]
    """For whom they wrote, which is what others read; None: for the platform."""
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    hidden_at: Mapped[datetime | None]
    """Since when a moderator keeps the text from others; None: everybody reads it."""
    hidden_by: Mapped[UUID | None]
    hidden_reason: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        UniqueConstraint("parent_id", "kind"),
        Index("ix_nanos_comment_nano_id_kind_created_at", "nano_id", "kind", "created_at"),
        Index("ix_nanos_comment_person_id", "person_id"),
    )
