"""What is due for backups, looked at every few seconds: daily ones, restore tests, and work whose job was lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import delete, select

from app.hosting import tasks
from app.hosting.models import Archive, BackupPlan, Restore, SaveHold, Server
from app.hosting.rules.archive import ArchiveState
from app.hosting.rules.backup import GIVEN_UP_AFTER, OPEN, Origin, next_daily
from app.hosting.rules.server import State
from app.hosting.services import backup, backup_made, backup_test, charge, restore
from app.hosting.services.place import NODE
from app.kit import clock
from app.kit.authz import SYSTEM
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict

log = structlog.get_logger(__name__)
MOST_AT_ONCE = 200
_GONE = (State.DELETING.value, State.DELETED.value)


def run_due() -> dict[str, int]:
    """Begin with what is due. Returns how many of each. What fails for one server holds up no other."""
    now = clock.now()
    daily = sum(_safely(order_daily, server_id) for server_id in _due(BackupPlan.next_at, now))
    tests = sum(_safely(order_test, server_id) for server_id in _due(BackupPlan.test_at, now))
    return {"daily": daily, "tests": tests, "resumed": resume(now), "swept": backup_test.sweep()}


def _safely(act: Callable[[UUID], object], row_id: UUID) -> bool:
    """`row_id` of what `act` takes: a server, a backup, a restore."""
    try:
        return bool(act(row_id))
    except Exception:
        log.warning("backup_not_brought_on", act=act.__name__, id=str(row_id), exc_info=True)
        return False


def _due(column: Any, now: datetime) -> list[UUID]:
    wanted = (
        select(BackupPlan.server_id)
        .join(Server, Server.id == BackupPlan.server_id)
        .where(column <= now, Server.node == NODE, Server.state.not_in(_GONE))
        .order_by(column)
        .limit(MOST_AT_ONCE)
    )
    found = list(db.session.scalars(wanted))
    db.session.rollback()
    return found


def order_daily(server_id: UUID) -> bool:
    """One backup for however many moments have passed; the next one is due tomorrow. A server without a world is left out.

    After an outage it is made as soon as somebody can: late is better than not at all.
    """
    with transaction():
        server = lock(Server, server_id)
        plan = db.session.get(BackupPlan, server_id, populate_existing=True)
        now = clock.now()
        if plan is None or not plan.daily or plan.next_at is None or plan.next_at > now:
            return False
        plan.next_at = next_daily(time.fromisoformat(plan.at), ZoneInfo(plan.zone), now)
        db.session.flush()
        try:
            backup.order_backup(server, SYSTEM, Origin.DAILY)
        except Conflict:  # it rests in the archive, or has no world yet
            return False
        return True


def order_test(server_id: UUID) -> bool:
    """Have one of its backups tried."""
    with transaction():
        server = lock(Server, server_id)
        tasks.test_backup.later(
            organisation_id=server.organisation_id, subject=charge.subject(server_id),
            dedupe=f"hosting.backup-test:{server_id.hex}", server_id=str(server_id),
        )  # fmt: skip
        return True


def resume(now: datetime) -> int:
    """Everything that is under way has a job; what nobody can bring to an end has failed. Returns how many are under way."""
    made, brought = backup_made.stale(now, GIVEN_UP_AFTER), restore.stale(now, GIVEN_UP_AFTER)
    for archive_id, too_long in made:
        _safely(backup_made.give_up if too_long else _have_made, archive_id)
    for restore_id, too_long in brought:
        _safely(restore.give_up if too_long else _have_restored, restore_id)
    return len(made) + len(brought)


def _have_made(archive_id: UUID) -> None:
    with transaction():
        archive = lock(Archive, archive_id)
        if archive.state == ArchiveState.MAKING:
            backup.queue_making(archive, SYSTEM)


def _have_restored(restore_id: UUID) -> None:
    with transaction():
        row = lock(Restore, restore_id)
        if row.state in OPEN:
            restore.queue_restore(row, SYSTEM)


def forget_plan(server_id: UUID) -> None:
    """The server is gone, and with it what was planned for it."""
    with transaction() as session:
        session.execute(delete(BackupPlan).where(BackupPlan.server_id == server_id))
        session.execute(delete(SaveHold).where(SaveHold.server_id == server_id))
