"""Form tokens, settings, schedules and signs of life."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, delete, select, update
from sqlalchemy.exc import IntegrityError

from app.core.models import Job, Once, Process, Schedule, Setting
from app.core.models.job import CANCELLED, DONE
from app.kit import clock
from app.kit.db import db, require_transaction, transaction

OPERATOR_SCOPE = "operator"


def claim_once(key: str, digest: str | None = None) -> bool:
    """True for the first caller with this key, False for everyone after. Joins the caller's transaction.

    On PostgreSQL the second caller waits here until the first has committed.
    """
    require_transaction()
    try:
        with db.session.begin_nested():
            db.session.add(Once(key=key, at=clock.now(), digest=digest))
    except IntegrityError:
        return False
    return True


def get_setting(scope: UUID | None, key: str, default: Any = None) -> Any:
    """What the organisation chose, else what the operator chose, else `default`."""
    scopes = [OPERATOR_SCOPE] if scope is None else [str(scope), OPERATOR_SCOPE]
    statement = select(Setting.scope, Setting.value).where(Setting.key == key, Setting.scope.in_(scopes))
    rows: dict[str, Any] = {scope: value for scope, value in db.session.execute(statement)}  # noqa: C416 - Rows, typed
    return next((rows[name] for name in scopes if name in rows), default)


def setting_column(key: str) -> ScalarSelect[Any]:
    """What the operator chose, as a column for another module's statement; NULL where nothing was chosen."""
    return select(Setting.value).where(Setting.scope == OPERATOR_SCOPE, Setting.key == key).scalar_subquery()


def put_setting(scope: UUID | None, key: str, value: Any) -> None:
    """Keep a choice. Joins the caller's transaction."""
    require_transaction()
    name = OPERATOR_SCOPE if scope is None else str(scope)
    row = db.session.scalar(select(Setting).where(Setting.scope == name, Setting.key == key))
    if row is None:
        row = Setting(scope=name, key=key)
        db.session.add(row)
    row.value, row.changed_at = value, clock.now()


def claim_slot(name: str, first: datetime, following: datetime) -> datetime | None:
    """The slot that is due now, for exactly one of several clocks; None when nothing is due.

    `first` is used when the schedule is new; `following` becomes the next slot.
    """
    now = clock.now()
    with transaction() as session:
        row = session.get(Schedule, name)
        if row is None:
            session.add(Schedule(name=name, next_run_at=first))
            return None
        slot = row.next_run_at
        if slot > now:
            return None
        taken = session.execute(
            update(Schedule)
            .where(Schedule.name == name, Schedule.next_run_at == slot)
            .values(next_run_at=following, last_run_at=now)
            .execution_options(synchronize_session=False)
        )
        return slot if taken.rowcount == 1 else None  # type: ignore[attr-defined]


def beat(name: str, kind: str) -> None:
    """This process lives."""
    now = clock.now()
    with transaction() as session:
        row = session.get(Process, name)
        if row is None:
            session.add(Process(name=name, kind=kind, seen_at=now, started_at=now))
        else:
            row.seen_at = now


def gone(name: str) -> None:
    """This process ends."""
    with transaction() as session:
        session.execute(delete(Process).where(Process.name == name))


def living(kinds: Iterable[str] = (), within: timedelta = timedelta(seconds=30)) -> dict[str, int]:
    """How many processes of each kind were seen lately."""
    found: dict[str, int] = dict.fromkeys(kinds, 0)
    for kind in db.session.scalars(select(Process.kind).where(Process.seen_at > clock.now() - within)):
        found[kind] = found.get(kind, 0) + 1
    return found


def tidy() -> None:
    """Drop what has served its time: finished jobs after 30 days, used tokens after 7, dead processes after one."""
    now = clock.now()
    with transaction() as session:
        session.execute(
            delete(Job).where(Job.state.in_((DONE, CANCELLED)), Job.finished_at < now - timedelta(days=30))
        )
        session.execute(delete(Once).where(Once.at < now - timedelta(days=7)))
        session.execute(delete(Process).where(Process.seen_at < now - timedelta(days=1)))
