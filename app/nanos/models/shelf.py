"""What people keep: favourites, and collections in an order of their own."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Favourite(db.Model):  # type: ignore[name-defined]
    """A nano a person wants to find again."""

    __tablename__ = "nanos_favourite"

    id: Mapped[UUID] = primary_key()
    person_id: Mapped[UUID]
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"))
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("person_id", "nano_id"),)


class Collection(db.Model):  # type: ignore[name-defined]
    """A list with an order and notes. `sharing`: private (its maker's alone), organisation (its people read and change it),
    public (everybody who is signed in reads it, the organisation's people change it).
    """

    __tablename__ = "nanos_collection"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID]
    person_id: Mapped[UUID | None]
    """Who made it; None once they are erased."""
    title: Mapped[str] = mapped_column(String(120))
    about: Mapped[str] = mapped_column(Text, default="")
    sharing: Mapped[str] = mapped_column(String(12))
    version: Mapped[int] = mapped_column(default=1)
    """Grows with each change of its words or its sharing."""
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_nanos_collection_organisation_id_changed_at", "organisation_id", "changed_at"),
        Index("ix_nanos_collection_sharing_changed_at", "sharing", "changed_at"),
        Index("ix_nanos_collection_person_id", "person_id"),
    )


class CollectionItem(db.Model):  # type: ignore[name-defined]
    """A nano in a collection, at its place, with a note for who reads it."""

    __tablename__ = "nanos_collection_item"

    id: Mapped[UUID] = primary_key()
    collection_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_collection.id", ondelete="CASCADE"))
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"))
    position: Mapped[int]
    """Counts from 1, without gaps."""
    note: Mapped[str] = mapped_column(Text, default="")
    added_by: Mapped[UUID | None]
    added_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("collection_id", "nano_id"),)
