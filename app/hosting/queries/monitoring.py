"""What a server used over any time, in as many points as a chart can show: one statement, grouped by the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, literal, select

from app.core.api import Filter, Recorded, history
from app.hosting.models import Sample
from app.hosting.queries.monitoring_columns import merged
from app.hosting.rules.monitoring import DAY, MOST_POINTS, Figures, Plan, Span, Track, figures, offsets, plan
from app.kit import clock
from app.kit.db import db

MOST_EVENTS = 200
"""Events marked in a chart, the newest ones."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A stretch of time of one server. Tracks by name, `covered` the measured seconds of each point, None is a gap.

    Units: memory and disk bytes, cpu cores, players people, tps ticks a second, received and sent bytes a second.
    """

    span: Span
    plan: Plan
    covered: tuple[int | None, ...]
    tracks: dict[str, Track]
    received_bytes: int | None
    sent_bytes: int | None
    played_seconds: int | None

    @property
    def at(self) -> tuple[int, ...]:
        """Where each point begins, Unix seconds."""
        return self.plan.starts[:-1]

    @property
    def uptime(self) -> Track:
        """The measured share of each point, 0 to 1; what lies ahead does not count."""
        ends = (
            min(end, max(self.span.until, start + 1))
            for start, end in zip(self.at, self.plan.starts[1:], strict=True)
        )
        shares = tuple(
            None if seconds is None else min(1.0, seconds / (end - start))
            for seconds, start, end in zip(self.covered, self.at, ends, strict=True)
        )
        return Track(shares, shares, shares)

    @property
    def run_seconds(self) -> int:
        return sum(seconds or 0 for seconds in self.covered)

    @property
    def empty(self) -> bool:
        return not self.run_seconds

    def figures(self) -> dict[str, Figures]:
        """Each track in four numbers."""
        return {name: figures(track, self.covered) for name, track in self.tracks.items()}


def measured(server_id: UUID, span: Span, zone: ZoneInfo, most: int = MOST_POINTS) -> Measured:
    """A server's measurements in at most `most` points. The caller has checked the actor."""
    chosen = plan(span, int(clock.now().timestamp()), zone, most)
    bucket = _bucket(chosen, zone)
    values = merged()
    rows = db.session.execute(
        select(bucket.label("bucket"), *(value.label(name) for name, value in values.items()))
        .where(
            Sample.server_id == server_id,
            Sample.seconds == chosen.level,
            Sample.at >= chosen.starts[0],
            Sample.at < chosen.starts[-1],
        )
        .group_by("bucket")
    )
    known = {int(row.bucket): row for row in rows}
    return _measured(span, chosen, [known.get(key) for key in _keys(chosen, zone)])


def _bucket(chosen: Plan, zone: ZoneInfo) -> ColumnElement[int]:
    """The beginning of the point a row belongs to; for calendar days that of its day on the wall clock."""
    if not chosen.daily:
        return Sample.at - Sample.at % chosen.step
    *changes, (_, last) = offsets(chosen.starts, zone)
    shift = (
        case(*((Sample.at < until, offset) for until, offset in changes), else_=last)
        if changes
        else literal(last)
    )
    wall = Sample.at + shift
    return wall - wall % DAY


def _keys(chosen: Plan, zone: ZoneInfo) -> Sequence[int]:
    if not chosen.daily:
        return chosen.starts[:-1]
    days = (datetime.fromtimestamp(at, UTC).astimezone(zone).date() for at in chosen.starts[:-1])
    return [(day.toordinal() - _EPOCH) * DAY for day in days]


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).toordinal()


def _measured(span: Span, chosen: Plan, rows: Sequence[Any]) -> Measured:
    return Measured(
        span=span,
        plan=chosen,
        covered=tuple(None if row is None else int(row.covered) for row in rows),
        tracks={
            "memory": _track(rows, "memory_low_bytes", "memory_bytes", "memory_peak_bytes"),
            "cpu": _track(rows, "cpu_low", "cpu_seconds", "cpu_peak", per_second=True),
            "tps": _track(rows, "tps_low", "tps", "tps_peak"),
            "players": _track(rows, "players_low", "player_seconds", "players_peak", per_second=True),
            "received": _track(
                rows, "received_low", "network_received_bytes", "received_peak", per_second=True
            ),
            "sent": _track(rows, "sent_low", "network_sent_bytes", "sent_peak", per_second=True),
            "disk": _track(rows, "disk_bytes", "disk_bytes", "disk_bytes"),
        },
        received_bytes=_sum(rows, "network_received_bytes"),
        sent_bytes=_sum(rows, "network_sent_bytes"),
        played_seconds=_sum(rows, "played_seconds"),
    )


def _track(rows: Sequence[Any], low: str, mean: str, peak: str, *, per_second: bool = False) -> Track:
    found: tuple[list[float | None], ...] = ([], [], [])
    for row in rows:
        point = None if row is None else _point(row, low, mean, peak, per_second)
        for values, value in zip(found, point or (None, None, None), strict=True):
            values.append(value)
    return Track(*(tuple(values) for values in found))


def _point(row: Any, low: str, mean: str, peak: str, per_second: bool) -> tuple[float, float, float] | None:
    lowest, middle, highest = (getattr(row, name) for name in (low, mean, peak))
    if middle is None or lowest is None or highest is None:
        return None
    # An amount may be known for a part of the measured time only; the mean then is too low, but not below the lowest.
    value = float(middle) / (row.covered or 1) if per_second else float(middle)
    return float(lowest), min(max(value, float(lowest)), float(highest)), float(highest)


def _sum(rows: Sequence[Any], name: str) -> int | None:
    known = [int(value) for row in rows if row is not None and (value := getattr(row, name)) is not None]
    return sum(known) if known else None


MARKED = (
    "hosting.server.started",
    "hosting.server.ready",
    "hosting.server.stopped",
    "hosting.server.crashed",
    "hosting.server.archived",
    "hosting.server.returned",
    "hosting.server.wake_failed",
    "hosting.server.archive_failed",
    "hosting.server.changed",
    "hosting.backup.made",
    "hosting.backup.failed",
    "hosting.backup.test_failed",
    "hosting.restore.",
)
"""Events that stand on the time axis; a name that ends in a dot is a whole family."""


def happened(organisation_id: UUID, server_id: UUID, span: Span) -> list[Recorded]:
    """The events to mark, oldest first. One statement; the caller has checked the actor."""
    wanted = Filter(
        subject_id=server_id,
        since=datetime.fromtimestamp(span.since, UTC),
        until=datetime.fromtimestamp(span.until, UTC),
        names=MARKED,
    )
    return list(reversed(history(organisation_id, wanted, limit=MOST_EVENTS).rows))
