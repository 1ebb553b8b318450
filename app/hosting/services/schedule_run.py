"""Doing what is planned. A due run is claimed, done and noted in one transaction: a worker that is killed has done nothing,
and of two that come at once the second finds it done. The rule for late runs is in `rules/schedule.py` (LATE).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from app.core.api import record
from app.hosting import schedule_events as events
from app.hosting.errors import NoCredit, NoRoom
from app.hosting.models import Schedule, ScheduleRun, Server
from app.hosting.policies import P
from app.hosting.rules.backup import Origin
from app.hosting.rules.schedule import CronFault, Missed, due, read
from app.hosting.rules.schedule_action import Action, Outcome, Verdict, verdict
from app.hosting.rules.server import Desired, State
from app.hosting.services import charge
from app.hosting.services.backup import order_backup
from app.hosting.services.power import order_command, order_restart, order_start, order_stop
from app.hosting.services.schedule import ASPECTS, LIVE, may_do, own_schedule
from app.kit import clock, live, observe
from app.kit.authz import SYSTEM, Actor, require
from app.kit.db import after_commit, db, lock, require_transaction, transaction
from app.kit.errors import Conflict, KontorError
from app.kit.ids import new_id
from app.kit.secrets import unseal

log = structlog.get_logger(__name__)
RUNS = observe.counter("kontor_schedule_runs_total", "Planned runs by outcome.", ("action", "outcome"))
KEPT = 100
"""Rows of history a plan keeps."""
_GONE = (State.DELETING.value, State.DELETED.value)


def _type(server: Server, command: str) -> None:
    order_command(server, SYSTEM, command)


ACTS: dict[Action, Callable[[Server, str], object]] = {
    Action.START: lambda server, _command: order_start(server, SYSTEM),
    Action.STOP: lambda server, _command: order_stop(server, SYSTEM),
    Action.RESTART: lambda server, _command: order_restart(server, SYSTEM),
    Action.BACKUP: lambda server, _command: order_backup(server, SYSTEM, Origin.SCHEDULE),
    Action.COMMAND: _type,
}
"""What each action does to the locked server, inside the open transaction: it writes orders (jobs) and does nothing itself,
so that it is undone with the claim when the worker is killed."""


def run_due() -> int:
    """Do what is due now. Returns how many plans were dealt with. One that cannot be read holds up no other."""
    now = clock.now()
    wanted = (
        select(Schedule.id, Schedule.server_id, Schedule.cron, Schedule.zone, Schedule.next_at)
        .join(Server, Server.id == Schedule.server_id)
        .where(Schedule.next_at <= now, Server.state.not_in(_GONE))
        .order_by(Schedule.next_at, Schedule.id)
    )
    rows = db.session.execute(wanted).all()
    done = 0
    for row in sorted(rows, key=lambda row: _turn(row.cron, row.zone, row.next_at, now)):
        try:
            if _readable(row.cron, row.zone):
                done += run_one(row.id, row.server_id, clock.now())
            else:
                done += _switch_off(row.id, row.server_id)
        except Exception:
            log.warning("schedule_not_run", schedule=str(row.id), exc_info=True)
    return done


def _readable(cron: str, zone: str) -> bool:
    try:
        read(cron), ZoneInfo(zone)
    except (CronFault, ZoneInfoNotFoundError, ValueError):
        return False
    return True


def _switch_off(schedule_id: UUID, server_id: UUID) -> bool:
    """A plan whose times make no sense any more, as when a zone is gone: off, and its owners are told."""
    with transaction():
        lock(Server, server_id)
        row = db.session.get(Schedule, schedule_id, with_for_update=True, populate_existing=True)
        if row is None or row.next_at is None:
            return False
        due_at, row.next_at = row.next_at, None
        _note(row, due_at, Outcome.FAILED, "broken")
        return True


def _turn(cron: str, zone: str, since: datetime, now: datetime) -> datetime:
    """When the run that will be done was due: after an outage plans keep their order, however many runs each has missed."""
    try:
        return due(read(cron), ZoneInfo(zone), since, now).run or since
    except (CronFault, ZoneInfoNotFoundError, ValueError):
        return since


def run_one(schedule_id: UUID, server_id: UUID, now: datetime) -> bool:
    """Do one plan's due run and note the missed ones. False when somebody else did, or the server is not ready for it."""
    with transaction():
        server = lock(Server, server_id)
        row = db.session.get(Schedule, schedule_id, with_for_update=True, populate_existing=True)
        if row is None or row.next_at is None or row.next_at > now or server.state in _GONE:
            return False
        found = due(read(row.cron), ZoneInfo(row.zone), row.next_at, now)
        if found.missed is not None and not _noted(row, found.missed.first):
            _note_missed(row, found.missed)
        row.next_at = found.following
        if found.run is None or _noted(row, found.run):
            return True
        sense = verdict(Action(row.action), State(server.state), Desired(server.desired))
        if sense is Verdict.WAIT:
            row.next_at = found.run  # asked again, for up to an hour
            return False
        outcome, reason = _do(server, row) if sense is Verdict.ACT else _REFUSED[sense]
        _note(row, found.run, outcome, reason)
        return True


