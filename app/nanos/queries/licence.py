"""Licences from exchanges: what an organisation holds, and what it has given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.accounts.api import organisation_names
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.errors import NotFound
from app.nanos.models import Licence, LicenceLimit, Nano, Revision
from app.nanos.queries.nano import titles
from app.nanos.rules.nano import Stage
from app.nanos.rules.terms import Grant

MOST = 200


@dataclass(frozen=True)
class LicenceRow:
    """One licence; `other` gave it, or holds it."""

    id: UUID
    nano_id: UUID
    title: str
    other: str
    state: str
    barter_id: UUID | None
    starts_at: datetime
    ends_at: datetime | None
    grant: Grant


def _rows(actor: Actor, given: bool, nano_id: UUID | None = None) -> list[LicenceRow]:
    statement = select(Licence, Nano.organisation_id).join(Nano, Nano.id == Licence.nano_id)
    if given:
        statement = statement.where(Nano.organisation_id == actor.organisation_id)
    else:
        statement = statement.where(
            Licence.organisation_id == actor.organisation_id, Licence.state != "revoked"
        )
    if nano_id is not None:
        statement = statement.where(Licence.nano_id == nano_id)
    ended = Licence.state.in_(("ended", "revoked"))
    found: list[Any] = list(
        db.session.execute(
            statement.order_by(ended, Licence.ends_at.is_(None), Licence.ends_at, Licence.id).limit(MOST)
        )
    )
    others = {row.id: row.organisation_id if given else provider for row, provider in found}
    names, named = organisation_names(others.values()), titles([row.nano_id for row, _provider in found])
    return [
        LicenceRow(
            row.id, row.nano_id, named.get(row.nano_id, "–"), names.get(others[row.id], "–"), row.state, row.barter_id,
            row.starts_at, row.ends_at, Grant(None, row.seats, row.territory, row.adapts, row.passes_on),
        )
        for row, _provider in found
    ]  # fmt: skip


def held(actor: Actor) -> list[LicenceRow]:
    """What the actor's organisation may use; what ends first comes first, what has ended last."""
    return _rows(actor, given=False)


def given(actor: Actor) -> list[LicenceRow]:
    """What it has given to others, or promised."""
    return _rows(actor, given=True)


@dataclass(frozen=True)
class Stock:
    """A nano of the actor's organisation, how many licences of it are given or promised now, and how many may be."""

    nano_id: UUID
    title: str
    taken: int
    most: int | None
    rows: tuple[LicenceRow, ...]


def stock_of(actor: Actor, nano_id: UUID) -> Stock:
    """Raises NotFound for what is not one's own or was never public."""
    row = db.session.execute(
        select(Revision.title, LicenceLimit.most)
        .join(Nano, Nano.id == Revision.nano_id)
        .outerjoin(LicenceLimit, LicenceLimit.nano_id == Nano.id)
        .where(
            Nano.id == nano_id, Nano.organisation_id == actor.organisation_id, Revision.state == Stage.CURRENT.value
        )
    ).first()  # fmt: skip
    if row is None:
        raise NotFound
    taken = db.session.scalar(
        select(func.count()).where(Licence.nano_id == nano_id, Licence.state.in_(("reserved", "active")))
    )
    return Stock(nano_id, row.title, taken or 0, row.most, tuple(_rows(actor, True, nano_id)))
