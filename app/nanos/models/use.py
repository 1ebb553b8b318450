"""Use: who has worked through which nano."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Use(db.Model):  # type: ignore[name-defined]
    """One person and one nano, whatever its revisions: when they began, how far they came, when they were through."""

    __tablename__ = "nanos_use"

    id: Mapped[UUID] = primary_key()
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"))
    person_id: Mapped[UUID]
    organisation_id: Mapped[UUID]
    """The one they acted for when they began."""
    revision: Mapped[int]
    """The number of the revision they saw last."""
    progress: Mapped[int] = mapped_column(default=0)
    """Hundredths, never less than before."""
    score: Mapped[int | None]
    """Hundredths of what could be reached, where the content tells; the best so far."""
    seconds: Mapped[int] = mapped_column(default=0)
    """How long they had it open, as far as the page can tell."""
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    """The first time they were through; stays."""
    restarted_at: Mapped[datetime | None]
    """Since when they work through it once more; None once they are through again."""
    repeated_at: Mapped[datetime | None]
    """The last time they were through it again."""

    __table_args__ = (
        UniqueConstraint("person_id", "nano_id"),
        Index("ix_nanos_use_nano_id_completed_at", "nano_id", "completed_at"),
        Index("ix_nanos_use_organisation_id_nano_id", "organisation_id", "nano_id"),
    )
