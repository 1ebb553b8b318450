"""One action on many servers, as people order it and call it off. What goes through the servers is in `bulk_work.py`.

What is confirmed is what was listed: the form names the servers it listed as affected, and no other is touched, whatever a
search finds by then. Whether each still fits is asked again when its turn comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.core.api import record
from app.hosting import bulk_events as events
from app.hosting import tasks
from app.hosting.errors import BulkRunning
from app.hosting.models import Bulk, BulkItem, Server
from app.hosting.policies import P
from app.hosting.queries.bulk import running_bulk
from app.hosting.rules.bulk import MOST, Action, BulkState, Outcome
from app.kit import clock, live
from app.kit.authz import Actor, require
from app.kit.db import db, lock, move, require_transaction, transaction
from app.kit.errors import Conflict, Invalid, NotFound, TooMany
from app.kit.ids import new_id

NEEDS: dict[Action, P] = {
    Action.START: P.server_power,
    Action.STOP: P.server_power,
    Action.BACKUP: P.backup_create,
    Action.ARCHIVE: P.server_power,
    Action.DELETE: P.server_delete,
}
"""The right each needs: that of the same act on one server."""
SUBJECT = "hosting.bulk"
LIVE = "hosting-bulk"
MOST_AN_HOUR = 60
"""Bulk actions an organisation may order in an hour."""


def order_bulk(actor: Actor, action: Action, servers: Sequence[UUID], *, once: str | None = None) -> UUID:
    """Begin. Returns its id; a form sent twice gets the first one's.

    Servers of others and unknown ones are left out; NotFound when none is left. Raises Invalid above MOST, BulkRunning
    while another one is under way, TooMany.
    """
    require(actor, NEEDS[action])
    if actor.organisation_id is None:
        raise NotFound
    if len(set(servers)) > MOST:
        raise Invalid(_("Höchstens %(most)d Server auf einmal.", most=MOST))
    once = once[:64] if once else None
    try:
        with transaction():
            first = _first_use(actor.organisation_id, once)
            return first if first is not None else _order(actor, actor.organisation_id, action, servers, once)
    except IntegrityError as error:  # somebody else was first by a moment
        bulk_id = running_bulk(actor.organisation_id)
        if bulk_id is None:
            raise Conflict from error
        raise BulkRunning(_busy(), bulk_id) from error


def _order(
    actor: Actor, organisation_id: UUID, action: Action, servers: Sequence[UUID], once: str | None
) -> UUID:
    running = running_bulk(organisation_id)
    if running is not None:
        raise BulkRunning(_busy(), running)
    now = clock.now()
    lately = select(func.count()).where(
        Bulk.organisation_id == organisation_id, Bulk.created_at > now - timedelta(hours=1)
    )
    if (db.session.scalar(lately) or 0) >= MOST_AN_HOUR:
        raise TooMany(_("So viele Sammelaktionen in einer Stunde gehen nicht. Warte ein wenig."), 600)
    ours = select(Server.id).where(Server.id.in_(servers), Server.organisation_id == organisation_id)
    ids = list(db.session.scalars(ours.order_by(Server.name_folded, Server.id)))
    if not ids:
        raise NotFound
    bulk = Bulk(
        id=new_id(), organisation_id=organisation_id, action=action.value, state=BulkState.RUNNING.value,
        created_at=now, created_by=actor.person_id, once=once,
    )  # fmt: skip
    db.session.add(bulk)
    db.session.flush()
    db.session.add_all(
        BulkItem(id=new_id(), bulk_id=bulk.id, server_id=one, number=number, outcome=Outcome.WAITING.value)
        for number, one in enumerate(ids)
    )
    queue_bulk(bulk, actor)
    record(
        events.BulkOrdered(action.value, len(ids)),
        actor=actor, organisation_id=organisation_id, subject=(SUBJECT, bulk.id),
    )  # fmt: skip
    return bulk.id


def _busy() -> str:
    return _("Es läuft schon eine Sammelaktion. Warte, bis sie fertig ist, oder brich sie ab.")


def _first_use(organisation_id: UUID, once: str | None) -> UUID | None:
    if once is None:
        return None
    return db.session.scalar(
        select(Bulk.id).where(Bulk.organisation_id == organisation_id, Bulk.once == once).limit(1)
    )


def queue_bulk(bulk: Bulk, actor: Actor | None = None) -> None:
    """Write the job, once while one is open. Joins the caller's transaction."""
    require_transaction()
    bulk.job_id = tasks.run_bulk.later(
        actor=actor, organisation_id=bulk.organisation_id, subject=(SUBJECT, bulk.id),
        dedupe=f"hosting.bulk:{bulk.id.hex}", bulk_id=str(bulk.id),
    )  # fmt: skip
    db.session.flush()


def cancel_bulk(actor: Actor, bulk_id: UUID) -> int:
    """Call off the servers whose turn has not come; what was ordered for the others stays ordered. Returns how many.

    Raises Conflict when it is over.
    """
    with transaction():
        bulk = lock(Bulk, bulk_id)
        if bulk.organisation_id != actor.organisation_id:
            raise NotFound
        require(actor, NEEDS[Action(bulk.action)])
        if bulk.state != BulkState.RUNNING:
            raise Conflict(_("Diese Sammelaktion ist schon zu Ende."))
        left = end_waiting(bulk_id, Outcome.CANCELLED)
        move(
            Bulk, bulk_id, from_=BulkState.RUNNING, to=BulkState.CANCELLED.value, finished_at=clock.now(),
        )  # fmt: skip
        record(
            events.BulkCancelled(bulk.action, left),
            actor=actor, organisation_id=bulk.organisation_id, subject=(SUBJECT, bulk_id),
        )  # fmt: skip
        live.changed(LIVE, bulk_id, "progress")
        return left


def end_waiting(bulk_id: UUID, outcome: Outcome, reason: str | None = None) -> int:
    """Write an outcome on all whose turn has not come. Joins the caller's transaction. Returns how many."""
    require_transaction()
    ended = db.session.execute(
        update(BulkItem)
        .where(BulkItem.bulk_id == bulk_id, BulkItem.outcome == Outcome.WAITING.value)
        .values(outcome=outcome.value, reason=reason, at=clock.now())
        .execution_options(synchronize_session=False)
    )
    return int(ended.rowcount)  # type: ignore[attr-defined]
