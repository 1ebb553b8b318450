"""What the workers do to bring a world back from a backup. It may be killed at any line and run again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog

from app.core.api import NotNow
from app.hosting.gateways.archive import StoreUnavailable, unpack
from app.hosting.gateways.runtime import Runtime, RuntimeFault, RuntimeUnavailable
from app.hosting.rules.archive import Failure
from app.hosting.services import restore as rows
from app.hosting.services.archive_work import EXPECTED, failure_of, watched
from app.hosting.services.life import show
from app.hosting.services.place import archive_store, runtime_named
from app.hosting.services.restore import Restoring
from app.kit import clock, observe

log = structlog.get_logger(__name__)
RESTORED = observe.counter(
    "kontor_restores_total", "Worlds brought back from backups, by outcome.", ("outcome",)
)
AWAY_SECONDS = 5.0
PATIENCE = timedelta(minutes=5)


def restore(restore_id: UUID) -> None:
    """Unpack the backup into a new generation, every hash compared, and make that one the server's world."""
    restoring = rows.begin_restoring(restore_id)
    if restoring is None:
        return
    runtime = runtime_named(restoring.runtime)
    try:
        if restoring.left:
            runtime.remove_world(restoring.server_id, restoring.left)
        disk = _bring(runtime, restoring)
    except (StoreUnavailable, RuntimeUnavailable) as error:
        if clock.now() - restoring.created_at < PATIENCE:
            raise NotNow(AWAY_SECONDS) from error
        _stay(runtime, restoring, error)
    except EXPECTED as error:
        _stay(runtime, restoring, error)
    else:
        if rows.record_restored(restoring, disk):
            RESTORED.labels("done").inc()
        else:
            RESTORED.labels("not-wanted").inc()
            _remove(runtime, restoring)


def _bring(runtime: Runtime, restoring: Restoring) -> int:
    chunks = archive_store().get(restoring.key)
    folder = runtime.make_world(restoring.server_id, restoring.world)
    size = restoring.packed.size_bytes

    def shown() -> bool:
        show(restoring.server_id, "backups")
        return True

    unpack(watched(chunks, size, "unpacking", "restored", shown), folder, restoring.packed)
    return runtime.disk_bytes(restoring.server_id, restoring.world)


def _stay(runtime: Runtime, restoring: Restoring, error: Exception) -> None:
    failure: Failure = failure_of(error)
    log.error(
        "restore_failed", server=str(restoring.server_id), error=type(error).__name__, detail=str(error)
    )
    RESTORED.labels(failure.value).inc()
    rows.record_not_restored(restoring, failure)
    _remove(runtime, restoring)


def _remove(runtime: Runtime, restoring: Restoring) -> None:
    """Remove what this attempt made; a job of its own does it too, should this fail."""
    try:
        runtime.remove_world(restoring.server_id, restoring.world)
    except (RuntimeUnavailable, RuntimeFault):
        log.warning("world_left_behind", server=str(restoring.server_id), world=restoring.world)
