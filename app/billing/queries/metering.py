"""Prices and usage intervals as the rules want them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import has_request_context, request
from sqlalchemy import Select, select

from app.billing.models import Price, UsageInterval
from app.billing.queries.meters import meter_named
from app.billing.rules import pricing
from app.billing.rules.metering import Usage
from app.billing.rules.moments import micros
from app.billing.rules.shipped import SHIPPED
from app.kit import clock
from app.kit.db import db
from app.kit.money import Money


def price_of(row: Price) -> pricing.Price:
    """A price row as the rules see it."""
    return pricing.Price(
        row.id,
        row.meter,
        row.nanos,
        row.unit_mb,
        row.unit_seconds,
        micros(row.valid_from),
        micros(row.valid_to) if row.valid_to else None,
    )


def load_prices() -> Mapping[str, pricing.Prices]:
    """The price list by meter, in time order: a few rows a meter. A meter without rows has its shipped price.

    Read once a request: prices are announced at least a minute ahead, so none can begin meanwhile.
    """
    if has_request_context():
        known: Mapping[str, pricing.Prices] | None = request.environ.get("kontor.billing_prices")
        if known is None:
            known = request.environ["kontor.billing_prices"] = _read_prices()
        return known
    return _read_prices()


_PRICES = select(Price).order_by(Price.meter, Price.valid_from)


def _read_prices() -> dict[str, list[pricing.Price]]:
    found: dict[str, list[pricing.Price]] = {}
    for row in db.session.scalars(_PRICES):
        found.setdefault(row.meter, []).append(price_of(row))
    for shipped in SHIPPED:
        found.setdefault(shipped.meter, [shipped])
    return found


def usage_of(row: UsageInterval) -> Usage:
    """An interval row as the rules see it."""
    return Usage(
        row.id,
        row.meter,
        row.quantity_mb,
        micros(row.started_at),
        micros(row.ended_at) if row.ended_at else None,
        micros(row.booked_until),
        row.booked_nanos,
    )


def undone(organisation_id: UUID) -> Select[UsageInterval]:
    """The organisation's intervals that run or are not yet paid to the end."""
    return (
        select(UsageInterval)
        .where(UsageInterval.organisation_id == organisation_id, UsageInterval.done == False)  # noqa: E712
        .order_by(UsageInterval.id)
    )


def undone_rows(organisation_id: UUID, subject: tuple[str, UUID] | None = None) -> list[UsageInterval]:
    """Those intervals, of one subject where given. A page that only reads gets them once, however often it asks."""

    def read() -> list[UsageInterval]:
        statement = undone(organisation_id)
        if subject is not None:
            statement = statement.where(
                UsageInterval.subject_id == subject[1], UsageInterval.subject_type == subject[0]
            )
        return list(db.session.scalars(statement))

    if not has_request_context() or request.method not in ("GET", "HEAD"):
        return read()
    known: dict[object, list[UsageInterval]] = request.environ.setdefault("kontor.billing_undone", {})
    key = (organisation_id, subject)
    if key not in known:
        known[key] = read()
    return known[key]


@dataclass(frozen=True)
class Rates:
    """Nano-euros an hour of everything that runs, and of the part that can be stopped."""

    total: int = 0
    stoppable: int = 0


def running_rates(rows: Iterable[UsageInterval], prices: Mapping[str, pricing.Prices], at: int) -> Rates:
    """What the open intervals cost an hour at their present prices."""
    total = stoppable = 0
    for row in rows:
        if row.ended_at is None:
            rate = pricing.hourly_rate(row.quantity_mb, pricing.price_at(prices[row.meter], at))
            total += rate
            stoppable += rate if meter_named(row.meter).stoppable else 0
    return Rates(total, stoppable)


@dataclass(frozen=True)
class OpenUsage:
    """The interval that runs for a subject. `cost` is what it has cost since `since` until `at`, exactly."""

    meter: str
    quantity_mb: int
    since: datetime
    rate_per_hour: Money
    cost: Money
    at: datetime


def open_usage(organisation_id: UUID, subject: tuple[str, UUID]) -> OpenUsage | None:
    """What runs for the subject now, or None."""
    row = next((one for one in undone_rows(organisation_id, subject) if one.ended_at is None), None)
    if row is None:
        return None
    return open_usage_of(row, load_prices()[row.meter], clock.now())


def open_usage_of(row: UsageInterval, prices: pricing.Prices, now: datetime) -> OpenUsage:
    """An open interval's row with what it has cost until `now`."""
    cost = pricing.accrued(row.quantity_mb, micros(row.started_at), micros(now), prices)
    rate = pricing.hourly_rate(row.quantity_mb, pricing.price_at(prices, micros(now)))
    return OpenUsage(row.meter, row.quantity_mb, row.started_at, Money(rate), Money(cost), now)


def rate_per_hour(meter: str, quantity_mb: int) -> Money:
    """What this usage costs an hour at the present price, rounded up to whole nano-euros."""
    now = micros(clock.now())
    return Money(pricing.hourly_rate(quantity_mb, pricing.price_at(load_prices()[meter], now)))
