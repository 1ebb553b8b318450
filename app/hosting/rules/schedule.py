"""When a schedule is due: cron text or days and a time in a zone, and the moments they mean on every day of the year.

cronsim reads the text. The moments are ours, because no library we tried keeps one rule on both days of a clock change:
a time that is left out runs once, at the first moment after the gap; a time that comes twice runs once, the first time.
A pattern for every hour follows the minute of the clock instead: it runs in every real hour, 23 or 25 times on such a day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

LONGEST_TEXT = 100
HORIZON = timedelta(days=2930)
"""How far ahead a moment is looked for: 29 February is eight years away around 2100."""
LEAST_MINUTES = 5
"""Between two runs of a pattern."""
EVERY_DAY = frozenset(range(7))
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_ANY = datetime(2000, 1, 1, tzinfo=UTC)
_FIELDS = ("minute", "hour", "day-of-month", "month", "day-of-week")


class CronFault(ValueError):
    """What is wrong with a pattern: "fields", a field's name, "often" or "never"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Pattern:
    """Cron text that was understood."""

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    reader: CronSim

    @property
    def hourly(self) -> bool:
        """For every hour: the minute counts, not the hour."""
        return len(self.hours) == 24

    def on(self, day: date) -> bool:
        """Whether it runs on this day of the calendar. Month day and weekday go together as in Debian's cron."""
        return day.month in self.reader.months and self.reader.match_day(day)

    @property
    def closest(self) -> int:
        """The fewest minutes between two of its times, as if it ran every day."""
        times = [hour * 60 + minute for hour in self.hours for minute in self.minutes]
        return min(after - before for before, after in pairwise([*times, times[0] + 1440]))


def read(text: str) -> Pattern:
    """The pattern of five fields: minute, hour, day of month, month, weekday. Raises CronFault."""
    parts = text.split()
    if len(parts) != 5 or len(text) > LONGEST_TEXT:
        raise CronFault("fields")
    try:
        found = CronSim(" ".join(parts), _ANY)
    except CronSimError as error:
        named = str(error).removeprefix("Bad ")
        raise CronFault(named if named in _FIELDS else "fields") from None
    return Pattern(" ".join(parts).upper(), tuple(sorted(found.minutes)), tuple(sorted(found.hours)), found)


def check(text: str, zone: ZoneInfo, now: datetime) -> Pattern:
    """A pattern that may be scheduled. Raises CronFault: unreadable, too often, or never within eight years."""
    pattern = read(text)
    if pattern.closest < LEAST_MINUTES:
        raise CronFault("often")
    if next_run(pattern, zone, now) is None:
        raise CronFault("never")
    return pattern


def weekly(days: frozenset[int], at: time) -> str:
    """Cron text of days (0 is Monday) and a time."""
    named = "*" if days == EVERY_DAY else ",".join(str(day) for day in sorted((day + 1) % 7 for day in days))
    return f"{at.minute} {at.hour} * * {named}"


def as_weekly(text: str) -> tuple[frozenset[int], time] | None:
    """The days and the time, where the text says nothing else."""
    pattern = read(text)
    fields = pattern.text.split()
    days = pattern.reader.weekdays
    if fields[2:4] != ["*", "*"] or not all(isinstance(day, int) for day in days):
        return None
    if len(pattern.minutes) != 1 or len(pattern.hours) != 1:
        return None
    found = frozenset((day - 1) % 7 for day in days if isinstance(day, int))
    return found, time(pattern.hours[0], pattern.minutes[0])


def runs(pattern: Pattern, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Every moment later than `after`, in order, in UTC. Ends where none comes within the horizon."""
    day, last = after.astimezone(zone).date() - _DAY, after
    waiting: list[datetime] = []
    while _midnight(day, zone) - last <= HORIZON:
        waiting = sorted({*waiting, *_moments(pattern, zone, day)})
        day += _DAY
        border = _midnight(day, zone)  # nothing of the next day comes earlier
        for moment in waiting:
            if last < moment < border:
                yield moment
                last = moment
        waiting = [moment for moment in waiting if moment >= border]


def next_run(pattern: Pattern, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first moment later than `after`."""
    return next(runs(pattern, zone, after), None)


def next_runs(pattern: Pattern, zone: ZoneInfo, after: datetime, count: int = 5) -> list[datetime]:
    """The first few moments later than `after`."""
    return list(islice(runs(pattern, zone, after), count))


def moved(pattern: Pattern, zone: ZoneInfo, moment: datetime) -> str:
    """What a clock change does to a run: "gap" when its time is left out that day, "twice" when it comes a second time, or ""."""
    local = moment.astimezone(zone)
    if local.hour not in pattern.hours or local.minute not in pattern.minutes:
        return "gap"
    again = local.replace(fold=1).astimezone(UTC)
    return "twice" if again > moment and not pattern.hourly else ""


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _moments(pattern: Pattern, zone: ZoneInfo, day: date) -> set[datetime]:
    if not pattern.on(day):
        return set()
    return {
        moment
        for hour in pattern.hours
        for minute in pattern.minutes
        for moment in _when(datetime.combine(day, time(hour, minute)), zone, hourly=pattern.hourly)
    }


def _when(wall: datetime, zone: ZoneInfo, *, hourly: bool) -> tuple[datetime, ...]:
    """The moments that the clock on the wall shows this time, or that stand for it."""
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first == second:
        return (first,)
    if first < second:  # shown twice
        return (first, second) if hourly else (first,)
    end = _change(zone, second, first)
    there = end.astimezone(zone).replace(tzinfo=None)
    if hourly and there.replace(minute=0) != wall.replace(minute=0):
        return ()  # the whole hour is left out, and with it its run
    return (end,)


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first moment of the offset that holds at `after`."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


LATE = _HOUR
"""A run may come this late: after an outage, or because the server was busy."""


@dataclass(frozen=True)
class Missed:
    """Runs that are not made up for."""

    first: datetime
    last: datetime
    count: int


@dataclass(frozen=True)
class Due:
    """What has become of a schedule's moments up to now: at most one is acted upon, the rest was missed."""

    run: datetime | None
    missed: Missed | None
    following: datetime | None


def due(pattern: Pattern, zone: ZoneInfo, since: datetime, now: datetime) -> Due:
    """The moments from `since` up to and including `now`. The latest is made up for if it is at most an hour old."""
    first = latest = run = None
    count, following = 0, None
    for moment in runs(pattern, zone, since - timedelta(microseconds=1)):
        if moment > now:
            following = moment
            break
        if now - moment <= LATE:
            if run is not None:
                first, latest, count = first or run, run, count + 1
            run = moment
        else:
            first, latest, count = first or moment, moment, count + 1
    missed = Missed(first, latest, count) if first is not None and latest is not None else None
    return Due(run, missed, following)
