"""Holding a running game still while its world is copied, and never forgetting to let it go on.

Before a game is told not to save by itself, a row says so. It goes only after the game was told to save again: by whoever
copies, or, when that one is lost and its lease has run out, by the next look at all servers. A game that ended has
forgotten about it, so its row just goes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from flask import Flask, current_app
from sqlalchemy import delete, select, update

from app.hosting.catalog import templates
from app.hosting.gateways.runtime import NotRunning, Runtime, RuntimeFault, RuntimeUnavailable
from app.hosting.gateways.runtime import State as Existing
from app.hosting.models import SaveHold, Server
from app.hosting.rules.backup import says_saved
from app.hosting.rules.server import ALIVE, State
from app.hosting.rules.template import Template
from app.hosting.services import console
from app.hosting.services.place import NODE, runtime_named
from app.kit import cache, clock, observe
from app.kit.db import db, lock, transaction
from app.kit.ids import new_id

log = structlog.get_logger(__name__)
LEASE = timedelta(seconds=30)
RENEW_SECONDS = 5.0
LONGEST = timedelta(minutes=30)
"""No game is held still for longer, however large its world and slow the store."""
LOOK_SECONDS = 0.1
"""Between two looks at the console while a game saves."""
RELEASED = observe.counter(
    "kontor_save_holds_total", "Games that were told to save by themselves again, by whom.", ("by",)
)


class HoldLost(Exception):
    """The game saves by itself again, or has ended: what was copied meanwhile is not one moment of the world."""


class NotSaved(Exception):
    """The game did not confirm in time that everything is on disk."""


@dataclass(frozen=True)
class Hold:
    """One row, as the one who holds knows it."""

    server_id: UUID
    run_id: UUID
    token: str


@contextmanager
def standing_still(
    runtime: Runtime, server_id: UUID, run_id: UUID, template: Template
) -> Iterator[Callable[[], None]]:
    """Inside, the running game writes nothing of its world, and everything it had is on disk.

    Gives a function to be called now and then, which raises HoldLost when that is no longer so. Raises HoldLost, NotSaved,
    RuntimeFault, RuntimeUnavailable. Whatever happens, the game is told to go on; a process that is killed leaves that to
    `release_lost`.
    """
    save = template.save
    assert save.off
    hold = _take(server_id, run_id)
    try:
        with _kept(hold) as keep:
            runtime.send_command(server_id, save.off)
            _extend(hold)  # who froze before the command and is late with it finds out here
            _flush(runtime, hold, template, keep)
            yield keep
    except Exception:
        _release(runtime, hold, template)
        raise
    if not _release(runtime, hold, template):
        raise HoldLost


def _take(server_id: UUID, run_id: UUID) -> Hold:
    """A hold of somebody else (the same work, whose worker is thought lost) is taken over: that one finds out."""
    with transaction():
        server = lock(Server, server_id)
        if server.state != State.RUNNING or server.run_id != run_id:
            raise HoldLost
        now, token = clock.now(), new_id().hex
        row = db.session.get(SaveHold, server_id, populate_existing=True)
        if row is None:
            row = SaveHold(server_id=server_id)
            db.session.add(row)
        row.run_id, row.token, row.since, row.until = run_id, token, now, now + LEASE
        return Hold(server_id, run_id, token)


def _extend(hold: Hold) -> None:
    now = clock.now()
    with transaction() as session:
        done = session.execute(
            update(SaveHold)
            .where(
                SaveHold.server_id == hold.server_id,
                SaveHold.token == hold.token,
                SaveHold.until >= now,
                SaveHold.since >= now - LONGEST,
            )
            .values(until=now + LEASE)
            .execution_options(synchronize_session=False)
        )
        if done.rowcount != 1:  # type: ignore[attr-defined]
            raise HoldLost


@contextmanager
def _kept(hold: Hold) -> Iterator[Callable[[], None]]:
    """Keeps the lease in a thread of its own: a slow store may take long for one piece. The thread dies and freezes with
    the process, and that is what the lease is for.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    stop, lost = threading.Event(), threading.Event()

    def beat() -> None:
        while not stop.wait(RENEW_SECONDS):
            try:
                with app.app_context():
                    _extend(hold)
            except HoldLost:
                lost.set()
                return
            except Exception:
                log.warning("save_hold_not_extended", server=str(hold.server_id), exc_info=True)

    def keep() -> None:
        if lost.is_set():
            raise HoldLost

    threading.Thread(target=copy_context().run, args=(beat,), name="save-hold", daemon=True).start()
    try:
        yield keep
    finally:
        stop.set()


