"""What the workers do with a runtime: look at the row, act outside a transaction, write down what came of it.

Every function may be killed at any line and run again: the run id fences the runtime and the row, and what was not
written down is found by `reconcile`.
"""

from __future__ import annotations

import time
from uuid import UUID

import structlog

from app.core.api import NotNow, log_line, progress
from app.hosting.gateways.runtime import (
    AlreadyRunning,
    CommandRefused,
    DiskFull,
    ImageMissing,
    InstallFailed,
    NotPrepared,
    NotRunning,
    PortTaken,
    Runtime,
    RuntimeFault,
    RuntimeUnavailable,
    Step,
)
from app.hosting.gateways.runtime import State as Existing
from app.hosting.models import Run, Server
from app.hosting.rules.server import ALIVE, Look, Reason, Seen, State
from app.hosting.services import console, ending, life, moving, turn
from app.hosting.services.place import runtime_named, seen, spec_of, stop_plan
from app.kit import clock
from app.kit.db import db
from app.kit.ids import new_id
from app.kit.secrets import unseal

log = structlog.get_logger(__name__)
NODE_AWAY = 3.0
"""Seconds until a job asks again for a runtime that gave no answer."""
HANG_GRACE = 5.0
"""A game that hangs gets this long to save, not the template's time."""


class Report:
    """Progress and output of an installation, told live at most twice a second."""

    def __init__(self, server_id: UUID) -> None:
        self._server_id = server_id
        self._told = self._stepped = 0.0
        self._step: Step | None = None
        self._lines: list[str] = []

    def step(self, step: Step, percent: int) -> None:
        now = time.monotonic()
        if step is self._step and now - self._stepped < 0.5:
            return
        self._step, self._stepped = step, now
        progress(percent, step.value)
        life.show(self._server_id, "situation")
        self.flush()

    def line(self, text: str) -> None:
        self._lines.append(text)
        if time.monotonic() - self._told > 0.5 or len(self._lines) >= 100:
            self.flush()

    def flush(self) -> None:
        lines, self._lines, self._told = self._lines, [], time.monotonic()
        log_line(*lines)


def _row(server_id: UUID) -> Server | None:
    """The row as it is now, without keeping a transaction open while the runtime works."""
    server = db.session.get(Server, server_id, populate_existing=True)
    if server is not None:
        db.session.expunge(server)  # else the rollback forgets it, and reading it opens a transaction again
    db.session.rollback()
    return server


FAILURES: dict[type[RuntimeFault], Reason] = {
    InstallFailed: Reason.INSTALL_FAILED,
    ImageMissing: Reason.IMAGE_MISSING,
    DiskFull: Reason.DISK_FULL,
}


def _reason(fault: RuntimeFault, otherwise: Reason) -> Reason:
    return next((reason for kind, reason in FAILURES.items() if isinstance(fault, kind)), otherwise)


def install(server_id: UUID) -> None:
    """Bring everything the server needs to the node, then let it start."""
    server = _row(server_id)
    if server is None or server.state != State.INSTALLING:
        return
    report = Report(server_id)
    try:
        runtime = runtime_named(server.runtime)
        runtime.prepare(spec_of(server, None, new_id()), report)
        disk = _disk(runtime, server)
    except RuntimeUnavailable as error:
        raise NotNow(NODE_AWAY) from error
    except LookupError:  # a release took the template or the runtime away
        life.record_failure(server_id, None, Reason.NOT_STARTED)
        return
    except RuntimeFault as fault:
        log.warning("install_failed", server=str(server_id), code=fault.code, detail=fault.detail)
        report.line(fault.detail)
        report.flush()
        life.record_failure(server_id, None, _reason(fault, Reason.INSTALL_FAILED))
        return
    report.flush()
    life.record_installed(server_id, disk)


def _disk(runtime: Runtime, server: Server) -> int | None:
    try:
        return runtime.disk_bytes(server.id, server.world or "")
    except (RuntimeUnavailable, RuntimeFault):
        return None


