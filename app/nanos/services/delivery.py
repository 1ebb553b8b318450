"""What an exchange moves: licences reserved, opened and taken back, credits held and paid out. All join the caller's transaction,
in which the exchange's row is locked; nanos are locked after it, then accounts, each in the order of their ids."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select, update

from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, lock
from app.kit.errors import Conflict
from app.kit.ids import new_id
from app.nanos.models import Barter, Licence, LicenceLimit, Nano
from app.nanos.rules.barter import Side
from app.nanos.rules.nano import State as NanoState
from app.nanos.rules.terms import Grant, Part, Terms
from app.nanos.services.ledger import account_of, empty_holding, holding_of, post

RESERVED, ACTIVE, REVOKED = "reserved", "active", "revoked"
TAKEN = (RESERVED, ACTIVE)
"""States in which a licence counts against its provider's limit."""


def organisation_of(row: Barter, side: Side) -> UUID:
    """Who this side is."""
    return row.offerer_id if side is Side.OFFERER else row.partner_id


def _locked(nano_ids: Iterable[UUID]) -> dict[UUID, Nano]:
    return {nano_id: lock(Nano, nano_id) for nano_id in sorted(nano_ids)}


def reserve(actor: Actor, row: Barter, terms: Terms) -> None:
    """Set aside what was agreed: a licence of each nano, and the credits. Raises Conflict where something is not to be had."""
    nanos = _locked(terms.nano_ids)
    for side in Side:
        for item in terms.of(side).items:
            nano = nanos[item.nano_id]
            if nano.state != NanoState.PUBLISHED or nano.organisation_id != organisation_of(row, side):
                raise Conflict(_("„%(title)s“ ist nicht mehr zu haben.", title=item.title))
            _check_limit(item.nano_id, item.title)
            db.session.add(_licence(row, side, item.nano_id, terms.of(side).grant))
            db.session.flush()  # the next item may be limited by this one
        _hold(actor, row, side, terms.of(side))


def _check_limit(nano_id: UUID, title: str) -> None:
    most = db.session.scalar(select(LicenceLimit.most).where(LicenceLimit.nano_id == nano_id))
    if most is None:
        return
    given = db.session.scalar(
        select(func.count()).where(Licence.nano_id == nano_id, Licence.state.in_(TAKEN))
    )
    if (given or 0) >= most:
        raise Conflict(_("Von „%(title)s“ sind alle Lizenzen vergeben.", title=title))


def _licence(row: Barter, side: Side, nano_id: UUID, grant: Grant) -> Licence:
    """The other side's, from when it is delivered."""
    now = clock.now()
    return Licence(
        id=new_id(), nano_id=nano_id, organisation_id=organisation_of(row, side.other), barter_id=row.id, state=RESERVED,
        starts_at=now, ends_at=None, seats=grant.seats, territory=grant.territory, adapts=grant.adapts,
        passes_on=grant.passes_on, created_at=now,
    )  # fmt: skip


def _hold(actor: Actor, row: Barter, side: Side, part: Part) -> None:
    if part.credits:
        legs = {account_of(organisation_of(row, side)): -part.credits, holding_of(row.id): part.credits}
        post(f"hold:{row.id}:{row.latest}:{side}", "hold", legs, actor=actor, barter_id=row.id)


def deliver(row: Barter, side: Side, part: Part) -> None:
    """Open the licences of what this side gives. Raises Conflict where a nano was deleted meanwhile."""
    for nano_id, nano in _locked(part.nano_ids).items():
        if nano.state == NanoState.REMOVED:
            title = next(item.title for item in part.items if item.nano_id == nano_id)
            raise Conflict(_("„%(title)s“ ist gelöscht und lässt sich nicht mehr liefern.", title=title))
    open_licences(row, side, part)


def open_licences(row: Barter, side: Side, part: Part) -> None:
    """From now on, for as long as was agreed."""
    now = clock.now()
    ends = None if part.grant.days is None else now + timedelta(days=part.grant.days)
    db.session.execute(
        update(Licence)
        .where(Licence.barter_id == row.id, Licence.state == RESERVED)
        .where(Licence.organisation_id == organisation_of(row, side.other))
        .values(state=ACTIVE, starts_at=now, ends_at=ends)
        .execution_options(synchronize_session=False)
    )


def pay_out(actor: Actor, row: Barter, terms: Terms) -> None:
    """The exchange is completed: each side's credits are the other side's now."""
    shares = {organisation_of(row, side.other): terms.of(side).credits for side in Side}
    empty_holding(f"release:{row.id}", "release", row.id, shares, actor=actor)


def take_back(actor: Actor, row: Barter, terms: Terms) -> None:
    """Nothing was ever given: licences of this exchange close, and who gave credits has them again."""
    db.session.execute(
        update(Licence)
        .where(Licence.barter_id == row.id, Licence.state.in_(TAKEN))
        .values(state=REVOKED, ended_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    shares = {organisation_of(row, side): terms.of(side).credits for side in Side}
    empty_holding(f"return:{row.id}:{row.agreed}", "return", row.id, shares, actor=actor)
