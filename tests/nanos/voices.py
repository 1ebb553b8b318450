"""What makes somebody one who may rate, as playing and exchanging write it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, transaction
from app.kit.ids import new_id
from app.nanos.models import Licence, Use
from app.nanos.services.comment import hide_comment, show_comment
from app.nanos.services.rating import rate
from tests.people import People


def worked_through(actor: Actor, nano_id: UUID, *, done: bool = True) -> None:
    """The person has used it, to its end unless told otherwise."""
    now = clock.now()
    with transaction():
        row = db.session.scalar(select(Use).where(Use.person_id == actor.person_id, Use.nano_id == nano_id))
        if row is None:
            row = Use(
                nano_id=nano_id, person_id=actor.person_id, organisation_id=actor.organisation_id, revision=1,
                seconds=60, first_at=now,
            )  # fmt: skip
            db.session.add(row)
        row.progress, row.last_at, row.completed_at = 100 if done else 40, now, now if done else None


def exchanged(actor: Actor, nano_id: UUID, *, state: str = "active", barter: bool = True) -> None:
    """The actor's organisation has a licence, from an exchange unless told otherwise."""
    now = clock.now()
    with transaction():
        db.session.add(
            Licence(
                nano_id=nano_id, organisation_id=actor.organisation_id, barter_id=new_id() if barter else None,
                state=state, starts_at=now - timedelta(hours=1), created_at=now,
            )
        )  # fmt: skip


def rated(people: People, nano_id: UUID, stars: int = 4, text: str = "Hat uns geholfen.") -> UUID:
    """Cleo has worked through it and says so."""
    worked_through(people.cleo.actor, nano_id)
    return rate(people.cleo.actor, nano_id, stars=stars, text=text, version=0)


def hide(actor: Actor, comment_id: UUID, reason: str) -> bool:
    """What a decision does, without the decision."""
    with transaction():
        return hide_comment(actor, comment_id, reason)


def show(actor: Actor, comment_id: UUID) -> bool:
    """And what taking it back does."""
    with transaction():
        return show_comment(actor, comment_id)