def _flush(runtime: Runtime, hold: Hold, template: Template, keep: Callable[[], None]) -> None:
    """Have everything written, and wait until the game says so: in its reply, or later in its console."""
    save = template.save
    assert save.flush
    position = _end_of_console(runtime, hold.server_id)
    until = time.monotonic() + save.timeout_seconds
    try:
        reply = runtime.send_command(hold.server_id, save.flush)
    except RuntimeUnavailable:  # a large world takes longer than a command may: the console will tell
        reply = None
    if reply and says_saved(template.patterns, reply):
        return
    while time.monotonic() < until:
        chunk = runtime.console_tail(hold.server_id, position)
        position = chunk.position
        if says_saved(template.patterns, "\n".join(chunk.lines)):
            return
        keep()
        if not chunk.more:
            if runtime.inspect(hold.server_id).state is not Existing.RUNNING:
                raise NotRunning()
            time.sleep(LOOK_SECONDS)
    raise NotSaved


def _end_of_console(runtime: Runtime, server_id: UUID) -> str | None:
    """Where the next line will begin, so that only what is said from now on counts."""
    position: str | None
    try:
        position = console.last_position(server_id)
    except cache.REDIS_DOWN:
        position = None
    while True:
        chunk = runtime.console_tail(server_id, position)
        position = chunk.position
        if not chunk.more:
            return position


def _release(runtime: Runtime, hold: Hold, template: Template) -> bool:
    """Tell the game to save by itself again. False when somebody else did or does, or the game gave no answer."""
    found = db.session.execute(
        select(SaveHold.token).where(SaveHold.server_id == hold.server_id)
    ).scalar_one_or_none()
    db.session.rollback()
    ours = found == hold.token
    if not ours and (found is not None or not _owe_again(hold)):
        return False
    try:
        _tell(runtime, hold.server_id, template)
    except (RuntimeUnavailable, RuntimeFault):
        log.warning("save_hold_left", server=str(hold.server_id), exc_info=True)
        return False  # the row stays, and with it the duty
    RELEASED.labels("worker").inc()
    return _forget(hold) and ours


def _owe_again(hold: Hold) -> bool:
    """We were thought lost, the game was told to save and the row is gone; but what we told it then may have come after
    that. So the duty is ours again. False when somebody else has it.
    """
    with transaction() as session:
        lock(Server, hold.server_id)
        if session.get(SaveHold, hold.server_id, populate_existing=True) is not None:
            return False
        now = clock.now()
        session.add(
            SaveHold(server_id=hold.server_id, run_id=hold.run_id, token=hold.token, since=now, until=now)
        )
        return True


def _tell(runtime: Runtime, server_id: UUID, template: Template | None) -> None:
    try:
        runtime.send_command(server_id, (template.save.on if template else None) or "save-on")
    except NotRunning:
        return  # its next start knows nothing of it


def _forget(hold: Hold) -> bool:
    with transaction() as session:
        done = session.execute(
            delete(SaveHold)
            .where(SaveHold.server_id == hold.server_id, SaveHold.token == hold.token)
            .execution_options(synchronize_session=False)
        )
        return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def release_lost() -> int:
    """Tell games to save again whose copier is lost. Returns how many. A runtime that is away is asked at the next look."""
    rows = db.session.execute(
        select(SaveHold.server_id, SaveHold.run_id, SaveHold.token, Server.run_id, Server.state, Server.runtime, Server.template)
        .join(Server, Server.id == SaveHold.server_id)
        .where(SaveHold.until < clock.now(), Server.node == NODE)
    ).all()  # fmt: skip
    db.session.rollback()
    done = 0
    for server_id, run_id, token, current, state, runtime, slug in rows:
        hold = Hold(server_id, run_id, token)
        try:
            if current == run_id and state in (*ALIVE, State.DELETING):
                _tell(runtime_named(runtime), server_id, templates().get(slug))
            done += _forget(hold)
            RELEASED.labels("watch").inc()
        except (RuntimeUnavailable, RuntimeFault, LookupError):
            log.warning("save_hold_left", server=str(server_id), exc_info=True)
    return done