def _noted(row: Schedule, due_at: datetime) -> bool:
    """Whether that run has been dealt with: the clock was put back since, and shows its time again."""
    wanted = select(ScheduleRun.id).where(ScheduleRun.schedule_id == row.id, ScheduleRun.due_at == due_at)
    return db.session.scalar(wanted) is not None


def run_now(actor: Actor, server_id: UUID, schedule_id: UUID) -> tuple[Outcome, str | None]:
    """Do what a plan says once, now, whether it is on or off; its times stay. Returns what came of it, and why.

    Raises Conflict while the server is on its way to where it can be done.
    """
    require(actor, P.schedule_write)
    with transaction():
        row = own_schedule(actor, server_id, schedule_id)
        may_do(actor, row.action)
        server = lock(Server, server_id)
        sense = verdict(Action(row.action), State(server.state), Desired(server.desired))
        if sense is Verdict.WAIT:
            raise Conflict(_("Das geht erst in einem Moment: Der Server ist gerade unterwegs."))
        outcome, reason = _do(server, row) if sense is Verdict.ACT else _REFUSED[sense]
        _note(row, clock.now(), outcome, reason, actor)
        return outcome, reason


_REFUSED: dict[Verdict, tuple[Outcome, str | None]] = {
    Verdict.NOTHING: (Outcome.NOTHING, None),
    Verdict.IMPOSSIBLE: (Outcome.FAILED, "draft"),
}


def _do(server: Server, row: Schedule) -> tuple[Outcome, str | None]:
    try:
        command = unseal(row.command) if row.command else ""
    except ValueError:
        return Outcome.FAILED, "unreadable"
    try:
        with db.session.begin_nested():
            ACTS[Action(row.action)](server, command)
    except NoCredit:
        return Outcome.FAILED, "no-credit"
    except NoRoom:
        return Outcome.FAILED, "no-room"
    except KontorError:
        return Outcome.FAILED, "refused"
    except SQLAlchemyError:
        raise  # nothing of it is written: the next look tries again
    except Exception:
        log.exception("schedule_failed", schedule=str(row.id))
        return Outcome.FAILED, "error"
    return Outcome.DONE, None


def _note(
    row: Schedule, due_at: datetime, outcome: Outcome, reason: str | None, actor: Actor = SYSTEM
) -> None:
    _write(row, due_at, due_at, 1, outcome, reason)
    record(
        events.ScheduleRan(row.id, row.action, outcome.value, reason, due_at.isoformat()),
        actor=actor, organisation_id=row.organisation_id, subject=charge.subject(row.server_id),
    )  # fmt: skip


def _note_missed(row: Schedule, missed: Missed) -> None:
    _write(row, missed.first, missed.last, missed.count, Outcome.MISSED, None)
    record(
        events.ScheduleMissed(row.id, row.action, missed.count, missed.first.isoformat()),
        organisation_id=row.organisation_id, subject=charge.subject(row.server_id),
    )  # fmt: skip


def _write(
    row: Schedule, due_at: datetime, until: datetime, count: int, outcome: Outcome, reason: str | None
) -> None:
    require_transaction()
    db.session.add(
        ScheduleRun(
            id=new_id(), schedule_id=row.id, due_at=due_at, until=until, count=count, noted_at=clock.now(),
            outcome=outcome.value, reason=reason,
        )
    )  # fmt: skip
    db.session.flush()
    runs = ScheduleRun.schedule_id == row.id
    oldest = db.session.scalar(
        select(ScheduleRun.due_at).where(runs).order_by(ScheduleRun.due_at.desc()).offset(KEPT).limit(1)
    )
    if oldest is not None:
        db.session.execute(delete(ScheduleRun).where(runs, ScheduleRun.due_at <= oldest))
    live.changed(LIVE, row.id, *ASPECTS)
    counter = RUNS.labels(row.action, outcome.value)
    after_commit(lambda: counter.inc(count))
