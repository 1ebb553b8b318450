"""What is owed and when. Pure: days are those of the place the operator named."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

SOON = timedelta(days=7)
"""So long before the last day somebody is reminded."""
LEAD = timedelta(days=60)
"""So long before its last day a yearly round begins."""
LEAST = timedelta(days=365) - LEAD - timedelta(days=1)
"""Sooner after a completion no yearly round begins; a day less, whatever the clocks do."""
LONGEST = timedelta(days=3 * 366)
MOST_NOTE = 500


class Standing(StrEnum):
    """How it stands with one person's part."""

    OPEN = "open"
    OVERDUE = "overdue"
    DONE = "done"
    LATE = "late"
    """Done, after the last day."""
    WITHDRAWN = "withdrawn"
    LEFT = "left"
    GONE = "gone"


OWED = frozenset({Standing.OPEN, Standing.OVERDUE})
DONE = frozenset({Standing.DONE, Standing.LATE})


def standing(state: str, due_on: date, done_on: date | None, today: date) -> Standing:
    """`state` as it is kept; the last day itself is in time."""
    if state == "done":
        return Standing.LATE if done_on is not None and done_on > due_on else Standing.DONE
    if state == "open":
        return Standing.OVERDUE if today > due_on else Standing.OPEN
    return Standing(state)


def counting(
    moments: Iterable[datetime | None], begins_at: datetime, *, counts_before: bool
) -> datetime | None:
    """The completion that settles a part: the earliest since it began; an older one, the latest, only when that was said."""
    known = sorted(one for one in moments if one is not None)
    since = [one for one in known if one >= begins_at]
    if since:
        return since[0]
    return known[-1] if known and counts_before else None


def year_later(day: date) -> date:
    """The same day next year; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def next_due(due_on: date, done_on: date) -> date:
    """The last day of the next yearly round. Who is through in the weeks before the last day keeps it; otherwise a year is
    counted from when they were through, so that never more than a year and `LEAD` lie between."""
    in_time = due_on - LEAD <= done_on <= due_on
    return year_later(due_on if in_time else done_on)


def begins_on(due_on: date) -> date:
    """When a yearly round is opened."""
    return due_on - LEAD


def reminder(due_on: date, told: int, today: date) -> int:
    """Which reminder is due now: 1 soon, 2 overdue, 0 none. Each goes out once; a late start skips what is past."""
    if today > due_on:
        return 2 if told < 2 else 0
    return 1 if told < 1 and due_on - today <= SOON else 0


def due_fault(due_on: date, today: date) -> bool:
    """Whether a last day cannot be meant: past, or years away."""
    return not today <= due_on <= today + LONGEST
