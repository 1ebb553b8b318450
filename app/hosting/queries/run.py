"""Runs of a server, for its history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.hosting.models import Run
from app.hosting.rules.server import Reason
from app.kit.db import db


@dataclass(frozen=True)
class RunRow:
    """One run, for the history of a server."""

    id: UUID
    memory_mb: int
    requested_at: datetime
    requested_by: UUID | None
    started_at: datetime | None
    ready_at: datetime | None
    ended_at: datetime | None
    reason: Reason | None
    exit_code: int | None
    players_peak: int | None


def runs(server_id: UUID, limit: int = 20) -> list[RunRow]:
    """The latest runs, newest first. The caller has checked the actor."""
    columns = [getattr(Run, name) for name in RunRow.__dataclass_fields__]
    rows = db.session.execute(
        select(*columns).where(Run.server_id == server_id).order_by(Run.requested_at.desc()).limit(limit)
    )
    return [_row(*values) for values in rows]


def _row(*values: Any) -> RunRow:
    row = RunRow(*values)
    return replace(row, reason=Reason(row.reason) if row.reason else None)
