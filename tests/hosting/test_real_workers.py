"""Clock, watch and workers as processes, with a real game; the worker is killed in the middle of everything it does."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.models import Job
from app.hosting.services import halt
from app.hosting.services.place import runtime_named
from app.hosting.services.server import send_command, start_server, stop_server
from app.kit.db import db
from tests.hosting.conftest import Host
from tests.hosting.platform import Platform, running_platform, until

pytestmark = pytest.mark.slow


@pytest.fixture
def platform(
    tmp_path: Path, redis_url: str, run_jobs: Callable[..., list[str]]
) -> Iterator[tuple[Host, Platform]]:
    with running_platform(tmp_path, redis_url, run_jobs) as found:
        yield found


def working_on(path: str) -> bool:
    """Whether a worker holds a job of this kind now."""
    db.session.rollback()
    return (
        db.session.scalar(
            select(Job.id).where(Job.path == f"jobs.hosting.server.{path}", Job.state == "running")
        )
        is not None
    )


def test_the_worker_is_killed_in_install_start_and_stop(platform: tuple[Host, Platform]) -> None:
    host, processes = platform
    server_id = host.create(deploy=True)
    until(lambda: working_on("install"), 60)
    time.sleep(1.0)
    processes.kill("worker")
    processes.start_worker()
    until(lambda: host.row(server_id).state == "running", 240)

    for _ in range(2):
        stop_server(host.owner, server_id)
        until(lambda: working_on("stop"), 30)
        processes.kill("worker")
        processes.start_worker()
        until(lambda: host.row(server_id).state == "stopped", 60)

        start_server(host.owner, server_id)
        until(lambda: working_on("start"), 30)
        processes.kill("worker")
        processes.start_worker()
        until(lambda: host.row(server_id).state == "running", 60)
    check(host, server_id, runs=3)

    processes.kill("watch")
    pid = game_pid(server_id)
    os.kill(pid, signal.SIGKILL)
    processes.start("watch", "jobs.watch")
    took = until(lambda: len(host.runs(server_id)) == 4 and host.row(server_id).state == "running", 60)
    assert took < 60
    check(host, server_id, runs=4)

    send_command(host.owner, server_id, "stop")
    until(lambda: host.row(server_id).state == "stopped", 30)
    assert host.row(server_id).reason == "game-stopped"
    start_server(host.owner, server_id)
    until(lambda: host.row(server_id).state == "running", 60)
    began = time.monotonic()
    assert halt.halt_host() == 1
    assert time.monotonic() - began < 15
    assert host.row(server_id).reason == "halted"
    check(host, server_id, runs=5)


def check(host: Host, server_id: UUID, runs: int) -> None:
    """So many processes ran, one at a time, and each was charged from its start to its end."""
    rows = [run for run in host.runs(server_id) if run.started_at is not None]
    assert len(rows) == runs
    active = [(start, end) for meter, _, start, end in host.intervals(server_id) if meter == "hosting.active"]
    assert active == [(run.started_at, run.ended_at) for run in rows]


def game_pid(server_id: UUID) -> int:
    run = runtime_named("process")._folders.server(server_id).current()  # type: ignore[attr-defined]
    return int(run.identity("game").pid)
