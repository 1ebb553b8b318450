"""Keeping measurements: one statement a sweep, rolled up by the database, pruned by age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Insert, Integer, cast, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from app.hosting.models import Sample
from app.hosting.rules.sampling import Reading
from app.hosting.services.ports import unblock_ports
from app.kit import clock
from app.kit.db import db, transaction

KEPT_SECONDS = {10: 86_400, 60: 31 * 86_400, 3600: 2 * 366 * 86_400}
"""How long each roll-up is kept: a day, a month, two years."""

KEY = ("server_id", "seconds", "at")
COLUMNS = [column.name for column in Sample.__table__.columns]
VALUES = [name for name in COLUMNS if name not in KEY]


def _insert() -> Any:
    name = db.session.get_bind().dialect.name
    return (postgresql if name == "postgresql" else sqlite).insert(Sample)


def _upsert(statement: Any) -> Insert:
    """The newer row wins: rolling up again with later readings gives the better row."""
    new = statement.excluded
    changed: Insert = statement.on_conflict_do_update(
        index_elements=list(KEY), set_={name: new[name] for name in VALUES}
    )
    return changed


def keep(readings: Mapping[UUID, Reading], at: int, seconds: int = 10) -> None:
    """Write one sweep: a row per server for the `seconds` from `at` (Unix time, a multiple of them)."""
    if not readings:
        return
    rows: Sequence[dict[str, Any]] = [
        {"server_id": server_id, "seconds": seconds, "at": at, **reading.columns()}
        for server_id, reading in readings.items()
    ]
    with transaction() as session:
        session.execute(_upsert(_insert().values(rows)))


def roll_up(back_seconds: int = 7200) -> None:
    """Bring the readings of the last two hours into minutes, and those into hours. Repeatable, also while they grow."""
    now = int(clock.now().timestamp())
    for fine, coarse in ((10, 60), (60, 3600)):
        since = (now - back_seconds) // coarse * coarse
        with transaction() as session:
            session.execute(_upsert(_insert().from_select(COLUMNS, _coarser(fine, coarse, since))))


def _coarser(fine: int, coarse: int, since: int) -> Any:
    bucket = Sample.at - Sample.at % coarse

    def mean(column: Any) -> Any:
        weighted = func.sum(column * Sample.covered)
        known = func.sum(Sample.covered).filter(column.is_not(None))
        return weighted / func.nullif(known, 0)

    values = {
        "covered": func.sum(Sample.covered),
        "memory_bytes": cast(mean(Sample.memory_bytes), Sample.memory_bytes.type),
        "memory_peak_bytes": func.max(Sample.memory_peak_bytes),
        "cpu_seconds": func.sum(Sample.cpu_seconds),
        "disk_bytes": func.max(Sample.disk_bytes),
        "player_seconds": func.sum(Sample.player_seconds),
        "players_peak": func.max(Sample.players_peak),
        "played_seconds": func.sum(Sample.played_seconds),
        "tps": mean(Sample.tps),
        "network_received_bytes": cast(
            func.sum(Sample.network_received_bytes), Sample.network_received_bytes.type
        ),
        "network_sent_bytes": cast(func.sum(Sample.network_sent_bytes), Sample.network_sent_bytes.type),
    }
    return (
        select(
            Sample.server_id,
            cast(coarse, Integer),
            bucket.label("bucket"),
            *(values[name] for name in VALUES),
        )
        .where(Sample.seconds == fine, Sample.at >= since)
        .group_by(Sample.server_id, bucket)
    )


def prune() -> None:
    """Drop what is older than its roll-up is kept, and offer blocked ports again."""
    now = int(clock.now().timestamp())
    with transaction() as session:
        for seconds, kept in KEPT_SECONDS.items():
            session.execute(delete(Sample).where(Sample.seconds == seconds, Sample.at < now - kept))
        unblock_ports()
