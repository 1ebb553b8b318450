"""The price list: prices are announced for the future and never changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select, update

from app.billing.events import PriceAnnounced
from app.billing.models import Price
from app.billing.policies import P
from app.billing.rules.moments import moment
from app.billing.rules.shipped import SHIPPED
from app.billing.services.posting import insert_or_leave
from app.core.api import record
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, require_transaction, transaction
from app.kit.errors import Invalid
from app.kit.ids import new_id
from app.kit.money import Money


def ensure_price_list() -> None:
    """Put the shipped prices into the table where a meter has none yet. Joins the caller's transaction; idempotent."""
    require_transaction()
    known = set(db.session.scalars(select(Price.meter).distinct()))
    rows = [
        {"id": price.id, "meter": price.meter, "nanos": price.nanos, "unit_mb": price.unit_mb,
         "unit_seconds": price.unit_seconds, "valid_from": moment(price.valid_from)}
        for price in SHIPPED
        if price.meter not in known
    ]  # fmt: skip
    if rows:
        insert_or_leave(Price, rows)


def announce_price(actor: Actor, *, meter: str, amount: Money, valid_from: datetime) -> UUID:
    """From `valid_from` (in the future) the meter costs `amount` for the unit it already has; the old price ends there.

    What was used before keeps its price, and what is booked stays booked: hence nothing in the past.
    """
    require(actor, P.PRICE_MANAGE)
    if amount.nanos < 0:
        raise Invalid(fields={"amount": _("Ein Preis ist mindestens 0 €.")})
    if valid_from < clock.now() + timedelta(minutes=1):
        raise Invalid(fields={"valid_from": _("Ein neuer Preis gilt frühestens in einer Minute.")})
    with transaction() as session:
        ensure_price_list()
        last = session.scalar(
            select(Price).where(Price.meter == meter, Price.valid_to.is_(None)).with_for_update()
        )
        if last is None:
            raise Invalid(fields={"meter": _("Diese Nutzungsart gibt es nicht.")})
        if valid_from <= last.valid_from:
            raise Invalid(
                fields={"valid_from": _("Ab einem späteren Zeitpunkt ist schon ein Preis angekündigt.")}
            )
        session.execute(
            update(Price)
            .where(Price.id == last.id)
            .values(valid_to=valid_from)
            .execution_options(synchronize_session=False)
        )
        row = Price(
            id=new_id(),
            meter=meter,
            nanos=amount.nanos,
            unit_mb=last.unit_mb,
            unit_seconds=last.unit_seconds,
            valid_from=valid_from,
            created_by=actor.person_id,
        )
        session.add(row)
        record(PriceAnnounced(meter, amount.nanos, row.id), actor=actor, before={"nanos": last.nanos})
        return row.id
