"""What the workers do for backups: copy, verify, and now and then try whether one comes back. Each may be killed at any
line and run again.

A backup is one moment of the world. At rest nothing may change while it is copied. A running game is held still
(services/saving.py); what its template lets change is taken as it is, and whether anything else did is seen by a
fingerprint of the whole folder before and after. A copy during which something changed is thrown away and made again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import structlog

from app.core.api import NotNow
from app.hosting.catalog import templates
from app.hosting.gateways.archive import (
    Corrupt,
    MayChange,
    Missing,
    NotPackable,
    Packed,
    Store,
    StoreFault,
    StoreUnavailable,
    fingerprint,
    pack,
    unpack,
    verify,
)
from app.hosting.gateways.runtime import (
    NotRunning,
    Runtime,
    RuntimeUnavailable,
    WorldMissing,
)
from app.hosting.gateways.runtime import State as Existing
from app.hosting.rules.archive import Failure
from app.hosting.rules.backup import everything, moving
from app.hosting.services import backup_made as rows
from app.hosting.services import backup_test, saving
from app.hosting.services.archive_work import EXPECTED, NotWanted, failure_of, watched
from app.hosting.services.backup_made import Making
from app.hosting.services.backup_test import Testing
from app.hosting.services.life import show
from app.hosting.services.place import archive_store, runtime_named
from app.kit import clock, observe

log = structlog.get_logger(__name__)
MADE = observe.counter("kontor_backups_total", "Attempts to make a backup, by outcome.", ("outcome",))
TESTED = observe.counter("kontor_backup_tests_total", "Restore tests of backups, by outcome.", ("outcome",))
SECONDS = observe.histogram("kontor_backup_duration_seconds", "How long a finished backup took.")
AWAY_SECONDS = 5.0
AGAIN_SECONDS = 5.0
"""Until the next attempt, after something wrote in the world."""
PATIENCE = timedelta(minutes=5)
"""How long a runtime or a store that gives no answer is waited for."""
MISSES = (NotPackable, NotRunning, saving.HoldLost, saving.NotSaved)


def make(archive_id: UUID) -> None:
    """Copy the world into the store, read the copy back and compare it, put it in its place."""
    making = rows.begin_making(archive_id)
    if making is None:
        return
    began = clock.now()
    try:
        packed = _copy(runtime_named(making.runtime), archive_store(), making)
    except (StoreUnavailable, RuntimeUnavailable) as error:
        if clock.now() - making.begun_at < PATIENCE:
            raise NotNow(AWAY_SECONDS) from error
        _give_up(making, Failure.UNAVAILABLE, error)
    except NotWanted:
        _give_up(making, None)
    except MISSES as error:
        failure = _missed(error)
        if failure in (Failure.CHANGED, Failure.NOT_SAVED) and rows.try_again(making):
            MADE.labels("again").inc()
            raise NotNow(AGAIN_SECONDS) from error
        _give_up(making, failure, error)
    except (*EXPECTED, LookupError) as error:
        _give_up(making, _failure(error), error)
    else:
        if rows.record_made(making, packed):
            MADE.labels("done").inc()
            SECONDS.observe((clock.now() - began).total_seconds())
        else:
            _give_up(making, None)


def _missed(error: Exception) -> Failure:
    if isinstance(error, NotPackable):
        return failure_of(error)
    return Failure.NOT_SAVED if isinstance(error, saving.NotSaved) else Failure.CHANGED


def _failure(error: Exception) -> Failure:
    return Failure.NO_WORLD if isinstance(error, WorldMissing) else failure_of(error)


def _give_up(making: Making, failure: Failure | None, error: Exception | None = None) -> None:
    if error is not None:
        log.warning(
            "backup_failed", server=str(making.server_id), error=type(error).__name__, detail=str(error)
        )
    rows.record_not_made(making, failure)
    MADE.labels(failure.value if failure else "not-wanted").inc()
    try:
        archive_store().delete(making.key)
    except (StoreUnavailable, StoreFault):
        log.warning("backup_left_behind", key=making.key)


def _copy(runtime: Runtime, store: Store, making: Making) -> Packed:
    seen = runtime.inspect(making.server_id)
    playing = seen.state is Existing.RUNNING
    if playing != making.live or seen.state is Existing.UNKNOWN or (playing and seen.run_id != making.run_id):
        raise RuntimeUnavailable(
            "the runtime does not say what the row says"
        )  # one of them is about to change
    folder = runtime.world_folder(making.server_id, making.world)
    if making.live:
        packed = _copy_live(runtime, store, making, folder)
    else:
        packed = _into(store, making, folder, None, lambda: None)
        if not rows.still_rests(making):
            raise NotPackable("changed")
    verify(
        watched(
            store.get_part(making.key), packed.size_bytes, "verifying-archive", "checked", lambda: _wanted(making)
        ),
        packed,
    )  # fmt: skip
    store.finish(making.key)
    return packed


def _copy_live(runtime: Runtime, store: Store, making: Making, folder: Path) -> Packed:
    template = templates().get(making.template)
    if template is None or template.save.off is None or making.run_id is None:
        return _into(store, making, folder, everything, lambda: None)
    with saving.standing_still(runtime, making.server_id, making.run_id, template) as keep:
        return _into(store, making, folder, moving(template.save.moving), keep)


def _wanted(making: Making) -> bool:
    """Asked once a second: whether to go on. Whoever looks sees how far it is."""
    show(making.server_id, "backups")
    return rows.still_wanted(making)


def _into(
    store: Store, making: Making, folder: Path, may_change: MayChange | None, keep: Callable[[], None]
) -> Packed:
    """Pack it into the store. Raises NotPackable("changed") when anything but what may change did."""

    def wanted() -> bool:
        keep()
        return _wanted(making)

    moves = may_change or (lambda path: False)
    before = fingerprint(folder, moves)
    packing = pack(folder, may_change=may_change)
    store.put(making.key, watched(packing, making.disk_bytes, "packing", "backup", wanted))
    if fingerprint(folder, moves) != before:
        raise NotPackable("changed")
    return packing.result


# --- trying whether one comes back ---------------------------------------------------------------------------


def test(server_id: UUID) -> None:
    """Unpack one backup into a generation nobody plays on, compare every hash, and remove it again."""
    testing = backup_test.begin_test(server_id)
    if testing is None:
        return
    runtime = runtime_named(testing.runtime)
    try:
        if testing.former_world:
            runtime.remove_world(server_id, testing.former_world)
        failure = _unpack_for_test(runtime, testing)
    except EXPECTED as error:
        log.warning("backup_not_tested", server=str(server_id), error=type(error).__name__, detail=str(error))
        backup_test.put_off(testing)
        TESTED.labels("put-off").inc()
    else:
        backup_test.record_tested(testing, failure)
        TESTED.labels(failure.value if failure else "whole").inc()
    _clear(runtime, testing)


def _unpack_for_test(runtime: Runtime, testing: Testing) -> Failure | None:
    """What is wrong with it; None when all of it came back. Whatever else is in the way, such as a store that lets nobody
    in, says nothing about it and is raised.
    """
    try:
        chunks = archive_store().get(testing.key)
        folder = runtime.make_world(testing.server_id, testing.world)
        unpack(watched(chunks, testing.packed.size_bytes, "unpacking", "tested"), folder, testing.packed)
    except (Corrupt, Missing) as error:
        log.error("backup_not_whole", archive=str(testing.archive_id), detail=str(error))
        return failure_of(error)
    return None


def _clear(runtime: Runtime, testing: Testing) -> None:
    """Remove what was unpacked. What cannot be removed now is named on the row and goes with the next test."""
    try:
        runtime.remove_world(testing.server_id, testing.world)
    except EXPECTED:
        log.warning("test_left_behind", server=str(testing.server_id), world=testing.world)
    else:
        backup_test.cleared(testing)
