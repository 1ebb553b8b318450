"""Making rows and reality agree. What the runtime says is compared with what the rows say; `rules/server.py` decides,
here the decision is carried out. Safe to run twice at once: every step checks the row again under its lock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.hosting.gateways.runtime import Observed, Runtime, RuntimeFault, RuntimeUnavailable
from app.hosting.models import Server
from app.hosting.rules.console import Kind, happening
from app.hosting.rules.server import ALIVE, Action, Do, Look, Seen, State, decide
from app.hosting.rules.template import Template
from app.hosting.services import ending, life, saving, strays
from app.hosting.services.place import (
    NODE,
    note_away,
    ping_all,
    runtime_named,
    runtime_names,
    seen,
    template_of,
)
from app.kit import clock, observe
from app.kit.authz import SYSTEM, Actor
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict, NotFound

log = structlog.get_logger(__name__)
ACTIONS = observe.counter("kontor_reconcile_actions_total", "What reconciling had to do.", ("action",))
SETTLED = (State.DRAFT.value, State.DELETED.value)


def reconcile(only: Collection[UUID] | None = None) -> int:
    """Look at every server of the node, or at some, and do what is due. Returns how many actions were taken."""
    done = 0
    for name in runtime_names():
        wanted = select(Server).where(
            Server.node == NODE, Server.runtime == name, Server.state.not_in(SETTLED)
        )
        if only is not None:
            wanted = wanted.where(Server.id.in_(only))
        servers = list(db.session.scalars(wanted.execution_options(populate_existing=True)))
        # What the rows said before the look at the runtime: a row that is newer than the look may know a process that
        # was started in between, and would take it for one that has vanished.
        for server in servers:
            db.session.expunge(server)
        db.session.rollback()
        try:
            runtime = runtime_named(name)
            done += _reconcile(runtime, servers)
            if only is None:
                strays.look(runtime)
        except (RuntimeUnavailable, RuntimeFault):
            note_away(name)
            log.warning("runtime_away", runtime=name, exc_info=True)
    return done + (saving.release_lost() if only is None else 0)


def _reconcile(runtime: Runtime, servers: Iterable[Server]) -> int:
    by_id = {server.id: server for server in servers}
    if not by_id:
        return 0
    answers = runtime.inspect_many(tuple(by_id))
    done, now = 0, clock.now()
    alive: list[UUID] = []
    for server_id, server in by_id.items():
        observed = answers[server_id]
        look = seen(observed, runtime.name)
        action = decide(server.facts(_ready_timeout(server)), look, now)
        if look.look is Look.RUNNING and look.run_id == server.run_id and server.state in ALIVE:
            alive.append(server_id)
        if action.do is Do.NOTHING:
            continue
        try:
            act(runtime, server, observed, look, action)
            done += 1
            ACTIONS.labels(action.do.value).inc()
        except (Conflict, NotFound):
            continue  # somebody was faster: the next look sees what came of it
        except OperationalError:
            raise  # the database is away, for all of them
        except Exception:  # what is wrong with one server keeps no other waiting
            log.warning("reconcile_failed", server=str(server_id), action=action.do.value, exc_info=True)
    strays.note_alive(alive, now)
    return done


def _ready_timeout(server: Server) -> int:
    try:
        return template_of(server.template).ready.timeout_seconds
    except LookupError:
        return 180


def act(runtime: Runtime, server: Server, observed: Observed, look: Seen, action: Action) -> None:
    """Carry out one decision about one server."""
    run_id = server.run_id
    match action.do:
        case _ if action.do in JOBS:
            ensure_job(server.id, action.do)
        case Do.RECORD_START if run_id and look.started_at:
            life.record_started(server.id, run_id, look.started_at)
        case Do.RECORD_EXIT | Do.RECORD_GONE | Do.RECORD_NEVER if run_id:
            ending.record_end(server.id, run_id, look, runtime.disk_bytes(server.id, server.world or ""))
        case Do.PROBE_READY if run_id:
            if is_ready(runtime, template_of(server.template), server.id, observed):
                life.record_ready(server.id, run_id)
        case Do.END_RUN if run_id and action.reason:
            ending.end_run(server.id, run_id, action.reason)
        case Do.BEGIN:
            life.begin_due(server.id)
        case Do.END_STRAY:
            strays.sighted(runtime, server.id, look.run_id)


JOBS: dict[Do, tuple[State, Callable[[Server, Actor], None]]] = {
    Do.ENSURE_INSTALL: (State.INSTALLING, life.queue_install),
    Do.ENSURE_START: (State.STARTING, life.queue_start),
    Do.ENSURE_STOP: (State.STOPPING, partial(ending.queue_end, hard=False)),
    Do.ENSURE_DELETE: (State.DELETING, ending.queue_delete),
    Do.ENSURE_ARCHIVE: (State.ARCHIVING, life.queue_archive),
    Do.ENSURE_WAKE: (State.WAKING, life.queue_wake),
}
"""Which job brings a server on, and the state in which it is needed."""


def ensure_job(server_id: UUID, do: Do) -> None:
    """There is a job that brings the server on; an open one is left alone."""
    state, queue = JOBS[do]
    with transaction():
        server = lock(Server, server_id)
        if server.state == state:
            queue(server, SYSTEM)


def is_ready(runtime: Runtime, template: Template, server_id: UUID, observed: Observed) -> bool:
    """Whether the game takes players: what its console said since the start, and whether it answers a ping."""
    if template.ready.log and not _said_ready(runtime, template, server_id):
        return False
    if template.ready.ping:
        return (
            observed.address is not None
            and ping_all({server_id: observed.address}, 1.0)[server_id] is not None
        )
    return True


def _said_ready(runtime: Runtime, template: Template, server_id: UUID) -> bool:
    position: str | None = None
    while True:
        chunk = runtime.console_tail(server_id, position)
        for line in chunk.lines:
            found = happening(template.patterns, line)
            if found is not None and found.kind is Kind.READY:
                return True
        if not chunk.more:
            return False
        position = chunk.position
