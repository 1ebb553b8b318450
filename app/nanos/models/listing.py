"""What harvesters know of nanos: one row for each that was ever public without signing in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db


class Listing(db.Model):  # type: ignore[name-defined]
    """It outlives its nano: whoever took the description is told that it is gone."""

    __tablename__ = "nanos_listing"

    nano_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    revision_id: Mapped[UUID]
    """What is said, or was said last."""
    subject: Mapped[str] = mapped_column(String(20))
    gone: Mapped[bool]
    changed_at: Mapped[datetime]
    """In whole seconds, which is what harvesters ask by."""

    __table_args__ = (
        Index("ix_nanos_listing_changed_at_nano_id", "changed_at", "nano_id"),
        Index("ix_nanos_listing_subject_changed_at", "subject", "changed_at", "nano_id"),
    )
