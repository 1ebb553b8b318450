"""Keeping measurements: one statement a sweep, rolled up by the database, pruned by age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Insert, Integer, cast, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from app.hosting.models import Sample
from app.hosting.queries.monitoring_columns import KEY, VALUES, merged
from app.hosting.rules.monitoring import KEPT_SECONDS
from app.hosting.rules.sampling import Reading, roll_up_from
from app.hosting.services.ports import unblock_ports
from app.kit import clock, observe
from app.kit.db import db, transaction

COLUMNS = [*KEY, *VALUES]
ROLLED_UP = observe.histogram(
    "kontor_roll_up_duration_seconds", "How long bringing measurements into coarser ones took.", ("level",)
)


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


BACK_SECONDS = {60: 600, 3600: 3600}
"""How far a roll-up goes back each time: readings are written at once, so only the newest buckets still grow."""


def roll_up(back_seconds: int | None = None) -> None:
    """Bring the last readings into minutes, and those into hours. Repeatable, also while they grow.

    After a longer pause it goes back to where it stopped, as far as the finer readings are still whole.
    """
    now = int(clock.now().timestamp())
    for fine, coarse in ((10, 60), (60, 3600)):
        with transaction() as session, ROLLED_UP.labels(str(coarse)).time():
            last = session.scalar(select(func.max(Sample.at)).where(Sample.seconds == coarse))
            since = roll_up_from(now, back_seconds or BACK_SECONDS[coarse], last, fine, coarse)
            session.execute(_upsert(_insert().from_select(COLUMNS, _coarser(fine, coarse, since))))


def _coarser(fine: int, coarse: int, since: int) -> Any:
    bucket = Sample.at - Sample.at % coarse
    values = merged()
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
