"""How measurements of several buckets become those of one: sums stay sums, means are weighted, peaks stay peaks.

One place says it, for the roll-up that is kept and for the points of a chart.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Float, cast, func

from app.hosting.models import Sample

KEY = ("server_id", "seconds", "at")
VALUES = [column.name for column in Sample.__table__.columns if column.name not in KEY]


def _mean(column: Any) -> Any:
    """Weighted by the time in which it was known."""
    known = func.sum(Sample.covered).filter(column.is_not(None))
    return func.sum(column * Sample.covered) / func.nullif(known, 0)


def _rate(amount: Any) -> Any:
    """What a bucket used in a second of its measured time."""
    return cast(amount, Float) / func.nullif(Sample.covered, 0)


def _lowest(kept: Any, own: Any) -> Any:
    return func.min(func.coalesce(kept, own))


def _highest(kept: Any, own: Any) -> Any:
    return func.max(func.coalesce(kept, own))


def _whole(column: Any, merged: Any) -> Any:
    return cast(merged, column.type)


@cache
def merged() -> Mapping[str, Any]:
    """Every value of `Sample` over the buckets of a group, by the column's name. Built once: it is dear to put together."""
    cpu, received, sent = (
        _rate(column)
        for column in (Sample.cpu_seconds, Sample.network_received_bytes, Sample.network_sent_bytes)
    )
    return {
        "covered": func.sum(Sample.covered),
        "memory_bytes": _whole(Sample.memory_bytes, _mean(Sample.memory_bytes)),
        "memory_peak_bytes": _highest(Sample.memory_peak_bytes, Sample.memory_bytes),
        "cpu_seconds": func.sum(Sample.cpu_seconds),
        "disk_bytes": func.max(Sample.disk_bytes),
        "player_seconds": func.sum(Sample.player_seconds),
        "players_peak": func.max(Sample.players_peak),
        "played_seconds": func.sum(Sample.played_seconds),
        "tps": _mean(Sample.tps),
        "network_received_bytes": _whole(
            Sample.network_received_bytes, func.sum(Sample.network_received_bytes)
        ),
        "network_sent_bytes": _whole(Sample.network_sent_bytes, func.sum(Sample.network_sent_bytes)),
        "memory_low_bytes": _lowest(Sample.memory_low_bytes, Sample.memory_bytes),
        "cpu_low": _lowest(Sample.cpu_low, cpu),
        "cpu_peak": _highest(Sample.cpu_peak, cpu),
        "players_low": _lowest(Sample.players_low, _rate(Sample.player_seconds)),
        "tps_low": _lowest(Sample.tps_low, Sample.tps),
        "tps_peak": _highest(Sample.tps_peak, Sample.tps),
        "received_low": _lowest(Sample.received_low, received),
        "received_peak": _highest(Sample.received_peak, received),
        "sent_low": _lowest(Sample.sent_low, sent),
        "sent_peak": _highest(Sample.sent_peak, sent),
    }
