"""What the workers do for resting worlds: copy, verify, remove, bring back. Each may be killed at any line and run again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import or_, select

from app.core.api import NotNow, progress
from app.hosting.gateways.archive import (
    Corrupt,
    Missing,
    NotPackable,
    Packed,
    Store,
    StoreFault,
    StoreFull,
    StoreRefused,
    StoreUnavailable,
    pack,
    unpack,
    verify,
)
from app.hosting.gateways.runtime import (
    AlreadyRunning,
    DiskFull,
    OutOfReach,
    Runtime,
    RuntimeFault,
    RuntimeUnavailable,
)
from app.hosting.gateways.runtime import State as Existing
from app.hosting.models import Server
from app.hosting.rules.archive import Failure, archive_due, rest_hours
from app.hosting.rules.server import Desired, State
from app.hosting.services import archive as rows
from app.hosting.services.archive import Leaving, Returning
from app.hosting.services.life import show
from app.hosting.services.place import NODE, archive_store, runtime_named
from app.kit import clock, observe
from app.kit.config import settings
from app.kit.db import db

log = structlog.get_logger(__name__)
MOVED = observe.counter(
    "kontor_worlds_moved_total", "Worlds that went into the archive or came back.", ("way", "outcome")
)
BYTES = observe.counter("kontor_worlds_bytes_total", "Bytes of archives written and read.", ("way",))
AWAY_SECONDS = 3.0
"""Until a job asks again for a runtime or a store that gave no answer."""
REFUSED_SECONDS = 3600.0
PATIENCE = timedelta(seconds=45)
"""How long somebody who waits for a world is kept waiting for a store that gives no answer."""
MOST_AT_ONCE = 50
"""Worlds that begin to move at one look; the rest follow at the next."""


class NotWanted(Exception):
    """A start came in between: the copy is worthless."""


def failure_of(error: Exception) -> Failure:
    """What an error of runtime or store means for the world."""
    match error:
        case NotPackable():
            return Failure.CHANGED if error.code == "changed" else Failure.NOT_PACKABLE
        case Missing():
            return Failure.MISSING
        case StoreUnavailable() | RuntimeUnavailable():
            return Failure.UNAVAILABLE
        case StoreFull():
            return Failure.FULL
        case StoreRefused():
            return Failure.REFUSED
        case Corrupt():
            return Failure.CORRUPT
        case OutOfReach():
            return Failure.OUT_OF_REACH
        case DiskFull():
            return Failure.DISK_FULL
    return Failure.FAULT


EXPECTED = (NotPackable, StoreUnavailable, StoreFault, Corrupt, RuntimeFault, RuntimeUnavailable, OSError)
"""What ends an attempt with a reason. OSError: the disk under a world or under its list of files refuses, and would again:
nobody is kept waiting for that."""


def watched(
    chunks: Iterable[bytes], total: int, note: str, way: str, wanted: Callable[[], bool] | None = None
) -> Iterator[bytes]:
    """The chunks, with progress told and the question asked once a second whether anybody still wants them."""
    done, told = 0, time.monotonic()
    for chunk in chunks:
        done += len(chunk)
        if time.monotonic() - told >= 1.0:
            told = time.monotonic()
            if wanted is not None and not wanted():
                raise NotWanted
            progress(min(99, done * 100 // max(1, total)), note)
        yield chunk
    BYTES.labels(way).inc(done)


def archive(server_id: UUID) -> None:
    """Copy the world, read the copy back and compare it, put it in its place; then the node may forget the world."""
    attempt = rows.begin_leaving(server_id)
    if attempt is None:
        return
    try:
        server = _row(server_id)
        runtime = runtime_named(server.runtime)
        if runtime.inspect(server_id).state is Existing.RUNNING:
            raise NotNow(AWAY_SECONDS)  # a process nobody wants; reconciling ends it first
        packed = _copy(runtime, archive_store(), server, attempt)
    except NotWanted:
        _give_up(server_id, attempt, None)
        return
    except EXPECTED as error:
        log.warning("archive_failed", server=str(server_id), error=type(error).__name__, detail=str(error))
        _give_up(server_id, attempt, failure_of(error))
        return
    if rows.record_archived(server_id, attempt, packed):
        MOVED.labels("out", "done").inc()
    else:
        _give_up(server_id, attempt, None)


def _copy(runtime: Runtime, store: Store, server: Server, attempt: Leaving) -> Packed:
    def wanted() -> bool:
        show(server.id, "situation")
        return rows.still_leaving(server.id, attempt)

    packing = pack(runtime.world_folder(server.id, attempt.world))
    store.put(attempt.key, watched(packing, server.disk_bytes or 0, "packing", "out", wanted))
    size = packing.result.size_bytes
    verify(watched(store.get_part(attempt.key), size, "verifying-archive", "checked", wanted), packing.result)
    store.finish(attempt.key)
    return packing.result


def _give_up(server_id: UUID, attempt: Leaving, failure: Failure | None) -> None:
    rows.record_not_archived(server_id, attempt, failure)
    MOVED.labels("out", failure.value if failure else "not-wanted").inc()
    try:
        archive_store().delete(attempt.key)
    except (StoreUnavailable, StoreFault):
        log.warning("archive_left_behind", key=attempt.key)


def _row(server_id: UUID) -> Server:
    """The row as it is now, without keeping a transaction open meanwhile."""
    server = db.session.get_one(Server, server_id, populate_existing=True)
    db.session.expunge(server)
    db.session.rollback()
    return server


def wake(server_id: UUID) -> None:
    """Bring the world back from its archive, every hash compared, and let the server start."""
    attempt = rows.begin_returning(server_id)
    if attempt is None:
        return
    server = _row(server_id)
    try:
        runtime = runtime_named(server.runtime)
        if attempt.former_world:
            runtime.remove_world(server_id, attempt.former_world)
        disk = _bring_back(runtime, server_id, attempt)
    except (StoreUnavailable, RuntimeUnavailable) as error:
        if clock.now() - server.state_since < PATIENCE:
            rows.note_waiting(server_id, Failure.UNAVAILABLE)
            raise NotNow(AWAY_SECONDS) from error
        _stay(server, attempt, error)
    except EXPECTED as error:
        _stay(server, attempt, error)
    else:
        if rows.record_returned(server_id, attempt, disk):
            MOVED.labels("in", "done").inc()
        else:
            _remove(server, attempt.world)


def _bring_back(runtime: Runtime, server_id: UUID, attempt: Returning) -> int:
    chunks = archive_store().get(attempt.key)
    folder = runtime.make_world(server_id, attempt.world)

    def shown() -> bool:
        show(server_id, "situation")
        return True

    unpack(watched(chunks, attempt.packed.size_bytes, "unpacking", "in", shown), folder, attempt.packed)
    return runtime.disk_bytes(server_id, attempt.world)


def _stay(server: Server, attempt: Returning, error: Exception) -> None:
    failure = failure_of(error)
    log.error("wake_failed", server=str(server.id), error=type(error).__name__, detail=str(error))
    MOVED.labels("in", failure.value).inc()
    rows.record_not_returned(server.id, attempt, failure)
    _remove(server, attempt.world)


def _remove(server: Server, world: str) -> None:
    """Remove what an attempt made. What stays behind is found when the server is woken again or deleted."""
    try:
        runtime_named(server.runtime).remove_world(server.id, world)
    except (RuntimeUnavailable, RuntimeFault):
        log.warning("world_left_behind", server=str(server.id), world=world)


def remove_world(server_id: UUID, world: str) -> None:
    """Remove one generation of a world from its node: its archive is verified. Never the one that is in use."""
    server = db.session.get(Server, server_id, populate_existing=True)
    db.session.rollback()
    if server is None or world in (server.world, server.next_world):
        return
    try:
        runtime_named(server.runtime).remove_world(server_id, world)
    except (RuntimeUnavailable, AlreadyRunning) as error:
        raise NotNow(AWAY_SECONDS) from error


def remove_archive(key: str) -> None:
    """Remove an object that no row needs. Nobody else will ever ask for it: a store that lets nobody in is asked again, too."""
    try:
        archive_store().delete(key)
    except StoreUnavailable as error:
        raise NotNow(60.0) from error
    except StoreRefused as error:
        raise NotNow(REFUSED_SECONDS) from error


def order_due() -> int:
    """Begin with those worlds that have rested long enough. Returns how many."""
    usual, now = settings().archive_hours, clock.now()
    if not usual:
        return 0
    resting = select(Server).where(
        Server.node == NODE,
        Server.state.in_((State.STOPPED.value, State.CRASHED.value)),
        Server.desired == Desired.STOPPED.value,
        Server.last_ended_at <= now - timedelta(hours=1),
        or_(Server.archive_hours.is_not(None), Server.last_ended_at <= now - timedelta(hours=usual)),
        or_(Server.archive_after.is_(None), Server.archive_after <= now),
    )
    found = list(db.session.scalars(resting.order_by(Server.last_ended_at)))
    db.session.rollback()
    due = [server.id for server in found if _is_due(server)][:MOST_AT_ONCE]
    return sum(rows.order_due(server_id) for server_id in due)


def _is_due(server: Server) -> bool:
    hours = rest_hours(settings().archive_hours, server.archive_hours)
    return archive_due(State(server.state), Desired(server.desired), server.last_ended_at, clock.now(), hours)
