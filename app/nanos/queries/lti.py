"""Learning platforms as their organisation sees them, and who comes from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.errors import NotFound
from app.nanos.models import Launch, Learner, Licence, Nano, NanoFile, Platform, Revision
from app.nanos.policies import P
from app.nanos.queries.entitlement import holds_licence, running
from app.nanos.queries.nano import facts_of, looker
from app.nanos.rules.access import may_take
from app.nanos.rules.lti import LtiFault, origin_of
from app.nanos.rules.nano import Stage, State

HOURS = 4
"""So long a launch lasts; then the platform launches anew."""
MOST_CHOICES = 50


@dataclass(frozen=True)
class PlatformView:
    """A platform with what came of it."""

    id: UUID
    name: str
    state: str
    launched_at: datetime | None
    learners: int
    sent: int
    due: int
    failed: int


def list_platforms(actor: Actor, platform_id: UUID | None = None) -> list[PlatformView]:
    """Those of the actor's organisation, or one of them."""

    def count(state: str) -> Any:
        return func.count(Launch.id).filter(Launch.state == state)

    statement = (
        select(Platform, func.count(Learner.id.distinct()), count("sent"), count("due"), count("failed"))
        .outerjoin(Learner, Learner.platform_id == Platform.id)
        .outerjoin(Launch, Launch.learner_id == Learner.id)
        .where(Platform.organisation_id == actor.organisation_id)
        .group_by(Platform.id)
        .order_by(Platform.name, Platform.id)
    )
    if platform_id is not None:
        statement = statement.where(Platform.id == platform_id)
    return [
        PlatformView(row.id, row.name, row.state, row.launched_at, *counts)
        for row, *counts in db.session.execute(statement)
    ]


def get_platform(actor: Actor, platform_id: UUID) -> Platform:
    """One of the actor's organisation. Raises NotFound."""
    row = db.session.get(Platform, platform_id)
    if row is None or row.organisation_id != actor.organisation_id:
        raise NotFound
    return row


def open_platform(platform_id: UUID, *, draft: bool = False) -> Platform:
    """For whoever has its address; what may be done is decided by signatures. Raises NotFound."""
    row = db.session.get(Platform, platform_id)
    if row is None or (row.state != "active" and not draft):
        raise NotFound
    return row


def frames_of(platform: Platform) -> str:
    """The origins whose pages may show ours: those the organisation has registered."""
    found = {origin_of(platform.issuer), origin_of(platform.auth_url)} - {""}
    return " ".join(sorted(found)) or "'none'"


@dataclass(frozen=True)
class Guest:
    """A learner at one nano: what may be done there, and who shows the frame."""

    launch_id: UUID
    actor: Actor
    title: str
    outcome: str
    minutes: int | None
    revision_id: UUID
    frames: str


def guest_of(launch_id: UUID) -> Guest:
    """Asked anew with each request. Raises NotFound, and LtiFault where the organisation may not use the nano any more."""
    row = db.session.execute(
        select(Launch, Platform)
        .join(Learner, Learner.id == Launch.learner_id)
        .join(Platform, Platform.id == Learner.platform_id)
        .where(Launch.id == launch_id, Platform.state == "active")
    ).first()
    if row is None:
        raise NotFound
    launch, platform = row
    actor = learner_actor(launch.learner_id, platform.organisation_id, launch.nano_id)
    revision = entitled(actor, launch.nano_id)
    return Guest(
        launch.id, actor, revision.title, revision.outcome, revision.minutes, revision.id, frames_of(platform)
    )


def learner_actor(learner_id: UUID, organisation_id: UUID, nano_id: UUID) -> Actor:
    """Somebody without an account, for one nano alone."""
    granted = frozenset({P.nano_read.value})
    return Actor(person_id=learner_id, organisation_id=organisation_id, granted=granted, granted_on=nano_id)


def entitled(actor: Actor, nano_id: UUID) -> Revision:
    """What is public of it, where the organisation may pass it on to its learners now: its own, licensed, or under an open
    licence. A preview is for people of the marketplace alone. Raises LtiFault.
    """
    row = db.session.execute(
        select(Nano, Revision)
        .join(Revision, (Revision.nano_id == Nano.id) & (Revision.state == Stage.CURRENT.value))
        .where(Nano.id == nano_id)
    ).first()
    if row is None or row[0].state == State.REMOVED.value:
        raise LtiFault("gone")
    nano, revision = row
    # Of its own provider's platform, or with a licence; whether there is a seat is another question.
    licensed = actor.organisation_id == nano.organisation_id or holds_licence(actor, nano_id)
    if not may_take(looker(actor, nano, licensed), facts_of(nano, revision)):
        raise LtiFault("licence")
    return revision  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Choice:
    """A nano somebody may put into a course."""

    id: UUID
    title: str
    outcome: str
    minutes: int | None


def list_choices(organisation_id: UUID, words: str) -> list[Choice]:
    """Published nanos the organisation owns or has a licence for, whose title holds these words."""
    statement = (
        select(Nano.id, Revision.title, Revision.outcome, Revision.minutes)
        .join(Revision, (Revision.nano_id == Nano.id) & (Revision.state == Stage.CURRENT.value))
        .where(Nano.state == State.PUBLISHED.value)
        .where(or_(Nano.organisation_id == organisation_id, _licensed(organisation_id)))
        .where(select(NanoFile.id).where(NanoFile.revision_id == Revision.id).exists())
    )
    for word in words.split()[:6]:
        statement = statement.where(Revision.title.icontains(word, autoescape=True))
    rows = db.session.execute(statement.order_by(Revision.title, Nano.id).limit(MOST_CHOICES))
    return [Choice(*row) for row in rows]


def _licensed(organisation_id: UUID) -> ColumnElement[bool]:
    return Nano.id.in_(
        select(Licence.nano_id).where(Licence.organisation_id == organisation_id, running(clock.now()))
    )


def from_platform(person: Any) -> ColumnElement[bool]:
    """Whether it is somebody from a platform: who counts people counts accounts, platforms may invent as many as they like."""
    return select(Learner.id).where(Learner.id == person).exists()


def platform_names(ids: Iterable[UUID]) -> dict[UUID, str]:
    """For the history."""
    rows = db.session.execute(select(Platform.id, Platform.name).where(Platform.id.in_(list(ids))))
    return {row[0]: row[1] for row in rows}
