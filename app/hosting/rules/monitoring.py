"""How a stretch of time becomes a chart: which roll-up, how long a point is, where days begin. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

KEPT_SECONDS = {10: 86_400, 60: 31 * 86_400, 3600: 2 * 366 * 86_400}
"""How long each roll-up is kept, by the seconds of its buckets: a day, a month, two years."""

HOUR, DAY = 3600, 86_400
WINDOWS = {
    "1h": HOUR,
    "6h": 6 * HOUR,
    "24h": DAY,
    "7d": 7 * DAY,
    "30d": 30 * DAY,
    "90d": 90 * DAY,
    "1y": 365 * DAY,
}
"""Stretches on offer, in seconds up to now."""

MOST_POINTS = 1000
"""Points of a series, at most."""
SHORTEST, LONGEST = 60, 400 * DAY
"""Seconds one can look at."""
_STEPS = (10, 30, 60, 120, 300, 600, 900, 1800, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR)


@dataclass(frozen=True, slots=True)
class Span:
    """What to show: [since, until) in Unix seconds. `window` names it when it reaches up to now."""

    since: int
    until: int
    window: str | None = None

    @property
    def seconds(self) -> int:
        return self.until - self.since


@dataclass(frozen=True, slots=True)
class Plan:
    """How to show it: points of `step` seconds from the roll-up whose buckets have `level` seconds.

    `starts` are the beginnings of the points, the last one is where they end: calendar days are not all as long.
    """

    level: int
    step: int
    starts: tuple[int, ...]

    @property
    def daily(self) -> bool:
        return self.step == DAY


class BadSpan(ValueError):
    """Nothing that can be shown; `reason` is order, short, long, old or future."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def window_span(window: str, now: int) -> Span:
    """A window of WINDOWS up to now. Raises KeyError."""
    return Span(now - WINDOWS[window], now, window)


def chosen_span(since: int, until: int, now: int) -> Span:
    """Any stretch of the past two years; what lies ahead is cut off. Raises BadSpan."""
    if until <= since:
        raise BadSpan("order")
    if since >= now:
        raise BadSpan("future")
    if since < now - KEPT_SECONDS[HOUR]:
        raise BadSpan("old")
    if until - since < SHORTEST:
        raise BadSpan("short")
    if until - since > LONGEST:
        raise BadSpan("long")
    return Span(since, min(until, max(now, since + SHORTEST)))


def plan(span: Span, now: int, zone: tzinfo, most: int = MOST_POINTS) -> Plan:
    """The finest points, at most `most` of them, that are still there for the whole span; days follow the zone."""
    for step in _STEPS:
        level = max(known for known in KEPT_SECONDS if step % known == 0)
        first = span.since // step * step
        starts = range(first, span.until + step, step)
        reaches = level == HOUR or first >= now - KEPT_SECONDS[level]
        if reaches and len(starts) - 1 <= most:
            return Plan(level, step, tuple(starts))
    return Plan(HOUR, DAY, tuple(midnights(span.since, span.until, zone)))


def midnights(since: int, until: int, zone: tzinfo) -> list[int]:
    """Beginnings of the calendar days that [since, until) touches, and of the day after the last."""
    day = _local(since, zone).date()
    found = [_midnight(day, zone)]
    while found[-1] < until:
        day += timedelta(days=1)
        found.append(_midnight(day, zone))
    return found


def _local(at: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone(zone)


def _midnight(day: date, zone: tzinfo) -> int:
    """Where no midnight exists, the instant the clocks went forward; where it comes twice, the first."""
    return int(datetime.combine(day, time(), zone).timestamp())


def offsets(starts: Sequence[int], zone: tzinfo) -> list[tuple[int, int]]:
    """(until, seconds to add to Unix time for the wall clock), in order: a step for each change of the clocks.

    With them a database finds the local day of a bucket. Days of half hours off UTC begin with the next whole bucket.
    """
    found: list[tuple[int, int]] = []
    for here, after in pairwise(starts):
        first, last = _offset(here, zone), _offset(after, zone)
        if first != last:
            found.append((_change(here, after, zone), first))
    return [*found, (starts[-1] + DAY, _offset(starts[-1], zone))]


def _offset(at: int, zone: tzinfo) -> int:
    offset = _local(at, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _change(low: int, high: int, zone: tzinfo) -> int:
    """The first second with the offset of `high`; between the two there is one change."""
    before = _offset(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return high


@dataclass(frozen=True, slots=True)
class Track:
    """One measurement over the points of a chart; None is a gap. `low` and `peak` enclose every ten seconds of a point."""

    low: tuple[float | None, ...]
    mean: tuple[float | None, ...]
    peak: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """A track in four numbers over the whole span, the mean weighted by measured time; None without a measurement."""

    low: float | None
    mean: float | None
    peak: float | None
    last: float | None


def figures(track: Track, covered: Sequence[int | None]) -> Figures:
    """Lowest, mean, highest and newest value of a track."""
    pairs = zip(track.mean, covered, strict=True)
    known = [(mean, weight) for mean, weight in pairs if mean is not None and weight]
    weights = sum(weight for _, weight in known)
    return Figures(
        low=min((value for value in track.low if value is not None), default=None),
        mean=sum(mean * weight for mean, weight in known) / weights if weights else None,
        peak=max((value for value in track.peak if value is not None), default=None),
        last=next((value for value in reversed(track.mean) if value is not None), None),
    )


def coarser(values: Sequence[float | None], covered: Sequence[int | None], every: int) -> list[float | None]:
    """Means of `every` neighbours at a time, weighted by measured time; None where nothing was measured."""
    found: list[float | None] = []
    for start in range(0, len(values), every):
        part = slice(start, start + every)
        known = [(v, w) for v, w in zip(values[part], covered[part], strict=True) if v is not None and w]
        weights = sum(weight for _, weight in known)
        found.append(sum(value * weight for value, weight in known) / weights if weights else None)
    return found
