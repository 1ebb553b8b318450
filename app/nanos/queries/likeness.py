"""Other nanos that say much the same."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from app.kit.authz import Actor, may
from app.kit.db import db
from app.nanos.models import Likeness, LikenessBand, Nano, Revision
from app.nanos.policies import P
from app.nanos.rules.likeness import ALIKE, alike
from app.nanos.rules.nano import Stage, State

MOST_COMPARED = 60
MOST_SHOWN = 3


@dataclass(frozen=True)
class Alike:
    """Another nano that the actor may know of, and about how many hundredths of its words are the same."""

    nano_id: UUID
    title: str
    ours: bool
    share: int


def alike_nanos(actor: Actor, nano_id: UUID, revision_id: UUID) -> list[Alike]:
    """The most alike, the most first, each once, in one statement; what this one was copied from is left out: its
    provider knows. The caller has found the revision for the actor."""
    rows = db.session.execute(_candidates(actor, nano_id, revision_id)).all()
    own = next((row for row in rows if row.id == nano_id), None)
    if own is None:
        return []
    found: dict[UUID, Alike] = {}
    for row in rows:
        share = (
            0
            if row.id in (nano_id, own.follows_id) or row.follows_id == nano_id
            else alike(own.signature, row.signature)
        )
        if share >= ALIKE and (row.id not in found or found[row.id].share < share):
            found[row.id] = Alike(row.id, row.title, row.organisation_id == actor.organisation_id, share)
    return sorted(found.values(), key=lambda one: (-one.share, one.title, one.nano_id))[:MOST_SHOWN]


def _candidates(actor: Actor, nano_id: UUID, revision_id: UUID):  # type: ignore[no-untyped-def]
    """Revisions that share a band with this one and that the actor may know of; this one is among them."""
    mine, theirs = aliased(LikenessBand), aliased(LikenessBand)
    shared = (
        select(theirs.revision_id.label("id"), func.count().label("bands"))
        .join(mine, mine.value == theirs.value)
        .where(mine.revision_id == revision_id)
        .group_by(theirs.revision_id)
        .subquery()
    )
    public = and_(Nano.state == State.PUBLISHED.value, Revision.state == Stage.CURRENT.value)
    known = [Revision.id == revision_id, public]
    if actor.organisation_id is not None and may(actor, P.nano_write):
        known.append(and_(Nano.organisation_id == actor.organisation_id, Revision.state != Stage.PAST.value))
    if may(actor, P.review_decide):
        known.append(Revision.state == Stage.REVIEW.value)
    return (
        select(Nano.id, Nano.follows_id, Nano.organisation_id, Revision.title, Likeness.signature)
        .select_from(shared)
        .join(Likeness, Likeness.revision_id == shared.c.id)
        .join(Revision, Revision.id == shared.c.id)
        .join(Nano, Nano.id == Revision.nano_id)
        .where(
            Nano.state != State.REMOVED.value,
            or_(*known),
            or_(Nano.id != nano_id, Revision.id == revision_id),
        )
        .order_by(shared.c.bands.desc(), Nano.id.desc())
        .limit(MOST_COMPARED)
    )
