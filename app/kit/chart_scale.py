"""Scales of charts: ticks people expect, on numbers and on local time. Pure."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

_STEPS_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720)
_STEPS_DAYS = (1, 2, 7, 14, 28, 56, 91, 182, 364)
_MONTHS = {
    "de": ("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}


def nice_step(span: float, count: int) -> float:
    """The smallest of 1, 2, 2.5, 5 × 10ⁿ that cuts `span` into at most `count` parts."""
    if span <= 0 or not math.isfinite(span):
        return 1.0
    raw = span / max(1, count)
    power = 10.0 ** math.floor(math.log10(raw))
    for factor in (1, 2, 2.5, 5, 10):
        if raw <= factor * power * (1 + 1e-9):
            return factor * power
    return 10 * power


def nice_ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Ascending ticks that enclose low and high, with at most `count` + 2 of them."""
    if high <= low:
        high = low + 1
    step = nice_step(high - low, count)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, max(last, first + 1) + 1)]


def as_zone(zone: tzinfo | str) -> tzinfo:
    """A zone whose offset can be asked for any wall time; pytz zones (Flask-Babel's) are taken by their name."""
    name = zone if isinstance(zone, str) else getattr(zone, "zone", None)
    if name is None:
        assert isinstance(zone, tzinfo)
        return zone
    return ZoneInfo(name)


def _step(span: timedelta, count: int) -> timedelta:
    for minutes in _STEPS_MINUTES:
        if span / timedelta(minutes=minutes) <= count:
            return timedelta(minutes=minutes)
    for days in _STEPS_DAYS:
        if span / timedelta(days=days) <= count:
            return timedelta(days=days)
    return timedelta(days=364 * math.ceil(span / timedelta(days=364) / count))


def time_ticks(
    start: datetime, end: datetime, count: int, zone: tzinfo | str, language: str = "de"
) -> list[tuple[datetime, str]]:
    """(moment, label) at round local times between start and end: hours of the clock, midnights of the calendar.

    Steps walk on the wall clock, so midnight stays midnight over a change of daylight saving; an hour that
    does not exist has no tick, an hour that comes twice has one.
    """
    if end <= start:
        return []
    place = as_zone(zone)
    step = _step(end - start, max(1, count))
    local = start.astimezone(place).replace(tzinfo=None)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    wall = midnight + ((local - midnight) // step) * step if step < timedelta(days=1) else midnight
    ticks = []
    stop = end.astimezone(place).replace(tzinfo=None)
    while wall <= stop:
        moment = wall.replace(tzinfo=place)
        exists = moment.astimezone(ZoneInfo("UTC")).astimezone(place).replace(tzinfo=None) == wall
        if exists and start <= moment <= end:
            ticks.append((moment, _label(wall, step, language)))
        wall += step
    return ticks


def _label(wall: datetime, step: timedelta, language: str) -> str:
    if step < timedelta(days=1):
        return f"{wall:%H:%M}"
    return day_label(wall, language)


def day_label(day: datetime, language: str) -> str:
    """21.11. or 21 Nov."""
    return f"{day.day} {_MONTHS['en'][day.month - 1]}" if language == "en" else f"{day.day}.{day.month}."
