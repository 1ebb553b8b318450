"""Shutting the host down: every game that runs as a process here saves and ends, within a time limit.

Called by `flask kontor halt` when the process runner ends, so that nothing keeps running without anybody watching it.
Containers are left alone: they belong to an engine that lives longer than we do.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import structlog
from flask import Flask, current_app
from sqlalchemy import or_, select

from app.hosting.gateways.runtime import Runtime, RuntimeFault, RuntimeUnavailable
from app.hosting.gateways.runtime import State as Existing
from app.hosting.models import Server
from app.hosting.rules.server import ALIVE, Desired, Reason
from app.hosting.services import ending
from app.hosting.services.place import NODE, runtime_named, seen, stop_plan
from app.hosting.services.power import stop_one
from app.kit.db import db

log = structlog.get_logger(__name__)
SECONDS = 20.0
"""For everything; what has not saved by then is cut off."""
AT_ONCE = 16


def halt_host(seconds: float = SECONDS) -> int:
    """Stop every process-runtime server of this installation with save. Returns how many processes were ended."""
    until = time.monotonic() + seconds
    runtime = runtime_named("process")
    commands = _order_stops()
    living = [owned.server_id for owned in runtime.list_owned() if owned.state is Existing.RUNNING]
    if not living:
        return 0
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(living))) as pool:
        return sum(pool.map(lambda one: _halt(app, runtime, one, commands.get(one), until), living))


def _order_stops() -> dict[UUID, str | None]:
    """Write down that all of them are to stop, restarts included. Without a database the processes end all the same."""
    commands: dict[UUID, str | None] = {}
    try:
        wanted = select(Server.id, Server.template).where(
            Server.node == NODE,
            Server.runtime == "process",
            or_(Server.state.in_([state.value for state in ALIVE]), Server.desired == Desired.RUNNING.value),
        )
        for server_id, slug in db.session.execute(wanted).all():
            commands[server_id] = stop_plan(slug).command
            stop_one(server_id, Reason.HALTED)
    except Exception:
        log.warning("halt_not_written", exc_info=True)
        db.session.rollback()
    return commands


def _halt(app: Flask, runtime: Runtime, server_id: UUID, command: str | None, until: float) -> bool:
    with app.app_context():
        try:
            left = seen(runtime.stop(server_id, max(1.0, until - time.monotonic()), command))
        except (RuntimeUnavailable, RuntimeFault):
            log.warning("halt_failed", server=str(server_id), exc_info=True)
            return False
        try:
            if left.run_id is not None:
                ending.record_end(server_id, left.run_id, left)
        except Exception:
            log.warning("halt_not_written", server=str(server_id), exc_info=True)
        finally:
            db.session.remove()
        return True
