"""What people have done that counts, taken from what happened: nothing is kept for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, select, union_all

from app.accounts.api import people_of
from app.kit.authz import Actor
from app.kit.config import settings
from app.kit.db import db
from app.nanos.models import Certificate, Duty, Nano, PointsChoice, Revision, Use
from app.nanos.policies import EVERYONE
from app.nanos.queries.assignment import day_of
from app.nanos.rules.points import Badge, Deeds, reached


@dataclass(frozen=True)
class Choice:
    """What somebody wants; by default nothing."""

    collects: bool = False
    shares: bool = False


def choice_of(person_id: UUID | None) -> Choice:
    """Off for all where the operator switched it off."""
    row = db.session.get(PointsChoice, person_id) if person_id and settings().nano_points else None
    return Choice(row.collects, row.shares) if row else Choice()


def deeds_of(person_ids: Iterable[UUID]) -> dict[UUID, Deeds]:
    """By person; two statements however many there are."""
    wanted = list(person_ids)
    if not wanted:
        return {}
    counts: dict[UUID, dict[str, int]] = {one: {} for one in wanted}
    for name, person_id, count in db.session.execute(union_all(*_counts(wanted))):
        counts[person_id][name] = count
    for person_id, count in _in_time(wanted).items():
        counts[person_id]["in_time"] = count
    return {one: Deeds(**found) for one, found in counts.items()}


def _counts(wanted: list[UUID]) -> list[Any]:
    return [
        select(literal("completed"), Use.person_id, func.count())
        .where(Use.person_id.in_(wanted), Use.completed_at.is_not(None))
        .group_by(Use.person_id),
        select(
            literal("repeated"),
            Certificate.person_id,
            func.count() - func.count(Certificate.nano_id.distinct()),
        )
        .where(Certificate.person_id.in_(wanted), Certificate.state == "valid")
        .group_by(Certificate.person_id),
        select(literal("published"), Revision.created_by, func.count())
        .join(Nano, Nano.id == Revision.nano_id)
        .where(Revision.created_by.in_(wanted), Revision.number == 1, Nano.published_at.is_not(None))
        .group_by(Revision.created_by),
        select(literal("reviewed"), Revision.reviewed_by, func.count())
        .where(Revision.reviewed_by.in_(wanted), Revision.created_by != Revision.reviewed_by)
        .group_by(Revision.reviewed_by),
    ]


def _in_time(wanted: list[UUID]) -> dict[UUID, int]:
    rows = db.session.execute(
        select(Duty.person_id, Duty.due_on, Duty.completed_at).where(
            Duty.person_id.in_(wanted), Duty.state == "done"
        )
    )
    return Counter(
        person_id for person_id, due_on, at in rows if person_id and (day_of(at) or due_on) <= due_on
    )


@dataclass(frozen=True)
class Colleague:
    """Somebody who shows their badges."""

    name: str
    badges: tuple[Badge, ...]


def colleagues(actor: Actor) -> dict[UUID, str]:
    """Names of those of the actor's organisation who share their badges; without the actor."""
    if actor.organisation_id is None or not settings().nano_points:
        return {}
    members = {one.person_id: one.name for one in people_of(actor.organisation_id, *EVERYONE)}
    sharing = db.session.scalars(
        select(PointsChoice.person_id).where(
            PointsChoice.person_id.in_(list(members)),
            PointsChoice.collects.is_(True),
            PointsChoice.shares.is_(True),
        )
    )
    return {one: members[one] for one in sharing if one != actor.person_id}


def shown(names: dict[UUID, str], deeds: dict[UUID, Deeds]) -> list[Colleague]:
    """By name: nobody is ranked."""
    found = [Colleague(name, reached(deeds[one])) for one, name in names.items()]
    return sorted(found, key=lambda one: one.name.casefold())
