"""What is planned for a server, and what became of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import SEALED, db, primary_key


class Schedule(db.Model):  # type: ignore[name-defined]
    """Something that happens to a server at planned times of a zone."""

    __tablename__ = "hosting_schedule"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID]
    server_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_server.id"))
    action: Mapped[str] = mapped_column(String(12))
    cron: Mapped[str] = mapped_column(String(100))
    zone: Mapped[str] = mapped_column(String(64))
    command: Mapped[str | None] = mapped_column(Text, info=SEALED)
    """The console line, sealed: it may name people."""
    next_at: Mapped[datetime | None]
    """When it is due next; None while it is switched off."""
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    once: Mapped[str | None] = mapped_column(String(64))
    """Token of the form that made it."""

    __table_args__ = (
        Index("ix_hosting_schedule_server", "server_id", "id"),
        Index("ix_hosting_schedule_next", "next_at"),
    )


class ScheduleRun(db.Model):  # type: ignore[name-defined]
    """A planned run and its outcome, or a row of runs that were missed. One for each time it was due, whoever is asked."""

    __tablename__ = "hosting_schedule_run"

    id: Mapped[UUID] = primary_key()
    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("hosting_schedule.id"))
    due_at: Mapped[datetime]
    until: Mapped[datetime]
    """When the last of several missed runs was due; else the same as `due_at`."""
    count: Mapped[int] = mapped_column(default=1)
    noted_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(20))
    """Why it failed."""

    __table_args__ = (UniqueConstraint("schedule_id", "due_at"),)
