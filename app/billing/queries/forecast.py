"""The month's forecast from what is measured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from app.billing.models import UsageInterval
from app.billing.queries.costs import By, Subject, costs_by
from app.billing.queries.metering import load_prices, running_rates
from app.billing.rules.forecast import HISTORY_DAYS, Method, MonthSoFar, forecast_month
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
    begin, end = month_bounds(now, zone)
    first_use = _first_use(organisation_id, subject)
    horizon = min(begin, moment(day_start(today - timedelta(days=HISTORY_DAYS), zone)))
    if first_use is not None:
        horizon = max(horizon, min(begin, first_use))
    daily = {
        key.day: cost.total.nanos
        for key, cost in costs_by(organisation_id, horizon, now, (By.DAY,), subject).items()
        if key.day is not None
    }
    measured = sum(nanos for day, nanos in daily.items() if day >= today.replace(day=1))
    first_day = local_day(micros(first_use), zone) if first_use else None
    so_far = MonthSoFar(
        measured=measured,
        today=today,
        month_end=local_day(micros(end), zone),
        today_left=day_start(today + timedelta(days=1), zone) - micros(now),
        today_length=day_start(today + timedelta(days=1), zone) - day_start(today, zone),
        first_use=first_day,
        hours_since_first_use=(micros(now) - micros(first_use)) // HOUR if first_use else 0,
        cost_since_first_use=sum(daily.values()) if first_day and (today - first_day).days <= 8 else 0,
        rate_per_hour=_rate(organisation_id, subject, now),
    )
    made = forecast_month(so_far, {day: nanos for day, nanos in daily.items() if day < today})
    return MonthForecast(
        Money(measured), Money(made.expected), Money(made.low), Money(made.high), made.method, made.history_days,
        today.replace(day=1),
    )  # fmt: skip


def _first_use(organisation_id: UUID, subject: Subject | None) -> datetime | None:
    statement = select(func.min(UsageInterval.started_at)).where(
        UsageInterval.organisation_id == organisation_id
    )
    if subject is not None:
        statement = statement.where(UsageInterval.subject_id == subject[1])
    return db.session.scalar(statement)


def _rate(organisation_id: UUID, subject: Subject | None, now: datetime) -> int:
    statement = select(UsageInterval).where(
        UsageInterval.organisation_id == organisation_id, UsageInterval.ended_at.is_(None)
    )
    if subject is not None:
        statement = statement.where(UsageInterval.subject_id == subject[1])
    return running_rates(db.session.scalars(statement), load_prices(), micros(now)).total
