"""Seats: how many people of an organisation may be at a nano at the same time, where its licences name a number.

Whoever learns with it, or was let in by a learning platform, is at it for `HELD` after the last sign of them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select, union

from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, require_transaction
from app.nanos.models import Launch, Learner, Licence, Platform, Use
from app.nanos.queries.entitlement import licence_of, running

HELD = timedelta(hours=1)


def has_seat(actor: Actor, nano_id: UUID) -> ColumnElement[bool]:
    """Whether there is one for the actor, theirs or a free one. Where no licence names a number, there is one for everybody."""
    there = _at_it(actor.organisation_id, nano_id)
    seats: Any = (
        select(func.sum(Licence.seats)).where(*_licences(actor.organisation_id, nano_id)).scalar_subquery()
    )
    any_number = exists().where(*_licences(actor.organisation_id, nano_id), Licence.seats.is_(None))
    others: Any = select(func.count()).where(there.c.id != actor.person_id).scalar_subquery()
    return or_(seats.is_(None), any_number, exists().where(there.c.id == actor.person_id), others < seats)


def uses_licence(actor: Actor, nano_id: UUID) -> bool:
    """Whether the actor's organisation has a licence that runs, and a seat for the actor."""
    return bool(
        db.session.scalar(select(licence_of(actor.organisation_id, nano_id) & has_seat(actor, nano_id)))
    )


def is_full(actor: Actor, nano_id: UUID) -> bool:
    """Whether the actor's organisation has a licence that runs, and no seat for the actor."""
    return bool(
        db.session.scalar(select(licence_of(actor.organisation_id, nano_id) & ~has_seat(actor, nano_id)))
    )


def lock_seats(actor: Actor, nano_id: UUID) -> None:
    """Of two who take the last seat one waits for the other. Joins the caller's transaction."""
    require_transaction()
    numbered = (*_licences(actor.organisation_id, nano_id), Licence.seats.is_not(None))
    db.session.execute(select(Licence.id).where(*numbered).order_by(Licence.id).with_for_update()).all()


def _licences(organisation_id: UUID | None, nano_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return Licence.nano_id == nano_id, Licence.organisation_id == organisation_id, running(clock.now())


def _at_it(organisation_id: UUID | None, nano_id: UUID) -> Any:
    since = clock.now() - HELD
    learn = select(Use.person_id.label("id")).where(
        Use.nano_id == nano_id, Use.organisation_id == organisation_id, Use.last_at > since
    )
    came = (
        select(Launch.learner_id)
        .join(Learner, Learner.id == Launch.learner_id)
        .join(Platform, Platform.id == Learner.platform_id)
        .where(
            Launch.nano_id == nano_id, Platform.organisation_id == organisation_id, Launch.opened_at > since
        )
    )
    return union(learn, came).subquery()
