"""Jobs as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.models import Job, JobLine
from app.kit.db import db


@dataclass(frozen=True)
class JobView:
    """A job with its progress."""

    id: UUID
    title: str
    state: str
    percent: int
    note: str
    attempt: int
    max_attempts: int
    organisation_id: UUID | None
    actor_id: UUID | None
    result: dict[str, Any] | None
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def open(self) -> bool:
        return self.state in ("queued", "running")


_COLUMNS = [getattr(Job, name) for name in JobView.__dataclass_fields__]


def find_job(job_id: UUID) -> JobView | None:
    """The job with this id. The caller checks the organisation."""
    row = db.session.execute(select(*_COLUMNS).where(Job.id == job_id)).first()
    return JobView(*row) if row else None


def latest_job(subject_id: UUID, *paths: str) -> JobView | None:
    """The newest job about a subject, of the given kinds when named."""
    statement = (
        select(*_COLUMNS).where(Job.subject_id == subject_id).order_by(Job.created_at.desc(), Job.id.desc())
    )
    if paths:
        statement = statement.where(Job.path.in_(paths))
    row = db.session.execute(statement.limit(1)).first()
    return JobView(*row) if row else None


def job_lines(job_id: UUID, limit: int = 200) -> list[str]:
    """The last lines of a job's log, oldest first."""
    rows = db.session.scalars(
        select(JobLine.text).where(JobLine.job_id == job_id).order_by(JobLine.seq.desc()).limit(limit)
    ).all()
    return list(reversed(rows))
