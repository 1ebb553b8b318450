"""Moments as integer microseconds, and the local days bills follow.

Rating multiplies time with money, so time must be exact: floats and aware subtraction within one zone (which is
wall time in Python) are both wrong there.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 3600 * SECOND
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware moment; naive ones raise."""
    if moment.tzinfo is None:
        raise ValueError("naive time refused")
    return (moment.astimezone(UTC) - _EPOCH) // _TICK


def moment(micro: int) -> datetime:
    """The aware UTC moment of `micros`; exact."""
    return _EPOCH + timedelta(microseconds=micro)


def local_day(micro: int, zone: str) -> date:
    """The calendar day in `zone` at that moment."""
    return moment(micro).astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=4096)
def day_start(day: date, zone: str) -> int:
    """When that local day begins. A day has 23, 24 or 25 hours; a skipped midnight is the moment of the change."""
    return micros(datetime.combine(day, time(), tzinfo=ZoneInfo(zone)))


def next_midnight(micro: int, zone: str) -> int:
    """The first start of a local day after that moment."""
    return day_start(local_day(micro, zone) + timedelta(days=1), zone)


def month_start(day: date, zone: str) -> int:
    """When the local month of `day` begins."""
    return day_start(day.replace(day=1), zone)


def next_month_start(day: date, zone: str) -> int:
    """When the local month after that of `day` begins."""
    return day_start((day.replace(day=1) + timedelta(days=32)).replace(day=1), zone)
