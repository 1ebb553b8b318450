"""Measurements as charts show them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select

from app.hosting.models import Sample
from app.kit import clock
from app.kit.db import db

WINDOWS: dict[str, tuple[int, int]] = {
    "10m": (600, 10),
    "1h": (3600, 10),
    "6h": (6 * 3600, 60),
    "24h": (24 * 3600, 60),
    "7d": (7 * 86400, 3600),
    "30d": (30 * 86400, 3600),
    "1y": (365 * 86400, 3600),
}
"""Windows on offer: (length in seconds, seconds of a point)."""


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a chart. None where nothing was measured: a gap, not a zero."""

    at: datetime
    memory_bytes: int | None
    cpu_cores: float | None
    """Processor cores used on average."""
    players: float | None
    tps: float | None
    disk_bytes: int | None
    received_bytes_per_second: float | None
    sent_bytes_per_second: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """Points at regular distances, oldest first; times without a measurement are points full of None."""

    since: datetime
    until: datetime
    step_seconds: int
    points: tuple[Point, ...]

    @property
    def empty(self) -> bool:
        return all(point.memory_bytes is None and point.players is None for point in self.points)


def series(server_id: UUID, window: str = "1h") -> Series:
    """A server's measurements in a window of WINDOWS, from the roll-up that fits. The caller has checked the actor."""
    length, step = WINDOWS.get(window, WINDOWS["1h"])
    until = int(clock.now().timestamp()) // step * step + step
    return between(server_id, until - length, until, step)


# Built once: it runs with every page of a server, and putting a statement together costs as much as running it.
_BETWEEN = select(
    Sample.at, Sample.covered, Sample.memory_bytes, Sample.cpu_seconds, Sample.player_seconds, Sample.tps,
    Sample.disk_bytes, Sample.network_received_bytes, Sample.network_sent_bytes,
).where(
    Sample.server_id == bindparam("server_id"), Sample.seconds == bindparam("step"),
    Sample.at >= bindparam("since"), Sample.at < bindparam("until"),
)  # fmt: skip


def between(server_id: UUID, since: int, until: int, step: int) -> Series:
    """The same for any time; `since` and `until` are Unix seconds, `step` 10, 60 or 3600."""
    wanted = {"server_id": server_id, "step": step, "since": since, "until": until}
    rows = db.session.execute(_BETWEEN, wanted)
    known = {row[0]: row for row in rows}
    first = since // step * step
    points = tuple(_point(at, known.get(at)) for at in range(first, until, step))
    return Series(_moment(first), _moment(until), step, points)


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _point(at: int, row: Any) -> Point:
    if row is None:
        return Point(_moment(at), None, None, None, None, None, None, None)
    _, covered, memory, cpu, player_seconds, tps, disk, received, sent = row
    cores, players = _rate(cpu, covered), _rate(player_seconds, covered)
    return Point(
        _moment(at), memory, cores, players, tps, disk, _rate(received, covered), _rate(sent, covered)
    )


def _rate(amount: float | None, seconds: int) -> float | None:
    return None if amount is None or not seconds else amount / seconds


@dataclass(frozen=True, slots=True)
class Played:
    """What was played in a time: for reports."""

    hours_run: float
    player_hours: float | None
    players_peak: int | None


def played(server_ids: Collection[UUID], since: datetime, until: datetime) -> dict[UUID, Played]:
    """Hours run and played per server between two whole hours, from the hourly roll-up."""
    rows = db.session.execute(
        select(
            Sample.server_id, func.sum(Sample.covered), func.sum(Sample.player_seconds), func.max(Sample.players_peak)
        )
        .where(
            Sample.server_id.in_(server_ids),
            Sample.seconds == 3600,
            Sample.at >= int(since.timestamp()),
            Sample.at < int(until.timestamp()),
        )
        .group_by(Sample.server_id)
    )  # fmt: skip
    return {
        server: Played(covered / 3600, None if seconds is None else seconds / 3600, peak)
        for server, covered, seconds, peak in rows
    }


def latest(server_ids: Collection[UUID]) -> dict[UUID, Point]:
    """The newest 10 s reading of each server, not older than 30 s."""
    since = int(clock.now().timestamp()) - 40
    rows = db.session.execute(
        select(
            Sample.server_id, Sample.at, Sample.covered, Sample.memory_bytes, Sample.cpu_seconds, Sample.player_seconds,
            Sample.tps, Sample.disk_bytes, Sample.network_received_bytes, Sample.network_sent_bytes,
        )
        .where(Sample.server_id.in_(server_ids), Sample.seconds == 10, Sample.at >= since)
        .order_by(Sample.at)
    )  # fmt: skip
    return {row[0]: _point(row[1], tuple(row)[1:]) for row in rows}
