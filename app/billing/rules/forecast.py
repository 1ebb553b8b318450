"""What the month will probably cost. An estimate, so it names its method and gives a range.

From one full week of history on: the profile of weekdays, newer weeks counting more (half as much per two weeks of
age). It is the daily sum of the hour-of-week profile that did best among small models; the naive "same day last
week" is its limit for short history. Below a week there is no rhythm to see: the average since the first use goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import isqrt

HISTORY_DAYS = 8 * 7
MINIMUM_DAYS = 7
_WEIGHTS = tuple(round(1000 * 2 ** (-week / 2)) for week in range(9))
_Z80_PERCENT = 128
"""1.28 standard deviations on either side hold 80 % of a normal distribution; in hundredths."""


class Method(StrEnum):
    """How a forecast was made; pages translate the name."""

    NOTHING = "nothing"
    RUN_RATE = "run_rate"
    WEEKDAY_PROFILE = "weekday_profile"


@dataclass(frozen=True, slots=True)
class Forecast:
    """Expected nano-euros for the whole month, and the range in which it lies in four cases out of five."""

    expected: int
    low: int
    high: int
    method: Method
    history_days: int


@dataclass(frozen=True, slots=True)
class MonthSoFar:
    """What is known: cost of this month until now, the current hourly rate and the time left, in microseconds."""

    measured: int
    today: date
    month_end: date
    today_left: int
    today_length: int
    first_use: date | None
    hours_since_first_use: int
    cost_since_first_use: int
    rate_per_hour: int


def forecast_month(so_far: MonthSoFar, daily: Mapping[date, int]) -> Forecast:
    """Forecast from `daily`, the cost of each complete day before today (days without use may be missing)."""
    if so_far.first_use is None:
        return Forecast(so_far.measured, so_far.measured, so_far.measured, Method.NOTHING, 0)
    known = min(HISTORY_DAYS, (so_far.today - so_far.first_use).days)
    if (
        known <= MINIMUM_DAYS
    ):  # the first day is not complete, so seven full days are there from the eighth on
        return _run_rate(so_far, max(0, known))
    return _weekday_profile(so_far, daily, known - 1)


def _run_rate(so_far: MonthSoFar, known: int) -> Forecast:
    days_left = (so_far.month_end - so_far.today).days - 1
    hours_left = max(0, days_left) * 24 + so_far.today_left // 3_600_000_000
    average = so_far.cost_since_first_use // max(1, so_far.hours_since_first_use)
    expected = so_far.measured + average * hours_left
    high = so_far.measured + max(average, so_far.rate_per_hour) * hours_left
    return Forecast(expected, so_far.measured, max(expected, high), Method.RUN_RATE, known)


def _weekday_profile(so_far: MonthSoFar, daily: Mapping[date, int], known: int) -> Forecast:
    history = [so_far.today - timedelta(days=back) for back in range(1, known + 1)]
    profile = {weekday: _weighted_mean(history, daily, weekday) for weekday in range(7)}
    squares = [(daily.get(day, 0) - profile[day.weekday()]) ** 2 for day in history]
    deviation = isqrt(sum(squares) // len(squares))

    rest = profile[so_far.today.weekday()] * so_far.today_left // max(1, so_far.today_length)
    days_left = max(0, (so_far.month_end - so_far.today).days - 1)
    rest += sum(profile[(so_far.today + timedelta(days=1 + ahead)).weekday()] for ahead in range(days_left))
    spread = deviation * isqrt((days_left + 1) * 10_000) * _Z80_PERCENT // 10_000
    expected = so_far.measured + rest
    return Forecast(
        expected, max(so_far.measured, expected - spread), expected + spread, Method.WEEKDAY_PROFILE, known
    )


def _weighted_mean(history: list[date], daily: Mapping[date, int], weekday: int) -> int:
    newest = history[0]
    weighted = weights = 0
    for day in history:
        if day.weekday() == weekday:
            weight = _WEIGHTS[(newest - day).days // 7]
            weighted += weight * daily.get(day, 0)
            weights += weight
    return weighted // weights if weights else 0
