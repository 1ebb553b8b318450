"""Real workers, a real Redis, real kills."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
import redis
from flask import Flask
from rq import Queue
from rq.job import Job

from app.core.api import find_job
from app.core.carrier import rq_carrier
from app.core.services import job as jobs
from app.kit.config import ROOT
from app.kit.db import db, transaction
from app.kit.jobref import JobRef
from jobs import runtime
from tests.conftest import make_app
from tests.services.redis import RedisServer

pytestmark = pytest.mark.slow

Spawn = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def house(tmp_path: Path, redis_url: str) -> Iterator[Flask]:
    """An application whose jobs travel through the real Redis."""
    app = make_app(tmp_path, redis_url=redis_url)
    app.extensions["kontor-carrier"] = rq_carrier
    with app.app_context():
        yield app
        db.session.remove()


@pytest.fixture
def spawn(house: Flask, tmp_path: Path, redis_url: str) -> Iterator[Spawn]:
    running: list[subprocess.Popen[bytes]] = []
    environment = {
        **os.environ,
        "KONTOR_VAR_DIR": str(tmp_path),
        "KONTOR_REDIS_URL": redis_url,
        "PYTHONPATH": str(ROOT),
    }

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", *(arguments or ("jobs.runtime", "--queue", "default"))]
        running.append(subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True))
        return running[-1]

    yield start
    for process in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(condition: Callable[[], bool], seconds: float) -> float:
    """Wait for it; returns how long it took."""
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        db.session.rollback()
        if condition():
            return time.monotonic() - begin
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s")


def state(job_id: UUID) -> str:
    found = find_job(job_id)
    assert found is not None
    return found.state


def test_a_worker_does_what_was_asked(spawn: Spawn, tmp_path: Path) -> None:
    spawn()
    with transaction():
        job_id = JobRef("tests.core.bodies.note").later(path=str(tmp_path / "log"))
    until(lambda: state(job_id) == "done", 90)
    assert len((tmp_path / "log").read_text().splitlines()) == 1


def test_a_horse_forked_while_its_worker_writes_can_write_too(
    house: Flask, monkeypatch: pytest.MonkeyPatch, redis_url: str
) -> None:
    """SQLite's locks belong to a process: a child made in the middle of a write believes in it for ever."""
    writing = threading.Event()

    def slow_beat(name: str, kind: str) -> None:
        with transaction():
            JobRef("tests.core.bodies.note").later(path="x")
            writing.set()
            time.sleep(0.5)

    def write(*_: object) -> None:
        status = 1
        try:
            with house.app_context(), transaction():
                JobRef("tests.core.bodies.note").later(path="x")
            status = 0
        finally:
            os._exit(status)

    monkeypatch.setattr(runtime, "_app", house)
    monkeypatch.setattr(runtime.machinery, "beat", slow_beat)
    connection = redis.Redis.from_url(redis_url)
    worker = runtime.KontorWorker([Queue("default", connection=connection)], connection=connection)
    monkeypatch.setattr(worker, "main_work_horse", write)
    stop = runtime.beating(house, "worker")
    assert writing.wait(10)
    worker.fork_work_horse(Job.create("x.y", connection=connection), worker.queues[0])
    _, status = os.waitpid(worker.horse_pid, 0)
    stop.set()
    assert os.waitstatus_to_exitcode(status) == 0


def test_work_of_a_killed_worker_is_taken_over_within_a_minute(spawn: Spawn, tmp_path: Path) -> None:
    first = spawn()
    spawn("jobs.clock")
    log = tmp_path / "log"
    with transaction():
        job_id = JobRef("tests.core.bodies.slow", timeout=120).later(path=str(log), seconds=4)
    until(lambda: log.exists(), 90)
    os.killpg(first.pid, signal.SIGKILL)
    children = log.read_text().split()
    os.kill(int(children[1]), signal.SIGKILL)
    spawn()
    took = until(lambda: state(job_id) == "done", 60)
    assert took < 60
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["began", "began", "ended"]


def test_jobs_asked_for_while_redis_is_gone_run_when_it_is_back(
    spawn: Spawn, tmp_path: Path, redis_server: RedisServer
) -> None:
    redis_server.stop()
    with transaction():
        job_id = JobRef("tests.core.bodies.note").later(path=str(tmp_path / "log"))
    assert state(job_id) == "queued"
    redis_server.start()
    spawn()
    spawn("jobs.clock")
    until(lambda: state(job_id) == "done", 90)


def test_a_doubled_push_runs_once(spawn: Spawn, tmp_path: Path) -> None:
    with transaction():
        job_id = JobRef("tests.core.bodies.note").later(path=str(tmp_path / "log"))
    for _ in range(3):
        jobs.push(job_id, "default", 60)
    spawn()
    until(lambda: state(job_id) == "done", 90)
    time.sleep(1)
    assert len((tmp_path / "log").read_text().splitlines()) == 1
