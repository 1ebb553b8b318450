"""Plans of a server and their history, as pages show them. The caller has found the server as the actor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select

from app.hosting.models import Schedule, ScheduleRun
from app.hosting.policies import P
from app.kit.authz import Actor, may
from app.kit.db import db
from app.kit.errors import NotFound


@dataclass(frozen=True)
class PlannedRun:
    """A run and its outcome; `count` runs from `due_at` to `until` when they were missed in a row."""

    due_at: datetime
    until: datetime
    count: int
    outcome: str
    reason: str | None


@dataclass(frozen=True)
class Plan:
    """What is planned. `sealed` is the console line as it is kept."""

    id: UUID
    server_id: UUID
    action: str
    cron: str
    zone: str
    sealed: str | None
    next_at: datetime | None
    last: PlannedRun | None = None


_RUN = (ScheduleRun.due_at, ScheduleRun.until, ScheduleRun.count, ScheduleRun.outcome, ScheduleRun.reason)


def plans_of(server_id: UUID) -> list[Plan]:
    """In the order they were made, each with its latest run."""
    latest = (
        select(ScheduleRun.schedule_id, func.max(ScheduleRun.due_at).label("due_at"))
        .join(Schedule, Schedule.id == ScheduleRun.schedule_id)
        .where(Schedule.server_id == server_id)
        .group_by(ScheduleRun.schedule_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Schedule, *_RUN)
        .outerjoin(latest, latest.c.schedule_id == Schedule.id)
        .outerjoin(
            ScheduleRun, and_(ScheduleRun.schedule_id == Schedule.id, ScheduleRun.due_at == latest.c.due_at)
        )
        .where(Schedule.server_id == server_id)
        .order_by(Schedule.id)
    )
    return [_plan(row[0], PlannedRun(*row[1:]) if row[1] is not None else None) for row in rows]


def plan_of(server_id: UUID, schedule_id: UUID) -> Plan:
    """One plan of this server. Raises NotFound."""
    row = db.session.get(Schedule, schedule_id)
    if row is None or row.server_id != server_id:
        raise NotFound
    return _plan(row, None)


def may_see_plan(actor: Actor, schedule_id: UUID) -> bool:
    """Whether an actor may watch a plan live."""
    if not may(actor, P.schedule_read) or actor.organisation_id is None:
        return False
    mine = select(Schedule.server_id).where(
        Schedule.id == schedule_id, Schedule.organisation_id == actor.organisation_id
    )
    server_id = db.session.scalar(mine)
    return server_id is not None and actor.reaches(server_id)


def watched_plan(schedule_id: UUID) -> Plan:
    """A plan with its latest run, whoever asks: for live fragments, which were authorised when subscribed."""
    row = db.session.get(Schedule, schedule_id, populate_existing=True)
    if row is None:
        raise NotFound
    latest = history_of(schedule_id, 1)
    return _plan(row, latest[0] if latest else None)


def history_of(schedule_id: UUID, limit: int = 30) -> list[PlannedRun]:
    """The latest runs, newest first."""
    rows = db.session.execute(
        select(*_RUN)
        .where(ScheduleRun.schedule_id == schedule_id)
        .order_by(ScheduleRun.due_at.desc())
        .limit(limit)
    )
    return [PlannedRun(*row) for row in rows]


def _plan(row: Schedule, last: PlannedRun | None) -> Plan:
    return Plan(row.id, row.server_id, row.action, row.cron, row.zone, row.command, row.next_at, last)
