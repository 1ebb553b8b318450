"""What things cost, in any window, to the nano-euro.

Booked amounts come from the ledger's charges; what is not yet booked is added from the few open intervals. A charge
that a window's edge cuts is shared by its interval's own rating, so neighbouring windows add up exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, func, select

from app.billing.models import Charge, UsageInterval
from app.billing.queries.metering import OpenUsage, load_prices, open_usage_of, undone_usages, usage_of
from app.billing.rules.metering import Usage, cost_between, pieces
from app.billing.rules.moments import day_start, local_day, micros, moment, month_start
from app.billing.rules.pricing import Prices
from app.kit import clock, config
from app.kit.db import db
from app.kit.money import ZERO, Money

Subject = tuple[str, UUID]


class By(StrEnum):
    """What costs are grouped by."""

    DAY = "day"
    METER = "meter"
    SUBJECT = "subject"


class Key(NamedTuple):
    """A group: the parts that were not asked for are None."""

    day: date | None = None
    meter: str | None = None
    subject: Subject | None = None


@dataclass(frozen=True)
class Cost:
    """Booked in the ledger, due but not booked yet, and the time that was charged for, in microseconds."""

    booked: Money = ZERO
    unbooked: Money = ZERO
    micros: int = 0

    @property
    def total(self) -> Money:
        return self.booked + self.unbooked

    @property
    def seconds(self) -> int:
        return self.micros // 1_000_000

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.booked + other.booked, self.unbooked + other.unbooked, self.micros + other.micros)


class _Window(NamedTuple):
    since: int
    until: int


def costs_by(
    organisation_id: UUID,
    since: datetime,
    until: datetime,
    by: tuple[By, ...] = (),
    subject: Subject | None = None,
) -> dict[Key, Cost]:
    """Costs of the organisation (or one subject) from `since` until before `until`, grouped.

    Days are local days of the billing zone. The future costs nothing: the window ends now at the latest.
    """
    window = _Window(micros(since), micros(min(until, clock.now())))
    prices, zone = load_prices(), config.settings().billing_zone
    sums: dict[Key, list[int]] = {}

    def add(key: Key, length: int, booked: int = 0, unbooked: int = 0) -> None:
        total = sums.setdefault(key, [0, 0, 0])
        total[0] += booked
        total[1] += unbooked
        total[2] += length

    for key, nanos, length in _booked_inside(organisation_id, since, until, by, subject):
        add(key, length, booked=nanos)
    for charge, started in _booked_across(organisation_id, since, until, subject):
        nanos, length = _share(charge, started, window, prices[charge.meter])
        add(
            _key(by, charge.day, charge.meter, (charge.subject_type, charge.subject_id)), length, booked=nanos
        )
    for whose, usage in undone_usages(organisation_id, subject):
        for low, high in _open_parts(usage, window, prices[usage.meter], zone, by):
            nanos = cost_between(usage.quantity_mb, usage.started, high, low, high, prices[usage.meter])
            day = local_day(low, zone) if By.DAY in by else None
            add(_key(by, day, usage.meter, whose), high - low, unbooked=nanos)
    return {key: Cost(Money(booked), Money(open_), length) for key, (booked, open_, length) in sums.items()}


def _filtered(statement: Any, organisation_id: UUID, subject: Subject | None, model: type[Any]) -> Any:
    statement = statement.where(model.organisation_id == organisation_id)
    if subject is not None:
        statement = statement.where(model.subject_id == subject[1], model.subject_type == subject[0])
    return statement


def _booked_inside(
    organisation_id: UUID, since: datetime, until: datetime, by: tuple[By, ...], subject: Subject | None
) -> list[tuple[Key, int, int]]:
    """Sums over charges that lie wholly in the window, by the database."""
    zone = config.settings().billing_zone
    wanted = {
        "organisation_id": organisation_id,
        "since": since,
        "until": until,
        "first": local_day(micros(since), zone),
        "last": local_day(micros(until), zone),
    }
    if subject is not None:
        wanted |= {"subject_type": subject[0], "subject_id": subject[1]}
    found = []
    for nanos, length, *rest in db.session.execute(_sums(by, subject is not None), wanted):
        if nanos is None:
            continue
        key = Key(
            day=rest.pop(0) if By.DAY in by else None,
            meter=rest.pop(0) if By.METER in by else None,
            subject=(rest[0], rest[1]) if By.SUBJECT in by else None,
        )
        found.append((key, int(nanos), int(length)))
    return found


@cache
def _sums(by: tuple[By, ...], of_subject: bool) -> Any:
    """The statement, built once for each kind of question: putting it together costs as much as running it."""
    columns: list[Any] = []
    if By.DAY in by:
        columns.append(Charge.day)
    if By.METER in by:
        columns.append(Charge.meter)
    if By.SUBJECT in by:
        columns += [Charge.subject_type, Charge.subject_id]
    statement = select(func.sum(Charge.amount_nanos), func.sum(Charge.micros), *columns).where(
        Charge.organisation_id == bindparam("organisation_id"),
        Charge.since >= bindparam("since"),
        Charge.until <= bindparam("until"),
        Charge.day >= bindparam("first"),
        Charge.day <= bindparam("last"),
    )
    if of_subject:
        statement = statement.where(
            Charge.subject_id == bindparam("subject_id"), Charge.subject_type == bindparam("subject_type")
        )
    return statement.group_by(*columns)


def _day_range(since: datetime, until: datetime) -> tuple[Any, Any]:
    """The index of charges is by day."""
    zone = config.settings().billing_zone
    return Charge.day >= local_day(micros(since), zone), Charge.day <= local_day(micros(until), zone)


def _booked_across(
    organisation_id: UUID, since: datetime, until: datetime, subject: Subject | None
) -> list[tuple[Charge, int]]:
    """Charges cut by an edge of the window, with the start of their interval: a handful.

    None where no edge can cut one: a charge lies within one local day and never in the future.
    """
    if _between_days(since) and (_between_days(until) or until >= clock.now()):
        return []
    statement: Any = select(Charge, UsageInterval.started_at).join(
        UsageInterval, UsageInterval.id == Charge.interval_id
    )
    statement = _filtered(statement, organisation_id, subject, Charge)
    statement = statement.where(
        Charge.since < until,
        Charge.until > since,
        (Charge.since < since) | (Charge.until > until),
        *_day_range(since, until),
    )
    return [(charge, micros(started)) for charge, started in db.session.execute(statement)]


def _between_days(at: datetime) -> bool:
    zone = config.settings().billing_zone
    return day_start(local_day(micros(at), zone), zone) == micros(at)


def _share(charge: Charge, started: int, window: _Window, prices: Prices) -> tuple[int, int]:
    """Nano-euros and microseconds of the charge inside the window."""
    low, high = max(window.since, micros(charge.since)), min(window.until, micros(charge.until))
    if high <= low:
        return 0, 0
    nanos = cost_between(charge.quantity_mb, started, high, low, high, prices)
    sign = 1 if charge.amount_nanos > 0 else -1
    return sign * nanos, sign * (high - low)


def _open_parts(
    usage: Usage, window: _Window, prices: Prices, zone: str, by: tuple[By, ...]
) -> Iterable[tuple[int, int]]:
    """The part of an interval that is not booked and lies in the window; cut at local midnights where days are asked for.

    Uncut it costs the same to the nano-euro: the costs of neighbouring windows add up.
    """
    low = max(usage.booked_until, window.since)
    high = min(usage.due_until(window.until), window.until)
    if low >= high:
        return ()
    return pieces(low, high, prices, zone) if By.DAY in by else ((low, high),)


def _key(by: tuple[By, ...], day: date | None, meter: str, subject: Subject) -> Key:
    return Key(
        day if By.DAY in by else None,
        meter if By.METER in by else None,
        subject if By.SUBJECT in by else None,
    )


def cost_of(organisation_id: UUID, subject: Subject, since: datetime, until: datetime) -> Cost:
    """Cost of one subject in a window."""
    return costs_by(organisation_id, since, until, subject=subject).get(Key(), Cost())


def costs_of_many(organisation_id: UUID, since: datetime, until: datetime) -> Mapping[UUID, Cost]:
    """Cost of each subject in a window, in one go: for lists."""
    grouped = costs_by(organisation_id, since, until, (By.SUBJECT,))
    return {key.subject[1]: cost for key, cost in grouped.items() if key.subject is not None}


@dataclass(frozen=True)
class SubjectCosts:
    """What runs for a subject, and what it cost since `month_began` until now."""

    running: OpenUsage | None
    month: Money
    month_began: datetime


def subject_costs(organisation_id: UUID, subject: Subject) -> SubjectCosts:
    """Session and month of one subject in two queries, for its page: rated from its intervals, booked or not."""
    now, prices = clock.now(), load_prices()
    today = local_day(micros(now), config.settings().billing_zone)
    begin = month_start(today, config.settings().billing_zone)
    rows = db.session.scalars(
        select(UsageInterval).where(
            UsageInterval.organisation_id == organisation_id,
            UsageInterval.subject_type == subject[0],
            UsageInterval.subject_id == subject[1],
            UsageInterval.ended_at.is_(None) | (UsageInterval.ended_at > moment(begin)),
        )
    )
    total, running = 0, None
    for row in rows:
        started, ended = micros(row.started_at), micros(row.ended_at or now)
        total += cost_between(row.quantity_mb, started, ended, begin, micros(now), prices[row.meter])
        if row.ended_at is None:
            running = open_usage_of(usage_of(row), prices[row.meter], now)
    return SubjectCosts(running, Money(total), moment(begin))
