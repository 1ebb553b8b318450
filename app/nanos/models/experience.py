"""What H5P packages said about people: one statement of the Experience API a row."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Experience(db.Model):  # type: ignore[name-defined]
    """Somebody answered, completed, failed a piece of a nano, or a part of it. How far and how well, never what was answered."""

    __tablename__ = "nanos_experience"

    id: Mapped[UUID] = primary_key()
    person_id: Mapped[UUID]
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    said_id: Mapped[UUID]
    """The number under which it was told: told twice, it is kept once."""
    verb: Mapped[str] = mapped_column(String(20))
    sub: Mapped[str] = mapped_column(String(64), default="")
    """A part of the piece; empty: all of it."""
    score: Mapped[int | None]
    """Hundredths."""
    success: Mapped[bool | None]
    completion: Mapped[bool | None]
    seconds: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (
        UniqueConstraint("person_id", "nano_id", "said_id"),
        Index("ix_nanos_experience_nano_id", "nano_id"),
    )
