"""Saved searches, and of which nanos they have told."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class SavedSearch(db.Model):  # type: ignore[name-defined]
    """What a person looks for again and again: words and choices as the list reads them."""

    __tablename__ = "nanos_saved_search"

    id: Mapped[UUID] = primary_key()
    person_id: Mapped[UUID]
    organisation_id: Mapped[UUID | None]
    """For which organisation they looked when they saved it."""
    name: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(String(100))
    chosen: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Values by facet."""
    cadence: Mapped[str] = mapped_column(String(8))
    """When to tell of what is new: instant, daily, never."""
    created_at: Mapped[datetime]
    checked_at: Mapped[datetime]
    """Up to when the search was asked."""

    __table_args__ = (
        Index("ix_nanos_saved_search_person_id", "person_id"),
        Index("ix_nanos_saved_search_cadence_checked_at", "cadence", "checked_at"),
    )


class SavedMatch(db.Model):  # type: ignore[name-defined]
    """A nano of which a saved search has told: never again."""

    __tablename__ = "nanos_saved_match"

    id: Mapped[UUID] = primary_key()
    search_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_saved_search.id", ondelete="CASCADE"))
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"))
    told_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("search_id", "nano_id"),)