def start(server_id: UUID, run_id: UUID) -> None:
    """Start one run. A run that was started before starts nothing again, whoever comes and however often."""
    server = _row(server_id)
    if server is None or server.run_id != run_id or server.state != State.STARTING:
        return
    try:
        runtime = runtime_named(server.runtime)
        spec = spec_of(server, db.session.get(Run, run_id), run_id)
    except LookupError:  # a release took the template or the runtime away
        life.record_failure(server_id, run_id, Reason.NOT_STARTED)
        return
    db.session.rollback()
    if server.started_at is None and (wait := turn.take(server)) > 0:
        raise NotNow(wait)
    try:
        runtime.start(spec)
        observed = runtime.inspect(server_id)
    except RuntimeUnavailable as error:
        raise NotNow(NODE_AWAY) from error
    except PortTaken as error:
        moving.change_port(server_id, run_id, error.detail)
        raise NotNow(0.2) from error
    except NotPrepared:
        life.install_again(server_id, run_id)
        return
    except AlreadyRunning as error:  # an older run that nobody wants any more
        _end(runtime, server, spec.template.stop.grace_seconds)
        raise NotNow(1.0) from error
    except RuntimeFault as fault:
        log.warning("start_failed", server=str(server_id), code=fault.code, detail=fault.detail)
        life.record_failure(server_id, run_id, _reason(fault, Reason.NOT_STARTED))
        return
    _record_start(runtime, server, run_id, seen(observed))


def _record_start(runtime: Runtime, server: Server, run_id: UUID, now_seen: Seen) -> None:
    started_at = now_seen.started_at if now_seen.run_id == run_id else None
    if not life.record_started(server.id, run_id, started_at or clock.now()):
        # The stop was faster than the start: nobody wants this process and nobody pays for it.
        _end(runtime, server, stop_plan(server.template).grace_seconds)
    elif now_seen.run_id == run_id and now_seen.look is Look.EXITED:
        ending.record_end(server.id, run_id, now_seen, _disk(runtime, server))


def _end(runtime: Runtime, server: Server, grace_seconds: float) -> Seen:
    return seen(runtime.stop(server.id, grace_seconds, stop_plan(server.template).command))


def stop(server_id: UUID, run_id: UUID) -> None:
    """Ask the game to save and end, wait, cut it off after the template's grace time."""
    server = _row(server_id)
    if server is None or server.run_id != run_id or server.state != State.STOPPING:
        return
    runtime = runtime_named(server.runtime)
    hangs = server.stop_reason == Reason.HANG
    grace = HANG_GRACE if hangs else stop_plan(server.template).grace_seconds
    try:
        _finish(runtime, server, run_id, _end(runtime, server, grace))
    except RuntimeUnavailable as error:
        raise NotNow(NODE_AWAY) from error


def kill(server_id: UUID, run_id: UUID) -> None:
    """End every process of the server at once."""
    server = _row(server_id)
    if server is None or server.run_id != run_id or server.state != State.STOPPING:
        return
    runtime = runtime_named(server.runtime)
    try:
        _finish(runtime, server, run_id, seen(runtime.kill(server_id)))
    except RuntimeUnavailable as error:
        raise NotNow(NODE_AWAY) from error


def _finish(runtime: Runtime, server: Server, run_id: UUID, left: Seen) -> None:
    if left.look is Look.RUNNING or left.look is Look.UNKNOWN:
        raise NotNow(1.0)
    ending.record_end(server.id, run_id, left, _disk(runtime, server))


def delete(server_id: UUID) -> None:
    """Stop with save, remove process and world, then say so."""
    server = _row(server_id)
    if server is None or server.state != State.DELETING:
        return
    runtime = runtime_named(server.runtime)
    try:
        if runtime.inspect(server_id).state is Existing.RUNNING:
            left = _end(runtime, server, stop_plan(server.template).grace_seconds)
        else:
            left = seen(runtime.inspect(server_id))
        if server.run_id is not None:
            ending.record_end(server_id, server.run_id, left)
        runtime.remove(server_id, keep_data=False)
    except RuntimeUnavailable as error:
        raise NotNow(NODE_AWAY) from error
    ending.record_deleted(server_id)
    console.forget(server_id)


def command(server_id: UUID, run_id: UUID, sealed: str) -> None:
    """Type one line into the game's console; line and reply are shown to whoever watches the console."""
    server = _row(server_id)
    if server is None or server.run_id != run_id or server.state not in ALIVE:
        return
    text = unseal(sealed)
    console.publish(server_id, [f"> {text}"])
    try:
        reply = runtime_named(server.runtime).send_command(server_id, text)
    except (NotRunning, CommandRefused, RuntimeUnavailable, RuntimeFault) as fault:
        console.publish(server_id, [f"! {fault.details.get('code', 'unavailable')}"])
        return
    if reply:
        console.publish(server_id, reply.splitlines()[:200])
