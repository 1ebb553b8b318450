"""Ratings: the stars people give a nano, how they changed, and what they come to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Rating(db.Model):  # type: ignore[name-defined]
    """One person's stars for one nano, whatever its revisions. What they wrote is a `Comment` of this rating."""

    __tablename__ = "nanos_rating"

    id: Mapped[UUID] = primary_key()
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"))
    person_id: Mapped[UUID | None]
    """None once the person is erased: the stars stay."""
    organisation_id: Mapped[UUID]
    """The one they acted for; that is what others read."""
    stars: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    """Grows with each edit, so that two edits see each other."""
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    struck_at: Mapped[datetime | None]
    """Since when moderation keeps it out of the mean as no genuine one; None: it counts."""

    __table_args__ = (
        UniqueConstraint("person_id", "nano_id"),
        Index("ix_nanos_rating_nano_id_created_at", "nano_id", "created_at"),
    )


class RatingPast(db.Model):  # type: ignore[name-defined]
    """What a rating said before an edit."""

    __tablename__ = "nanos_rating_past"

    id: Mapped[UUID] = primary_key()
    rating_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_rating.id", ondelete="CASCADE"))
    version: Mapped[int]
    stars: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    until: Mapped[datetime]
    """When the edit replaced it."""

    __table_args__ = (UniqueConstraint("rating_id", "version"),)


class Score(db.Model):  # type: ignore[name-defined]
    """What the ratings of a nano come to: kept beside them, so that lists can sort and filter by it."""

    __tablename__ = "nanos_score"

    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"), primary_key=True)
    one: Mapped[int]
    two: Mapped[int]
    three: Mapped[int]
    four: Mapped[int]
    five: Mapped[int]
    number: Mapped[int]
    """How many rated it."""
    mean: Mapped[int]
    """Bayesian, in thousandths of a star."""
    badge: Mapped[bool]

    __table_args__ = (Index("ix_nanos_score_mean", "mean"),)
