"""Prices and usage intervals as the rules want them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from flask import has_request_context, request
from sqlalchemy import BindParameter, Row, Select, bindparam, select

from app.billing.models import Price, UsageInterval
from app.billing.queries.meters import meter_named
from app.billing.rules import pricing
from app.billing.rules.metering import Usage
from app.billing.rules.moments import micros, moment
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


def usage_of(row: UsageInterval | Row[Any]) -> Usage:
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


def undone(organisation_id: UUID | BindParameter[UUID]) -> Select[UsageInterval]:
    """The organisation's intervals that run or are not yet paid to the end."""
    return (
        select(UsageInterval)
        .where(UsageInterval.organisation_id == organisation_id, UsageInterval.done == False)  # noqa: E712
        .order_by(UsageInterval.id)
    )


# Built once: putting a statement together costs as much as running it. Columns, because rows are cheaper than objects.
_UNDONE = undone(bindparam("organisation_id")).with_only_columns(
    UsageInterval.id, UsageInterval.meter, UsageInterval.quantity_mb, UsageInterval.started_at, UsageInterval.ended_at,
    UsageInterval.booked_until, UsageInterval.booked_nanos, UsageInterval.subject_type, UsageInterval.subject_id,
)  # fmt: skip
_UNDONE_OF_SUBJECT = _UNDONE.where(
    UsageInterval.subject_id == bindparam("subject_id"), UsageInterval.subject_type == bindparam("kind")
)


class Undone(NamedTuple):
    """Such an interval, and whose it is."""

    subject: tuple[str, UUID]
    usage: Usage


def undone_usages(organisation_id: UUID, subject: tuple[str, UUID] | None = None) -> list[Undone]:
    """Those intervals, of one subject where given. A page that only reads gets them once, however often it asks."""
    if not has_request_context() or request.method not in ("GET", "HEAD"):
        return _read_undone(organisation_id, subject)
    known: dict[object, list[Undone]] = request.environ.setdefault("kontor.billing_undone", {})
    key = (organisation_id, subject)
    if key not in known:
        known[key] = _read_undone(organisation_id, subject)
    return known[key]


def _read_undone(organisation_id: UUID, subject: tuple[str, UUID] | None) -> list[Undone]:
    if subject is None:
        rows: Any = db.session.execute(_UNDONE, {"organisation_id": organisation_id})
    else:
        kind, subject_id = subject
        wanted = {"organisation_id": organisation_id, "kind": kind, "subject_id": subject_id}
        rows = db.session.execute(_UNDONE_OF_SUBJECT, wanted)
    return [Undone((row.subject_type, row.subject_id), usage_of(row)) for row in rows]


@dataclass(frozen=True)
class Rates:
    """Nano-euros an hour of everything that runs, and of the part that can be stopped."""

    total: int = 0
    stoppable: int = 0


def running_rates(usages: Iterable[Usage], prices: Mapping[str, pricing.Prices], at: int) -> Rates:
    """What the open intervals cost an hour at their present prices."""
    total = stoppable = 0
    for usage in usages:
        if usage.ended is None:
            rate = pricing.hourly_rate(usage.quantity_mb, pricing.price_at(prices[usage.meter], at))
            total += rate
            stoppable += rate if meter_named(usage.meter).stoppable else 0
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
    usages = (one.usage for one in undone_usages(organisation_id, subject))
    running = next((usage for usage in usages if usage.ended is None), None)
    if running is None:
        return None
    return open_usage_of(running, load_prices()[running.meter], clock.now())


def open_usage_of(usage: Usage, prices: pricing.Prices, now: datetime) -> OpenUsage:
    """An open interval with what it has cost until `now`."""
    cost = pricing.accrued(usage.quantity_mb, usage.started, micros(now), prices)
    rate = pricing.hourly_rate(usage.quantity_mb, pricing.price_at(prices, micros(now)))
    return OpenUsage(usage.meter, usage.quantity_mb, moment(usage.started), Money(rate), Money(cost), now)


def rate_per_hour(meter: str, quantity_mb: int) -> Money:
    """What this usage costs an hour at the present price, rounded up to whole nano-euros."""
    now = micros(clock.now())
    return Money(pricing.hourly_rate(quantity_mb, pricing.price_at(load_prices()[meter], now)))
