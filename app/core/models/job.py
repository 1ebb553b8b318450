"""Background work as rows: what the queue carries is only an id."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"


class Job(db.Model):  # type: ignore[name-defined]
    """One piece of work. A worker holds it while `lease_until` is ahead; `attempt` fences a worker that came back."""

    __tablename__ = "core_job"

    id: Mapped[UUID] = primary_key()
    path: Mapped[str] = mapped_column(String(120))
    queue: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(120), default="")
    args: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(12), default=QUEUED)
    dedupe: Mapped[str | None] = mapped_column(String(120))
    attempt: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=1)
    timeout: Mapped[int] = mapped_column(default=60)
    run_at: Mapped[datetime]
    pushed_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    worker: Mapped[str | None] = mapped_column(String(80))
    percent: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(String(200), default="")
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None] = mapped_column(Text)
    organisation_id: Mapped[UUID | None] = mapped_column(index=True)
    actor_id: Mapped[UUID | None]
    request_id: Mapped[str | None] = mapped_column(String(40))
    subject_type: Mapped[str | None] = mapped_column(String(40))
    subject_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_core_job_due", "state", "run_at"),
        Index("ix_core_job_subject", "subject_id", "created_at"),
        Index(
            "uq_core_job_dedupe_open",
            "dedupe",
            unique=True,
            sqlite_where=text("state IN ('queued', 'running')"),
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
    )


class JobLine(db.Model):  # type: ignore[name-defined]
    """A line of a job's log, shown live."""

    __tablename__ = "core_job_line"

    seq: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("core_job.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)
