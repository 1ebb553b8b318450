"""Plans under two clocks and two workers as processes, of which one is killed again and again: each due run is done once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.core.models import Event
from app.hosting.models import Schedule, ScheduleRun
from app.hosting.rules.schedule_action import Action
from app.hosting.services.schedule import MOST, create_schedule
from app.kit.db import db, transaction
from tests.hosting.conftest import Host
from tests.hosting.platform import Platform, running_platform, until

pytestmark = pytest.mark.slow


@pytest.fixture
def platform(
    tmp_path: Path, redis_url: str, run_jobs: Callable[..., list[str]]
) -> Iterator[tuple[Host, Platform]]:
    with running_platform(tmp_path, redis_url, run_jobs) as found:
        yield found


def noted() -> int:
    db.session.rollback()
    return db.session.query(ScheduleRun).count()


def test_each_due_run_is_done_once_whoever_is_killed(platform: tuple[Host, Platform]) -> None:
    host, processes = platform
    processes.start("clock2", "jobs.clock")
    processes.start("worker2", "jobs.runtime", "--queue", "infra")
    at = (datetime.now(UTC) - timedelta(minutes=5)).replace(second=0, microsecond=0)
    plans = []
    for number in range(4):
        server_id = host.create(f"Welt {number}")
        plans += [
            create_schedule(
                host.owner, server_id, action=Action.STOP, cron=f"{at.minute} {at.hour} * * *", zone="UTC"
            )
            for _ in range(MOST)
        ]
    with transaction():
        for row in db.session.scalars(select(Schedule)):
            row.next_at = at
    for _ in range(3):
        processes.kill("worker")
        processes.start_worker()
        time.sleep(2)
    until(lambda: noted() == len(plans), 90)
    db.session.rollback()
    runs = db.session.execute(select(ScheduleRun.schedule_id, ScheduleRun.due_at, ScheduleRun.outcome))
    assert sorted(runs, key=str) == sorted(((one, at, "failed") for one in plans), key=str)
    told = Counter(
        event.data["schedule_id"]
        for event in db.session.scalars(select(Event).where(Event.name == "hosting.schedule.ran"))
    )
    assert told == Counter(str(one) for one in plans)
    nexts = set(db.session.scalars(select(Schedule.next_at)))
    assert nexts == {at + timedelta(days=1)}
