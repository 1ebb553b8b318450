"""What the people of an organisation have worked through, as numbers: nobody is named or can be told from them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from app.kit.authz import Actor, require
from app.kit.db import db
from app.nanos.models import Use
from app.nanos.policies import P
from app.nanos.queries.lti import from_platform

LEAST = 10
"""People who have begun a nano, before anything is said about it."""


@dataclass(frozen=True)
class Completion:
    """One nano: how many people of the organisation have begun it, how many were through, and their time together."""

    nano_id: UUID
    begun: int
    completed: int
    seconds: int


def completions(actor: Actor) -> list[Completion]:
    """Of the actor's organisation, what most have completed first; nanos with fewer than `LEAST` people are left out."""
    require(actor, P.nano_read)
    people, done = func.count(), func.count(Use.completed_at)
    rows = db.session.execute(
        select(Use.nano_id, people, done, func.sum(Use.seconds))
        .where(Use.organisation_id == actor.organisation_id, ~from_platform(Use.person_id))
        .group_by(Use.nano_id)
        .having(people >= LEAST)
        .order_by(done.desc(), Use.nano_id)
    )
    return [
        Completion(nano_id, begun, completed, int(seconds)) for nano_id, begun, completed, seconds in rows
    ]
