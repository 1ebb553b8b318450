"""Where people with open connections stand now: asked every few seconds by the live process, in one query."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, select

from app.accounts.models import Membership, Person, Session
from app.kit import clock
from app.kit.db import db

_AT_ONCE = 500


@dataclass(frozen=True)
class Standing:
    """A living session: whose, in which organisation, as what. `role` is None for who is no member any more."""

    person_id: UUID
    organisation_id: UUID | None
    role: str | None
    is_operator: bool


def standing_of(session_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """The living ones among these sessions; an ended session is absent."""
    found: dict[UUID, Standing] = {}
    ids = list(session_ids)
    for start in range(0, len(ids), _AT_ONCE):
        rows = db.session.execute(
            select(
                Session.id, Session.person_id, Session.organisation_id, Membership.role, Person.is_operator
            )
            .join(Person, Person.id == Session.person_id)
            .outerjoin(
                Membership,
                and_(
                    Membership.person_id == Session.person_id,
                    Membership.organisation_id == Session.organisation_id,
                ),
            )
            .where(
                Session.id.in_(ids[start : start + _AT_ONCE]),
                Session.expires_at > clock.now(),
                Person.erased_at.is_(None),
            )
        )
        found.update({r.id: Standing(r.person_id, r.organisation_id, r.role, r.is_operator) for r in rows})
    return found
