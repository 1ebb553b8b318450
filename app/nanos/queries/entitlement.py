"""What an organisation or a person may do with a nano because of what happened before: a licence, or use."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select

from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db
from app.nanos.models import Duty, Licence, Use


def running(at: datetime) -> ColumnElement[bool]:
    """A licence that opens access at this instant."""
    return and_(
        Licence.state == "active",
        Licence.starts_at <= at,
        or_(Licence.ends_at.is_(None), Licence.ends_at > at),
    )


def holds_licence(actor: Actor, nano_id: UUID) -> bool:
    """Whether the actor's organisation has a licence for it that runs now, whoever uses it."""
    if actor.organisation_id is None:
        return False
    return bool(db.session.scalar(select(licence_of(actor.organisation_id, nano_id))))


def licence_of(organisation_id: UUID | None, nano_id: UUID) -> ColumnElement[bool]:
    """The same as a column for another statement."""
    if organisation_id is None:
        return false()
    return (
        select(Licence.id)
        .where(Licence.nano_id == nano_id, Licence.organisation_id == organisation_id)
        .where(running(clock.now())).exists()
    )  # fmt: skip


def has_completed(person_id: UUID, nano_id: UUID) -> bool:
    """Whether this person was through it once."""
    return bool(
        db.session.scalar(
            select(
                select(Use.id)
                .where(Use.person_id == person_id, Use.nano_id == nano_id, Use.completed_at.is_not(None))
                .exists()
            )
        )
    )


def has_exchanged(organisation_id: UUID | None, nano_id: UUID) -> bool:
    """Whether the organisation ever got it in an exchange. The exchange writes the licence when it delivers; one that a
    moderator revoked does not count, one that has ended does.
    """
    if organisation_id is None:
        return False
    return bool(db.session.scalar(select(exchanged(organisation_id, nano_id))))


def exchanged(organisation_id: UUID, nano_id: UUID) -> ColumnElement[bool]:
    """The same as a column for another statement."""
    return (
        select(Licence.id)
        .where(
            Licence.nano_id == nano_id, Licence.organisation_id == organisation_id, Licence.barter_id.is_not(None),
            Licence.state.in_(("active", "ended")), Licence.starts_at <= clock.now(),
        )
        .exists()
    )  # fmt: skip


def is_enrolled(actor: Actor, nano_id: UUID) -> bool:
    """Whether the actor still has to work through it."""
    return bool(
        db.session.scalar(
            select(
                select(Duty.id)
                .where(Duty.nano_id == nano_id, Duty.person_id == actor.person_id, Duty.state == "open")
                .exists()
            )
        )
    )
