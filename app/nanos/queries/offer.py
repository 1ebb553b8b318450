"""What can be exchanged: published nanos of one organisation, as they are called now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.kit.authz import Actor
from app.kit.db import db
from app.kit.errors import NotFound
from app.nanos.catalog import term
from app.nanos.models import Nano, Revision, Trader
from app.nanos.rules.nano import Stage, State
from app.nanos.rules.terms import Item

MOST_LISTED = 200


@dataclass(frozen=True)
class Wanted:
    """The nano from whose page an exchange begins."""

    id: UUID
    organisation_id: UUID
    title: str


def nano_to_trade(actor: Actor, nano_id: UUID) -> Wanted:
    """Somebody else's published nano whose terms are an exchange. Raises NotFound."""
    row = db.session.execute(
        select(Nano.id, Nano.organisation_id, Revision.title)
        .join(Revision, Revision.nano_id == Nano.id)
        .where(
            Nano.id == nano_id, Nano.state == State.PUBLISHED.value, Revision.state == Stage.CURRENT.value,
            Revision.licence == "barter",
        )
    ).first()  # fmt: skip
    if row is None or actor.organisation_id is None or row.organisation_id == actor.organisation_id:
        raise NotFound
    return Wanted(*row)


def tradable(organisation_id: UUID) -> list[Item]:
    """All that an organisation has published, by title; at most 200."""
    rows = db.session.execute(
        select(Nano.id, Revision.number, Revision.title, Revision.licence)
        .join(Revision, Revision.nano_id == Nano.id)
        .where(
            Nano.organisation_id == organisation_id, Nano.state == State.PUBLISHED.value,
            Revision.state == Stage.CURRENT.value,
        )
        .order_by(Revision.folded, Nano.id).limit(MOST_LISTED)
    )  # fmt: skip
    return [Item(row.id, row.number, row.title, _open(row.licence)) for row in rows]


def _open(licence: str) -> bool:
    found = term("licences", licence)
    return found is not None and found.open


def items_of(organisation_id: UUID, nano_ids: Sequence[UUID]) -> list[Item]:
    """Those of these that the organisation has published, in the order asked for."""
    if not nano_ids:
        return []
    rows = db.session.execute(
        select(Nano.id, Revision.number, Revision.title, Revision.licence)
        .join(Revision, Revision.nano_id == Nano.id)
        .where(
            Nano.id.in_(nano_ids), Nano.organisation_id == organisation_id, Nano.state == State.PUBLISHED.value,
            Revision.state == Stage.CURRENT.value,
        )
    )  # fmt: skip
    found = {row.id: Item(row.id, row.number, row.title, _open(row.licence)) for row in rows}
    return [found[one] for one in nano_ids if one in found]


def has_stated(organisation_id: UUID | None) -> bool:
    """Whether the organisation has said what stands on its receipts."""
    return organisation_id is not None and db.session.get(Trader, organisation_id) is not None
