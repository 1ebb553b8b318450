"""Backups of a server, its plan and what is being brought back, as pages show them. The caller has found the server as
the actor.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.hosting.models import Archive, Backup, BackupPlan, Restore
from app.hosting.rules.archive import ArchiveState, Purpose
from app.hosting.rules.backup import MOST_COUNT, OPEN
from app.kit.db import db
from app.kit.errors import NotFound
from app.kit.paging import Page, after, encode_cursor

SHOWN = MOST_COUNT + 50
"""The newest ones; a plan keeps no more, failed ones and those kept for ever come on top."""


@dataclass(frozen=True)
class BackupRow:
    """One backup. Sizes in bytes: as it is stored, and of the world in it."""

    id: UUID
    state: ArchiveState
    origin: str
    created_at: datetime
    begun_at: datetime | None
    finished_at: datetime | None
    size_bytes: int | None
    raw_bytes: int | None
    files: int | None
    sha256: str | None
    game_version: str
    failure: str | None
    kept: bool
    tested_at: datetime | None
    test_failure: str | None

    @property
    def seconds(self) -> float | None:
        """How long the attempt took that made it."""
        if self.begun_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.begun_at).total_seconds()

    @property
    def making(self) -> bool:
        return self.state is ArchiveState.MAKING

    @property
    def good(self) -> bool:
        """Verified, and no test said otherwise: a world can be brought back from it."""
        return self.state is ArchiveState.VERIFIED and self.test_failure is None


@dataclass(frozen=True)
class PlanView:
    """How a server is backed up by itself."""

    daily: bool
    at: str
    zone: str
    keep_count: int
    keep_days: int
    next_at: datetime | None
    test_at: datetime | None


@dataclass(frozen=True)
class RestoreView:
    """What is, or was last, brought back into a server."""

    id: UUID
    state: str
    failure: str | None
    created_at: datetime
    finished_at: datetime | None
    backup_at: datetime
    """When the backup was made from which the world comes."""

    @property
    def open(self) -> bool:
        return self.state in OPEN


_ROW = (
    Archive.id, Archive.state, Backup.origin, Archive.created_at, Backup.begun_at, Archive.finished_at,
    Archive.size_bytes, Archive.raw_bytes, Archive.files, Archive.sha256, Archive.game_version, Archive.failure,
    Backup.kept, Backup.tested_at, Backup.test_failure,
)  # fmt: skip


def _there(server_id: UUID) -> Any:
    return (
        select(*_ROW)
        .join(Backup, Backup.archive_id == Archive.id)
        .where(
            Archive.server_id == server_id,
            Archive.purpose == Purpose.BACKUP.value,
            Archive.state != ArchiveState.REMOVED.value,
        )
    )


def _row(values: Any) -> BackupRow:
    row_id, state, *rest = values
    return BackupRow(row_id, ArchiveState(state), *rest)


def backups_of(server_id: UUID) -> list[BackupRow]:
    """The newest first."""
    rows = db.session.execute(
        _there(server_id).order_by(Archive.created_at.desc(), Archive.id.desc()).limit(SHOWN)
    )
    return [_row(values) for values in rows]


def backup_page(server_id: UUID, cursor: str | None, limit: int) -> Page[BackupRow]:
    """A page of them, the newest first."""
    keys, parsers = [Archive.created_at, Archive.id], [datetime.fromisoformat, UUID]
    rows = [
        _row(values) for values in db.session.execute(after(_there(server_id), keys, parsers, cursor, limit))
    ]
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(rows[:limit], encode_cursor([last.created_at, last.id]) if last else None)


def backup_of(server_id: UUID, backup_id: UUID) -> BackupRow:
    """One backup of this server. Raises NotFound."""
    values = db.session.execute(_there(server_id).where(Archive.id == backup_id)).first()
    if values is None:
        raise NotFound
    return _row(values)


def newest_backup(server_id: UUID) -> BackupRow | None:
    """The one that is being made, else the one that came to an end last; None without any."""
    making = Archive.state == ArchiveState.MAKING.value
    latest = _there(server_id).order_by(making.desc(), Archive.created_at.desc(), Archive.id.desc()).limit(1)
    values = db.session.execute(latest).first()
    return _row(values) if values else None


def plan_of(server_id: UUID) -> PlanView | None:
    """None before the first backup or choice."""
    row = db.session.get(BackupPlan, server_id)
    if row is None:
        return None
    return PlanView(row.daily, row.at, row.zone, row.keep_count, row.keep_days, row.next_at, row.test_at)


def latest_restore(server_id: UUID) -> RestoreView | None:
    """The newest restore into this server."""
    values = db.session.execute(
        select(
            Restore.id, Restore.state, Restore.failure, Restore.created_at, Restore.finished_at, Archive.created_at
        )
        .join(Archive, Archive.id == Restore.archive_id)
        .where(Restore.server_id == server_id)
        .order_by(Restore.created_at.desc(), Restore.id.desc())
        .limit(1)
    ).first()  # fmt: skip
    return RestoreView(*values) if values else None
