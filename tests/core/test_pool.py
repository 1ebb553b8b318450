"""A worker that does several jobs at once: slow ones hold nobody up, time limits hold, a killed one's work is taken over."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import redis
from rq import Queue
from rq.serializers import JSONSerializer

from app.hosting import tasks
from app.kit import cache
from app.kit.db import transaction
from app.kit.jobref import JobRef
from jobs.pool import Pool
from jobs.runtime import PLACES
from tests.core.test_worker import Spawn, house, spawn, state, until

__all__ = ["house", "spawn"]
pytestmark = pytest.mark.slow


@pytest.fixture
def connection(redis_url: str) -> Iterator[redis.Redis]:
    client = cache.make_client(redis_url)
    client.connection_pool.connection_kwargs["socket_timeout"] = None
    client.flushall()
    yield client
    client.close()


def put(connection: redis.Redis, queue: str, timeout: int = 60) -> str:
    job_id = str(uuid4())
    Queue(queue, connection=connection, serializer=JSONSerializer).enqueue_call(
        "any", args=(job_id,), job_id=job_id, timeout=timeout
    )
    return job_id


def wait_for(check: threading.Event) -> None:
    assert check.wait(10)


def test_each_queue_has_its_own_places_and_no_more(connection: redis.Redis) -> None:
    free, full, quick = threading.Event(), threading.Semaphore(0), threading.Event()
    most = [0, 0]

    def perform(job_id: str) -> None:
        if job_id in fast:
            quick.set()
            return
        most[0] += 1
        most[1] = max(most)
        full.release()
        free.wait(10)
        most[0] -= 1

    pool = Pool(connection, {"slow": 2, "quick": 1}, perform)
    for _ in range(5):
        put(connection, "slow")
    fast = {put(connection, "quick")}
    server = threading.Thread(target=pool.serve, args=(5.0,), daemon=True)
    server.start()
    assert full.acquire(timeout=10) and full.acquire(timeout=10)
    wait_for(quick)
    assert not full.acquire(timeout=0.3), "three at once were not asked for"
    free.set()
    assert all(full.acquire(timeout=10) for _ in range(3))
    pool.stop.set()
    server.join(15)
    assert most[1] == 2
    assert connection.keys("rq:job:*") == [], "what was taken leaves nothing in Redis"


def test_an_entry_that_cannot_be_read_does_not_end_the_work(connection: redis.Redis) -> None:
    done = threading.Event()
    pool = Pool(connection, {"slow": 1}, lambda _job_id: done.set())
    broken = put(connection, "slow")
    connection.hset(f"rq:job:{broken}", "data", b"no JSON at all")
    put(connection, "slow")
    server = threading.Thread(target=pool.serve, args=(5.0,), daemon=True)
    server.start()
    wait_for(done)
    pool.stop.set()
    server.join(15)


def test_a_job_over_its_time_is_interrupted(connection: redis.Redis) -> None:
    interrupted = threading.Event()

    def perform(_job_id: str) -> None:
        try:
            while True:
                time.sleep(0.05)
        except Exception:
            interrupted.set()
            raise

    pool = Pool(connection, {"slow": 1}, perform)
    put(connection, "slow", timeout=1)
    server = threading.Thread(target=pool.serve, args=(5.0,), daemon=True)
    server.start()
    wait_for(interrupted)
    pool.stop.set()
    server.join(15)
    assert not server.is_alive()


def test_stops_that_take_a_minute_delay_no_start(spawn: Spawn, tmp_path: Path) -> None:
    """One worker, more slow stops and installations than it has places for: a start begins at once all the same."""
    slow, quick = tmp_path / "slow", tmp_path / "quick"
    assert tasks.start.queue != tasks.stop.queue != tasks.install.queue
    with transaction():
        for ref in (tasks.stop, tasks.delete, tasks.install):
            for _ in range(PLACES["infra"][ref.queue] + 2):
                JobRef("tests.core.bodies.slow", queue=ref.queue, timeout=120).later(
                    path=str(slow), seconds=60
                )
    spawn("jobs.runtime", "--queue", "infra")
    most = PLACES["infra"]["ending"] + PLACES["infra"]["installing"]
    until(lambda: slow.exists() and len(slow.read_text().splitlines()) == most, 40)
    for _ in range(3):
        with transaction():
            job_id: UUID = JobRef("tests.core.bodies.note", queue=tasks.start.queue).later(path=str(quick))
        assert until(lambda job=job_id: state(job) == "done", 10) < 5  # type: ignore[misc]
