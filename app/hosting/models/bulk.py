"""One action on many servers, and what became of each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Bulk(db.Model):  # type: ignore[name-defined]
    """Ordered by one person, who stays responsible: each server is dealt with by their rights. One runs at a time."""

    __tablename__ = "hosting_bulk"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID]
    action: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    job_id: Mapped[UUID | None]
    """The job that goes through the servers; another one when the first was lost."""
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    finished_at: Mapped[datetime | None]
    once: Mapped[str | None] = mapped_column(String(64))
    """Token of the form that ordered it."""

    __table_args__ = (
        Index("ix_hosting_bulk_organisation", "organisation_id", "id"),
        Index(
            "uq_hosting_bulk_running",
            "organisation_id",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
    )


class BulkItem(db.Model):  # type: ignore[name-defined]
    """One server of it. Its outcome is written in the transaction that does the deed: nothing is done twice."""

    __tablename__ = "hosting_bulk_item"

    id: Mapped[UUID] = primary_key()
    bulk_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_bulk.id"))
    server_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_server.id"))
    number: Mapped[int]
    """Its place in the order, by name."""
    outcome: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(20))
    words: Mapped[str | None] = mapped_column(String(300))
    """What the refusal said, in the language of the person who ordered it."""
    at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("bulk_id", "server_id"),
        Index("ix_hosting_bulk_item_turn", "bulk_id", "outcome", "number"),
    )
