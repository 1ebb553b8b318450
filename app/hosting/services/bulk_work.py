"""Going through the servers of a bulk action, one by one, as the person who ordered it. Each has a transaction of its own
in which the deed is ordered and its outcome written: a killed worker has done all of it or nothing, and the next one goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.exc import OperationalError

from app.accounts.api import find_actor_for_job
from app.core.api import find_job, progress, record
from app.hosting import bulk_events as events
from app.hosting.errors import NoCredit, NoRoom
from app.hosting.models import Bulk, BulkItem, Server
from app.hosting.rules.backup import Origin
from app.hosting.rules.bulk import Action, BulkState, Outcome, Reason, refusal
from app.hosting.rules.server import Desired, State
from app.hosting.services.archive import order_archive
from app.hosting.services.backup import order_backup
from app.hosting.services.bulk import LIVE, NEEDS, SUBJECT, end_waiting, queue_bulk
from app.hosting.services.power import order_start, order_stop
from app.hosting.services.setup import order_deletion, owned
from app.kit import clock, live, observe
from app.kit.authz import Actor, require
from app.kit.db import after_commit, db, lock, move, transaction
from app.kit.errors import KontorError, NotAllowed, NotFound
from app.kit.i18n import speaking

log = structlog.get_logger(__name__)
SERVERS = observe.counter(
    "kontor_bulk_servers_total", "Servers of bulk actions by outcome.", ("action", "outcome")
)
SHOW_SECONDS = 0.5
"""Pages hear of what has changed so often while it runs."""
LOST = timedelta(hours=6)
"""After so long nobody will bring it to an end: the rest is given up, so that the next one may begin."""
KEPT = timedelta(days=90)

Verdict = tuple[Outcome, Reason | None, str | None]
"""What became of a server, why, and in whose words."""

ACTS: dict[Action, Callable[[Server, Actor], object]] = {
    Action.START: order_start,
    Action.STOP: order_stop,
    Action.BACKUP: lambda server, actor: order_backup(server, actor, Origin.MANUAL),
    Action.ARCHIVE: order_archive,
    Action.DELETE: order_deletion,
}
"""What each action does to the locked server inside the open transaction: what the button on its page does."""


def run_bulk(bulk_id: UUID) -> str:
    """The job. Returns the address of the result."""
    shown = time.monotonic()
    for waiting in iter(lambda: _next(bulk_id), None):
        _turn(bulk_id, waiting)
        if time.monotonic() - shown > SHOW_SECONDS:
            shown = time.monotonic()
            _show(bulk_id)
    _finish(bulk_id)
    return f"/hosting/bulk/{bulk_id}"


def _next(bulk_id: UUID) -> UUID | None:
    """The server whose turn it is; None when it is over or was called off."""
    wanted = (
        select(BulkItem.server_id)
        .join(Bulk, Bulk.id == BulkItem.bulk_id)
        .where(
            Bulk.id == bulk_id, Bulk.state == BulkState.RUNNING.value, BulkItem.outcome == Outcome.WAITING.value
        )
        .order_by(BulkItem.number)
        .limit(1)
    )  # fmt: skip
    found = db.session.scalar(wanted)
    db.session.rollback()
    return found


def _turn(bulk_id: UUID, server_id: UUID) -> None:
    """One server. What fails for a reason nobody foresaw is written down, and the next one has its turn."""
    try:
        _deal_with(bulk_id, server_id)
    except OperationalError:
        raise  # the database is away: the job is tried again
    except Exception:
        log.warning("bulk_server_failed", bulk=str(bulk_id), server=str(server_id), exc_info=True)
        _deal_with(bulk_id, server_id, (Outcome.FAILED, Reason.BROKEN, None))


def _deal_with(bulk_id: UUID, server_id: UUID, known: Verdict | None = None) -> None:
    """The deed and its outcome, in one transaction. Nothing when another worker was first or it was called off.

    The actor is read each time: who loses a right while it runs does no more by it.
    """
    bulk = db.session.get(Bulk, bulk_id)
    assert bulk is not None
    actor = find_actor_for_job(bulk.created_by, bulk.organisation_id)
    with transaction(), speaking(actor.locale):
        server = lock(Server, server_id)
        item = db.session.scalar(
            select(BulkItem)
            .where(BulkItem.bulk_id == bulk_id, BulkItem.server_id == server_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if item is None or item.outcome != Outcome.WAITING:
            return
        action = Action(bulk.action)
        outcome, reason, words = known or _do(action, server, actor)
        item.outcome, item.reason, item.at = outcome.value, reason.value if reason else None, clock.now()
        item.words = words[:300] if words else None
        counter = SERVERS.labels(action.value, outcome.value)
        after_commit(counter.inc)


def _do(action: Action, server: Server, actor: Actor) -> Verdict:
    try:
        require(actor, NEEDS[action])
        owned(actor, server.id)
        played = server.last_ended_at is not None
        why = refusal(action, State(server.state), Desired(server.desired), played=played)
        if why is not None:
            return Outcome.SKIPPED, why, None
        with db.session.begin_nested():
            ACTS[action](server, actor)
    except NotAllowed:
        return Outcome.FAILED, Reason.NOT_ALLOWED, None
    except NotFound:
        return Outcome.SKIPPED, Reason.GONE, None
    except NoCredit:
        return Outcome.FAILED, Reason.NO_CREDIT, None
    except NoRoom:
        return Outcome.FAILED, Reason.NO_ROOM, None
    except KontorError as error:
        return Outcome.FAILED, Reason.REFUSED, error.message or None
    return Outcome.DONE, None, None


def _counts(bulk_id: UUID) -> dict[str, int]:
    rows = db.session.execute(
        select(BulkItem.outcome, func.count()).where(BulkItem.bulk_id == bulk_id).group_by(BulkItem.outcome)
    )
    return dict(rows.all())


def _show(bulk_id: UUID) -> None:
    """Tell how far it is. A page that misses it hears the next."""
    counts = _counts(bulk_id)
    db.session.rollback()
    total = sum(counts.values())
    past = total - counts.get(Outcome.WAITING, 0)
    progress(100 * past // max(1, total), f"{past} / {total}")
    live.changed(LIVE, bulk_id, "progress")


def _finish(bulk_id: UUID) -> None:
    """Every server had its turn, unless it was called off."""
    with transaction():
        bulk = lock(Bulk, bulk_id)
        counts = _counts(bulk_id)
        if bulk.state != BulkState.RUNNING or counts.get(Outcome.WAITING):
            return
        move(Bulk, bulk_id, from_=BulkState.RUNNING, to=BulkState.DONE.value, finished_at=clock.now())
        done, skipped, failed = (
            counts.get(one, 0) for one in (Outcome.DONE, Outcome.SKIPPED, Outcome.FAILED)
        )
        record(
            events.BulkFinished(bulk.action, done, skipped, failed),
            organisation_id=bulk.organisation_id, subject=(SUBJECT, bulk_id),
        )  # fmt: skip
        live.changed(LIVE, bulk_id, "progress")


def resume() -> int:
    """Take up those whose job came to no end, give up what is too old, forget what is long past. Returns how many run."""
    rows = db.session.scalars(select(Bulk.id).where(Bulk.state == BulkState.RUNNING.value)).all()
    db.session.rollback()
    for bulk_id in rows:
        _resume(bulk_id)
    with transaction():
        past = select(Bulk.id).where(Bulk.finished_at < clock.now() - KEPT)
        for table, column in ((BulkItem, BulkItem.bulk_id), (Bulk, Bulk.id)):
            db.session.execute(
                delete(table).where(column.in_(past)).execution_options(synchronize_session=False)
            )
    return len(rows)


def _resume(bulk_id: UUID) -> None:
    with transaction():
        bulk = lock(Bulk, bulk_id)
        if bulk.state != BulkState.RUNNING:
            return
        if bulk.created_at < clock.now() - LOST:
            end_waiting(bulk_id, Outcome.FAILED, Reason.BROKEN.value)
        job = find_job(bulk.job_id) if bulk.job_id else None
        if job is None or not job.open:
            queue_bulk(bulk)
