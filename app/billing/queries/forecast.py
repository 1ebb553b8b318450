"""The month's forecast from what is measured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select

from app.billing.models import Charge, UsageInterval
from app.billing.queries.costs import Subject
from app.billing.queries.metering import load_prices, running_rates, undone_usages
from app.billing.rules.forecast import HISTORY_DAYS, Method, MonthSoFar, forecast_month
from app.billing.rules.metering import cost_between, pieces
from app.billing.rules.moments import (
    HOUR,
    day_start,
    local_day,
    micros,
    moment,
    month_start,
    next_month_start,
)
from app.kit import clock, config
from app.kit.db import db
from app.kit.money import Money


@dataclass(frozen=True)
class MonthForecast:
    """What the month has cost until now and will probably cost in all; the true sum lies between `low` and `high` in
    about four cases of five. `method` names how it was reckoned, from `history_days` complete days.
    """

    measured: Money
    expected: Money
    low: Money
    high: Money
    method: Method
    history_days: int
    month: date


def month_bounds(at: datetime, zone: str) -> tuple[datetime, datetime]:
    """The local month around a moment, as aware UTC moments."""
    day = local_day(micros(at), zone)
    return moment(month_start(day, zone)), moment(next_month_start(day, zone))


def forecast(organisation_id: UUID, subject: Subject | None = None) -> MonthForecast:
    """Forecast of the running local month for the organisation or one subject."""
    now, zone = clock.now(), config.settings().billing_zone
    today = local_day(micros(now), zone)
    began, ends = today.replace(day=1), local_day(next_month_start(today, zone), zone)
    daily, rate, first_use = _daily(
        organisation_id, subject, min(began, today - timedelta(days=HISTORY_DAYS)), now
    )
    measured = sum(nanos for day, nanos in daily.items() if day >= began)
    first_day = local_day(micros(first_use), zone) if first_use else None
    so_far = MonthSoFar(
        measured=measured,
        today=today,
        month_end=ends,
        today_left=day_start(today + timedelta(days=1), zone) - micros(now),
        today_length=day_start(today + timedelta(days=1), zone) - day_start(today, zone),
        first_use=first_day,
        hours_since_first_use=(micros(now) - micros(first_use)) // HOUR if first_use else 0,
        cost_since_first_use=sum(daily.values()) if first_day and (today - first_day).days <= 8 else 0,
        rate_per_hour=rate,
    )
    made = forecast_month(so_far, {day: nanos for day, nanos in daily.items() if day < today})
    return MonthForecast(
        Money(measured),
        Money(made.expected),
        Money(made.low),
        Money(made.high),
        made.method,
        made.history_days,
        began,
    )


@cache
def _statements(of_subject: bool) -> tuple[Any, Any]:
    """What was booked each day, with the first use beside it; the first use alone.

    Built once: putting them together costs as much as running them.
    """
    began = select(func.min(UsageInterval.started_at)).where(
        UsageInterval.organisation_id == bindparam("organisation_id")
    )
    if of_subject:
        began = began.where(UsageInterval.subject_id == bindparam("subject_id"))
    days = select(Charge.day, func.sum(Charge.amount_nanos), began.scalar_subquery()).where(
        Charge.organisation_id == bindparam("organisation_id"), Charge.day >= bindparam("first")
    )
    if of_subject:
        days = days.where(Charge.subject_id == bindparam("subject_id"))
    return days.group_by(Charge.day), began


def _daily(
    organisation_id: UUID, subject: Subject | None, first: date, now: datetime
) -> tuple[dict[date, int], int, datetime | None]:
    """Cost of each local day from `first` until now, booked or not, what runs costs an hour, and the first use ever."""
    days, first_ever = _statements(subject is not None)
    wanted = {"organisation_id": organisation_id, "first": first}
    if subject is not None:
        wanted["subject_id"] = subject[1]
    booked = db.session.execute(days, wanted).all()
    daily = {day: int(nanos) for day, nanos, _ in booked}
    first_use: datetime | None = booked[0][2] if booked else db.session.scalar(first_ever, wanted)
    usages = [one.usage for one in undone_usages(organisation_id, subject)]
    prices, zone = load_prices(), config.settings().billing_zone
    for usage in usages:
        priced = prices[usage.meter]
        for low, high in pieces(usage.booked_until, usage.due_until(micros(now)), priced, zone):
            nanos = cost_between(usage.quantity_mb, usage.started, high, low, high, priced)
            day = local_day(low, zone)
            daily[day] = daily.get(day, 0) + nanos
    return daily, running_rates(usages, prices, micros(now)).total, first_use
