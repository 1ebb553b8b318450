"""What the platform writes down about a server's life. Each step holds the row, checks that it still applies, moves the
state, tells billing and records the event in one transaction, so it may be repeated and may come late.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.core.api import record
from app.hosting import events, tasks
from app.hosting.models import Run, Server
from app.hosting.rules.ending import after_crash, begin_state
from app.hosting.rules.server import ALIVE, RESTING, Desired, Reason, State
from app.hosting.services import bell, charge, turn
from app.hosting.services.revert import take_back
from app.kit import clock, live
from app.kit.authz import SYSTEM, Actor
from app.kit.db import db, lock, move, require_transaction, transaction
from app.kit.ids import new_id

FRESH = {
    "started_at": None,
    "ready_at": None,
    "observed_at": None,
    "silent_since": None,
    "stop_reason": None,
    "stopping_at": None,
    "players_online": None,
    "players_max": None,
    "empty_since": None,
    "idle_warned_at": None,
}
"""Columns of a run, empty."""


WORK = frozenset({"backups", "plugins"})


def show(server_id: UUID, *aspects: str) -> None:
    """Tell whoever looks at the server that these parts are old. Work on backups and plugins is part of the situation."""
    wanted = list(aspects or ("status", "situation", "row", "cost", "events"))
    if "situation" not in wanted and not WORK.isdisjoint(wanted):
        wanted.append("situation")
    live.changed("hosting-server", server_id, *wanted)


def set_state(server: Server, to: State, **values: object) -> None:
    """Compare-and-set of the state with a time stamp. Joins the caller's transaction; Conflict when somebody was first."""
    move(Server, server.id, from_=server.state, to=to.value, state_since=clock.now(), **values)
    bell.ring()
    show(server.id)


def begin(server: Server, actor: Actor, *, automatic: bool) -> None:
    """Start, or install first when there is nothing to start. Joins the caller's transaction; the row is locked.

    A new run gets a new id, which fences the runtime, billing and every later message about it.
    """
    require_transaction()
    if server.state == State.ARCHIVED:
        _begin_waking(server, actor)
        return
    if server.world is None:  # it is on its way back: the start follows when it is whole
        set_state(server, State.WAKING, desired=Desired.RUNNING.value)
        return
    to = begin_state(server.facts())
    if to is State.INSTALLING:
        set_state(server, to, desired=Desired.RUNNING.value, next_restart_at=None, **FRESH)
        queue_install(server, actor)
        return
    run_id, now = new_id(), clock.now()
    db.session.add(
        Run(
            id=run_id, server_id=server.id, organisation_id=server.organisation_id, memory_mb=server.memory_mb,
            config_version=server.config_version, settings=dict(server.settings), map_port=server.map_port,
            requested_at=now, requested_by=actor.person_id,
        )
    )  # fmt: skip
    fresh = {**FRESH, "run_id": run_id, "requested_at": now, "next_restart_at": None, "exit_code": None}
    set_state(server, to, desired=Desired.RUNNING.value, reason=None, **fresh)
    queue_start(server, actor)
    record(
        events.ServerStartRequested(run_id, automatic),
        actor=actor, organisation_id=server.organisation_id, subject=charge.subject(server.id),
    )  # fmt: skip


def _begin_waking(server: Server, actor: Actor) -> None:
    """The world comes first; the start follows when it is whole."""
    values = {
        "desired": Desired.RUNNING.value,
        "next_restart_at": None,
        "reason": None,
        "archive_failure": None,
    }
    set_state(server, State.WAKING, **values, **FRESH)
    queue_wake(server, actor)
    record(
        events.WakeBegun(), actor=actor, organisation_id=server.organisation_id, subject=charge.subject(server.id)
    )  # fmt: skip


def queue_wake(server: Server, actor: Actor) -> None:
    """Write the job that brings the world back, once while one is open. Joins the caller's transaction."""
    tasks.wake.later(
        actor=actor, organisation_id=server.organisation_id, subject=charge.subject(server.id),
        dedupe=f"hosting.wake:{server.id.hex}", server_id=str(server.id),
    )  # fmt: skip


def queue_archive(server: Server, actor: Actor) -> None:
    """Write the job that copies the world into the archive, once while one is open. Joins the caller's transaction."""
    assert server.archive_id is not None
    tasks.archive.later(
        actor=actor, organisation_id=server.organisation_id, subject=charge.subject(server.id),
        dedupe=f"hosting.archive:{server.archive_id.hex}", server_id=str(server.id),
    )  # fmt: skip


def queue_install(server: Server, actor: Actor) -> None:
    """Write the installation's job, once while one is open. Joins the caller's transaction."""
    tasks.install.later(
        actor=actor, organisation_id=server.organisation_id, subject=charge.subject(server.id),
        dedupe=f"hosting.install:{server.id.hex}", server_id=str(server.id),
    )  # fmt: skip


def queue_start(server: Server, actor: Actor) -> None:
    """Write the job that starts the current run, once while one is open. Joins the caller's transaction."""
    assert server.run_id is not None
    tasks.start.later(
        actor=actor, organisation_id=server.organisation_id, subject=charge.subject(server.id),
        dedupe=f"hosting.start:{server.run_id.hex}", server_id=str(server.id), run_id=str(server.run_id),
    )  # fmt: skip


