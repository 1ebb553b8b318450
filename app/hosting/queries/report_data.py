"""The figures of a usage report: sums of the ledger's charges, and hours from the measurements."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.billing import api as billing
from app.billing.api import By, Cost, Key, MonthForecast
from app.hosting.models import Sample, Server
from app.hosting.queries.names import server_names
from app.hosting.rules.period import Period
from app.kit import clock
from app.kit.config import settings
from app.kit.db import db
from app.kit.money import ZERO, Money

ACTIVE = "hosting.active"
MOST_ROWS = 800  # of the bookings table; a longer one is put together per server


@dataclass(frozen=True)
class Booking:
    """What one server cost on one day (or, in long tables, in the whole period): seconds awake and asleep."""

    day: date | None
    server_id: UUID
    server: str
    awake: int
    asleep: int
    amount: Money


@dataclass(frozen=True)
class Day:
    """One day: seconds run and played over all servers, and its cost. `played` is None where nothing was counted."""

    day: date
    ran: int
    played: int | None
    cost: Money


@dataclass(frozen=True)
class Figures:
    """Everything a report prints. `total` is the sum of the ledger's charges in the period, to the nano-euro."""

    period: Period
    zone: str
    until: datetime
    complete: bool
    total: Money
    before: Money
    before_days: tuple[Money, ...]
    ran_seconds: int
    played_seconds: int | None
    players_peak: int | None
    servers: tuple[tuple[str, Money], ...]
    days: tuple[Day, ...]
    bookings: tuple[Booking, ...]
    shortened: bool
    forecast: MonthForecast | None
    unpaid: Money


def figures(
    organisation_id: UUID, period: Period, server_id: UUID | None, until: datetime, unpaid: Money = ZERO
) -> Figures:
    """Read the figures; usage must have been settled up to `until`, which left `unpaid` of the organisation open."""
    zone = settings().billing_zone
    begins, ends = period.begins(zone), period.ends(zone)
    subject = ("hosting.server", server_id) if server_id else None
    costs = billing.costs(organisation_id, begins, ends, (By.DAY, By.METER, By.SUBJECT), subject=subject)
    rows = _bookings(costs, server_names(organisation_id))
    previous = period.before()
    earlier = billing.costs(
        organisation_id, previous.begins(zone), begins, (By.DAY, By.SUBJECT), subject=subject
    )
    played = _played(organisation_id, server_id, begins, ends, zone)
    by_day: dict[date | None, Money] = defaultdict(lambda: Money(0))
    for key, cost in earlier.items():
        if _of_a_server(key):
            by_day[key.day] += cost.booked
    complete = ends <= until
    return Figures(
        period=period,
        zone=zone,
        until=min(until, ends),
        complete=complete,
        total=_sum(row.amount for row in rows),
        before=_sum(by_day.values()),
        before_days=tuple(by_day[day] for day in previous.days),
        ran_seconds=sum(row.awake for row in rows),
        played_seconds=played.seconds,
        players_peak=played.peak,
        servers=_per_server(rows),
        days=_days(period, rows, played, until, zone),
        bookings=tuple(rows if len(rows) <= MOST_ROWS else _together(rows)),
        shortened=len(rows) > MOST_ROWS,
        forecast=None if complete else billing.forecast(organisation_id, subject),
        unpaid=unpaid,
    )


def _sum(amounts: object) -> Money:
    return sum(amounts, Money(0))  # type: ignore[call-overload,no-any-return]


def _bookings(costs: dict[Key, Cost], names: dict[UUID, str]) -> list[Booking]:
    """Booked amounts only: what is not in the ledger yet is not in the report."""
    found: dict[tuple[date | None, UUID], Booking] = {}
    for key, cost in costs.items():
        if key.subject is None or not _of_a_server(key) or not (cost.booked or key.meter == ACTIVE):
            continue
        one, active = key.subject[1], key.meter == ACTIVE
        awake, asleep = (cost.seconds, 0) if active else (0, cost.seconds)
        _add(found, (key.day, one), Booking(key.day, one, names.get(one, ""), awake, asleep, cost.booked))
    return sorted(found.values(), key=lambda row: (row.day or date.min, row.server.casefold(), row.server_id))


def _add(found: dict[Any, Booking], key: Any, row: Booking) -> None:
    known = found.get(key)
    if known is not None:
        awake, asleep, amount = known.awake + row.awake, known.asleep + row.asleep, known.amount + row.amount
        row = replace(row, awake=awake, asleep=asleep, amount=amount)
    found[key] = row


def _of_a_server(key: Key) -> bool:
    return key.subject is not None and key.subject[0] == "hosting.server"


def _together(rows: list[Booking]) -> list[Booking]:
    found: dict[UUID, Booking] = {}
    for row in rows:
        _add(found, row.server_id, replace(row, day=None))
    return sorted(found.values(), key=lambda row: (-row.amount.nanos, row.server.casefold()))


def _per_server(rows: list[Booking]) -> tuple[tuple[str, Money], ...]:
    sums: dict[UUID, Money] = defaultdict(lambda: Money(0))
    names = {row.server_id: row.server for row in rows}
    for row in rows:
        sums[row.server_id] += row.amount
    return tuple(
        (names[one], amount) for one, amount in sorted(sums.items(), key=lambda pair: -pair[1].nanos)
    )


@dataclass(frozen=True)
class _Played:
    by_day: dict[date, int]
    seconds: int | None
    peak: int | None


def _played(
    organisation_id: UUID, server_id: UUID | None, begins: datetime, ends: datetime, zone: str
) -> _Played:
    """Time with at least one player, from the hourly roll-up; None where no server could count players."""
    statement = (
        select(Sample.at, Sample.played_seconds, Sample.players_peak)
        .join(Server, Server.id == Sample.server_id)
        .where(
            Server.organisation_id == organisation_id,
            Sample.seconds == 3600,
            Sample.at >= int(begins.timestamp()),
            Sample.at < int(min(ends, clock.now()).timestamp()),
            Sample.played_seconds.is_not(None),
        )
    )
    if server_id is not None:
        statement = statement.where(Sample.server_id == server_id)
    by_day: dict[date, int] = defaultdict(int)
    peaks = []
    for at, seconds, peak in db.session.execute(statement):
        assert seconds is not None  # asked for above
        by_day[datetime.fromtimestamp(at, ZoneInfo(zone)).date()] += seconds
        peaks.append(peak or 0)
    return _Played(by_day, sum(by_day.values()) if peaks else None, max(peaks, default=None))


def _days(
    period: Period, rows: list[Booking], played: _Played, until: datetime, zone: str
) -> tuple[Day, ...]:
    ran: dict[date | None, int] = defaultdict(int)
    cost: dict[date | None, Money] = defaultdict(lambda: Money(0))
    for row in rows:
        cost[row.day] += row.amount
        ran[row.day] += row.awake
    today = until.astimezone(ZoneInfo(zone)).date()
    return tuple(
        Day(day, ran[day], played.by_day.get(day, 0) if played.seconds is not None else None, cost[day])
        for day in period.days
        if day <= today
    )
