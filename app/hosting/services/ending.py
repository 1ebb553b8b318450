"""What the platform writes down when a run ends. The end is the moment the runtime observed, so a late message bills
the truth.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.core.api import record
from app.hosting import events, tasks
from app.hosting.models import Run, Server
from app.hosting.rules.ending import CRASHES, Ending, after_end, end_of_run, why_ended
from app.hosting.rules.server import ALIVE, Desired, Look, Reason, Seen, State
from app.hosting.services import charge, ports, turn
from app.hosting.services.forget import drop_archives
from app.hosting.services.life import (
    FRESH,
    begin_if_affordable,
    close_run,
    mark_started,
    seconds_until,
    set_state,
    show,
)
from app.hosting.services.revert import take_back
from app.kit import clock
from app.kit.authz import SYSTEM, Actor
from app.kit.db import db, lock, move, require_transaction, transaction


def record_end(server_id: UUID, run_id: UUID, seen: Seen, disk_bytes: int | None = None) -> bool:
    """The process of a run has ended or is gone. False when that was already written down.

    `disk_bytes` is what the world takes now; None keeps the last known size.
    """
    with transaction():
        server = lock(Server, server_id)
        if server.run_id != run_id or server.state not in (*ALIVE, State.DELETING):
            return False
        run = db.session.get_one(Run, run_id, populate_existing=True)
        if run.ended_at is not None:
            return False
        ours = seen.run_id == run_id and seen.look is Look.EXITED
        if server.started_at is None and ours and seen.started_at is not None:
            mark_started(server, seen.started_at)  # it lived and died before anybody wrote it down
        if disk_bytes is not None:
            server.disk_bytes = disk_bytes
        _end(server, run, seen if ours else Seen(Look.ABSENT))
        return True


def _end(server: Server, run: Run, seen: Seen) -> None:
    now, facts = clock.now(), server.facts()
    if server.started_at is None:
        reason = (
            Reason.CANCELLED if facts.state in (State.STOPPING, State.DELETING) else why_ended(facts, seen)
        )
        at = now
    else:
        reason, at = why_ended(facts, seen), end_of_run(facts, seen, now)
    ending = after_end(facts, reason, now)
    run.disk_bytes = server.disk_bytes
    close_run(server, at, reason, seen.exit_code)
    turn.give_back(server)
    if reason in CRASHES and ending.restarts:
        take_back(server, run)
    ran = 0
    if server.started_at is not None:
        ran = round((at - server.started_at).total_seconds())
        server.last_ended_at = at
        db.session.flush()
        charge.run_ended(
            server.organisation_id, server.id, run.id, at, server.disk_bytes, Desired(ending.desired)
        )
    _leave(server, run.id, seen.exit_code, ran, ending, now)


def _leave(
    server: Server, run_id: UUID, exit_code: int | None, ran: int, ending: Ending, now: datetime
) -> None:
    values = {
        **FRESH,
        "desired": ending.desired.value,
        "reason": ending.reason.value,
        "exit_code": exit_code,
        "crash_count": ending.crash_count,
        "next_restart_at": ending.next_restart_at,
    }
    if server.state == State.DELETING:
        move(Server, server.id, from_=State.DELETING, to=State.DELETING, **values)
        show(server.id)
    else:
        set_state(server, ending.state, **values)
    reason = ending.reason.value
    fact: events.ServerCrashed | events.ServerStopped
    if ending.reason in CRASHES:
        wait = seconds_until(ending.next_restart_at, now)
        fact = events.ServerCrashed(run_id, reason, exit_code, ran, ending.crash_count, wait)
    else:
        fact = events.ServerStopped(run_id, reason, exit_code, ran)
    record(fact, organisation_id=server.organisation_id, subject=charge.subject(server.id))
    show(server.id, "players", "metrics")
    if ending.state is State.STOPPED and ending.desired is Desired.RUNNING:
        begin_if_affordable(server)


def order_end(server: Server, actor: Actor, reason: Reason, desired: Desired, *, hard: bool = False) -> None:
    """Have the run ended for `reason`. Joins the caller's transaction; the row is locked.

    Repeating it changes the reason and what is wanted afterwards: a person's stop overrules a restart of the platform.
    """
    require_transaction()
    now = clock.now()
    values = {"stop_reason": reason.value, "desired": desired.value}
    if server.state == State.STOPPING:
        move(Server, server.id, from_=State.STOPPING, to=State.STOPPING, **values)
        show(server.id)
    else:
        set_state(server, State.STOPPING, stopping_at=now, **values)
    record(
        events.ServerStopRequested(server.run_id, reason.value),
        actor=actor,
        organisation_id=server.organisation_id,
        subject=charge.subject(server.id),
    )
    queue_end(server, actor, hard=hard)


def queue_end(server: Server, actor: Actor, *, hard: bool) -> None:
    """Write the job that ends the run, once. Joins the caller's transaction."""
    assert server.run_id is not None
    ref, name = (tasks.kill, "kill") if hard else (tasks.stop, "stop")
    ref.later(
        actor=actor,
        organisation_id=server.organisation_id,
        subject=charge.subject(server.id),
        dedupe=f"hosting.{name}:{server.run_id.hex}",
        server_id=str(server.id),
        run_id=str(server.run_id),
    )


def queue_delete(server: Server, actor: Actor) -> None:
    """Write the job that removes the server, once while one is open. Joins the caller's transaction."""
    tasks.delete.later(
        actor=actor,
        organisation_id=server.organisation_id,
        subject=charge.subject(server.id),
        dedupe=f"hosting.delete:{server.id.hex}",
        server_id=str(server.id),
    )


def end_run(server_id: UUID, run_id: UUID, reason: Reason) -> None:
    """The platform ends a run that hangs or never became ready; it restarts if that is wanted."""
    with transaction():
        server = lock(Server, server_id)
        if server.run_id == run_id and server.state in (State.STARTING, State.RUNNING):
            order_end(server, SYSTEM, reason, Desired(server.desired))


def record_deleted(server_id: UUID) -> None:
    """World and process are gone: free the port, keep the name for reports."""
    with transaction():
        server = lock(Server, server_id)
        if server.state != State.DELETING:
            return
        now = clock.now()
        run = db.session.get(Run, server.run_id) if server.run_id else None
        if run is not None and run.ended_at is None:
            _end(server, run, Seen(Look.ABSENT))
        ports.return_port(server_id)
        drop_archives(server_id)
        set_state(
            server, State.DELETED, deleted_at=now, port=None, map_port=None, disk_bytes=None, settings={}, wake_names=[],
            world=None, next_world=None, archive_id=None,
        )  # fmt: skip
        record(
            events.ServerDeleted(), organisation_id=server.organisation_id, subject=charge.subject(server_id)
        )
