"""A person's requests, and what is said about data in general."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.core.api import Activity, Contributor, FileView, Retention, contributors, find_file
from app.kit import clock
from app.kit.db import db
from app.privacy.models import Erasure, Export
from app.privacy.models.request import SCHEDULED


@dataclass(frozen=True)
class ExportView:
    """A copy that was asked for; `file` is None until it is made and after it has gone."""

    id: UUID
    asked_at: datetime
    made_at: datetime | None
    job_id: UUID | None
    file: FileView | None


@dataclass(frozen=True)
class ErasureView:
    """An erasure that is coming."""

    id: UUID
    asked_at: datetime
    due_at: datetime


def exports_of(person_id: UUID, limit: int = 5) -> list[ExportView]:
    """The newest copies first."""
    rows = db.session.scalars(
        select(Export).where(Export.person_id == person_id).order_by(Export.asked_at.desc()).limit(limit)
    )
    return [ExportView(row.id, row.asked_at, row.made_at, row.job_id, _alive(row.file_id)) for row in rows]


def _alive(file_id: UUID | None) -> FileView | None:
    found = find_file(file_id) if file_id else None
    gone = found is not None and found.expires_at is not None and found.expires_at <= clock.now()
    return None if gone else found


def scheduled_erasure(person_id: UUID) -> ErasureView | None:
    """The person's coming erasure."""
    row = db.session.scalar(select(Erasure).where(Erasure.person_id == person_id, Erasure.state == SCHEDULED))
    return ErasureView(row.id, row.asked_at, row.due_at) if row else None


def blockers(person_id: UUID) -> list[str]:
    """Why the account cannot be erased now, in words; empty when it can."""
    return [reason for one in contributors() if one.blockers for reason in one.blockers(person_id)]


def retentions() -> list[tuple[Contributor, tuple[Retention, ...]]]:
    """What is kept how long, by module."""
    return [(one, one.retention) for one in contributors() if one.retention]


def activities() -> list[Activity]:
    """The record of processing activities."""
    return [activity for one in contributors() for activity in one.activities]
