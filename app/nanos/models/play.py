"""Playing: how far each person came in each piece of a nano's content."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Play(db.Model):  # type: ignore[name-defined]
    """One person and one piece: a file, or a part of a package. By content, so that a new revision with the same file goes
    on where the one before ended.
    """

    __tablename__ = "nanos_play"

    id: Mapped[UUID] = primary_key()
    person_id: Mapped[UUID]
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    part: Mapped[str] = mapped_column(String(200), default="")
    """A part of a package that has several; empty: all of the piece."""
    length: Mapped[float | None]
    """Seconds of a film: read from the file, else what the player first said."""
    watched: Mapped[str] = mapped_column(String(25), default="")
    """Which hundredths of a film were seen: 100 bits, as hexadecimal digits."""
    progress: Mapped[int] = mapped_column(default=0)
    """Hundredths, never less than before."""
    score: Mapped[int | None]
    """Hundredths; the best so far."""
    seconds: Mapped[int] = mapped_column(default=0)
    state: Mapped[dict[str, Any]]
    """What a package asked us to keep: its elements by name."""
    first_at: Mapped[datetime]
    counted_at: Mapped[datetime]
    """Up to when time has been counted: nobody gets more than has passed since."""
    last_at: Mapped[datetime] = mapped_column(index=True)
    completed_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("person_id", "nano_id", "sha256", "part"),
        Index("ix_nanos_play_nano_id", "nano_id"),
    )