def begin_if_affordable(server: Server) -> bool:
    """A start by the platform: a due restart or the start after an installation. Joins the caller's transaction."""
    if charge.affordable(server.organisation_id, server.memory_mb):
        begin(server, SYSTEM, automatic=True)
        return True
    values = {"desired": Desired.STOPPED.value, "next_restart_at": None}
    if server.state in (State.INSTALLING, State.WAKING):
        set_state(server, State.STOPPED, reason=Reason.NO_CREDIT.value, **values)
    else:
        move(Server, server.id, from_=server.state, to=server.state, reason=Reason.NO_CREDIT.value, **values)
        show(server.id)
    record(events.ServerHeld(), organisation_id=server.organisation_id, subject=charge.subject(server.id))
    return False


def begin_due(server_id: UUID) -> None:
    """Make a restart that is due, unless somebody decided otherwise meanwhile."""
    with transaction():
        server = lock(Server, server_id)
        waiting = server.next_restart_at is not None and server.next_restart_at > clock.now()
        if server.state in RESTING and server.desired == Desired.RUNNING and not waiting:
            begin_if_affordable(server)


def record_installed(server_id: UUID, disk_bytes: int | None) -> None:
    """The installation is there; the server starts when that is still wanted."""
    with transaction():
        server = lock(Server, server_id)
        if server.state != State.INSTALLING:
            return
        server.installed_at, server.disk_bytes = clock.now(), disk_bytes
        db.session.flush()
        record(
            events.ServerInstalled(),
            organisation_id=server.organisation_id,
            subject=charge.subject(server_id),
        )
        if server.desired == Desired.RUNNING:
            begin_if_affordable(server)
        else:
            set_state(server, State.STOPPED)


def record_failure(server_id: UUID, run_id: UUID | None, reason: Reason) -> None:
    """An installation or a start failed before there was a process: wait and try again, or give up. Free of charge."""
    with transaction():
        server = lock(Server, server_id)
        if server.state not in (State.INSTALLING, State.STARTING) or server.started_at is not None:
            return
        if server.state == State.STARTING and server.run_id != run_id:
            return
        now = clock.now()
        ending = after_crash(server.facts(), reason, now)
        if server.state == State.STARTING:
            run = close_run(server, now, reason)
            turn.give_back(server)
            if run is not None and ending.restarts and reason is Reason.NOT_STARTED:
                take_back(server, run)
        set_state(
            server, ending.state, desired=ending.desired.value, reason=reason.value,
            crash_count=ending.crash_count, next_restart_at=ending.next_restart_at,
        )  # fmt: skip
        record(
            events.ServerCrashed(
                run_id, reason.value, None, 0, ending.crash_count, seconds_until(ending.next_restart_at, now)
            ),
            organisation_id=server.organisation_id,
            subject=charge.subject(server_id),
        )


def seconds_until(moment: datetime | None, now: datetime) -> int | None:
    """Whole seconds from now, None where nothing is planned."""
    return None if moment is None else round((moment - now).total_seconds())


def close_run(server: Server, at: datetime, reason: Reason, exit_code: int | None = None) -> Run | None:
    """Write the end on the run's row, once. Joins the caller's transaction."""
    run = db.session.get(Run, server.run_id) if server.run_id else None
    if run is not None and run.ended_at is None:
        run.ended_at, run.reason, run.exit_code = at, reason.value, exit_code
    return run


def install_again(server_id: UUID, run_id: UUID) -> None:
    """What was installed is gone: the run is taken back and the installation repeated."""
    with transaction():
        server = lock(Server, server_id)
        if server.state != State.STARTING or server.run_id != run_id or server.started_at is not None:
            return
        close_run(server, clock.now(), Reason.CANCELLED)
        turn.give_back(server)
        server.installed_at = None
        db.session.flush()
        begin(server, SYSTEM, automatic=True)


def record_started(server_id: UUID, run_id: UUID, started_at: datetime) -> bool:
    """The process of a run exists: charge from its start. False when nobody wants that run any more."""
    with transaction():
        server = lock(Server, server_id)
        if server.run_id != run_id or server.state not in (*ALIVE, State.DELETING):
            return False
        if server.started_at is None:
            mark_started(server, started_at)
        return True


def mark_started(server: Server, started_at: datetime) -> None:
    """Write down the start of the process, not before it was asked for. Joins the caller's transaction."""
    assert server.run_id is not None
    now = clock.now()
    run = db.session.get_one(Run, server.run_id)
    at = max(min(started_at, now), run.requested_at)
    server.started_at, server.observed_at, run.started_at = at, now, at
    db.session.flush()
    record(
        events.ServerStarted(run.id, at.isoformat(), run.memory_mb),
        organisation_id=server.organisation_id,
        subject=charge.subject(server.id),
    )
    charge.run_began(server.organisation_id, server.id, run.id, run.memory_mb, at)
    show(server.id)


def record_ready(server_id: UUID, run_id: UUID) -> bool:
    """The game answers: players can join. False when that was known or nobody wants it any more."""
    with transaction():
        server = lock(Server, server_id)
        if server.state != State.STARTING or server.run_id != run_id or server.started_at is None:
            return False
        now = clock.now()
        run = db.session.get_one(Run, run_id)
        run.ready_at = now
        turn.give_back(server)
        seconds = round((now - server.started_at).total_seconds(), 3)
        set_state(server, State.RUNNING, ready_at=now, observed_at=now, silent_since=None, players_online=0)
        record(
            events.ServerReady(run_id, seconds),
            organisation_id=server.organisation_id,
            subject=charge.subject(server_id),
        )
        show(server_id, "players")
        return True
