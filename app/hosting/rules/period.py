"""Weeks and months of the billing zone: what a report is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK, MONTH = "week", "month"


@dataclass(frozen=True, order=True)
class Period:
    """A calendar week (Monday to Sunday) or month; both days belong to it."""

    first: date
    last: date
    kind: str

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def key(self) -> str:
        """2026-W47 or 2026-11, as it stands in addresses."""
        if self.kind == WEEK:
            year, week, _ = self.first.isocalendar()
            return f"{year}-W{week:02d}"
        return f"{self.first:%Y-%m}"

    def begins(self, zone: str) -> datetime:
        return datetime.combine(self.first, time(), tzinfo=ZoneInfo(zone))

    def ends(self, zone: str) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last + timedelta(days=1), time(), tzinfo=ZoneInfo(zone))

    def before(self) -> Period:
        """The one before it, of the same kind."""
        return period_of(self.kind, self.first - timedelta(days=1))


def period_of(kind: str, day: date) -> Period:
    """The week or month a day lies in. ValueError for another kind."""
    if kind == WEEK:
        first = day - timedelta(days=day.weekday())
        return Period(first, first + timedelta(days=6), WEEK)
    if kind == MONTH:
        first = day.replace(day=1)
        return Period(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1), MONTH)
    raise ValueError(f"no period {kind!r}")


def parse_period(text: str) -> Period:
    """What `key` wrote. ValueError for anything else, and for years a calendar cannot hold comfortably."""
    year, _, rest = text.partition("-")
    if not re.fullmatch(r"2[0-9]{3}-(W[0-9]{2}|[0-9]{2})", text):
        raise ValueError("write 2026-W47 or 2026-11")
    if rest.startswith("W"):
        return period_of(WEEK, date.fromisocalendar(int(year), int(rest[1:]), 1))
    return period_of(MONTH, date(int(year), int(rest), 1))


def recent(today: date, weeks: int = 6, months: int = 6) -> list[Period]:
    """What a form offers: the running month and those before, then weeks."""
    found = []
    for kind, count in ((MONTH, months), (WEEK, weeks)):
        period = period_of(kind, today)
        for _ in range(count):
            found.append(period)
            period = period.before()
    return found


def due(kind: str, now: datetime, since: datetime, zone: str, hour: int = 6) -> Period | None:
    """The last finished period whose report is due: from `hour` on the day after it ended, and ended after `since`."""
    local = (now.astimezone(ZoneInfo(zone)) - timedelta(hours=hour)).date()
    period = period_of(kind, local).before()
    return period if period.ends(zone).timestamp() > since.timestamp() else None
