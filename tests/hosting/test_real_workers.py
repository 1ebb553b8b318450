"""Clock, watch and workers as processes, with a real game; the worker is killed in the middle of everything it does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.billing.services.price import ensure_price_list
from app.core.carrier import rq_carrier
from app.core.models import Job
from app.hosting.services import halt
from app.hosting.services.place import runtime_named
from app.hosting.services.server import send_command, start_server, stop_server
from app.kit.config import ROOT
from app.kit.db import db, transaction
from tests.conftest import make_app
from tests.hosting.conftest import Host
from tests.services.processes import free_range

pytestmark = pytest.mark.slow


class Platform:
    """The background processes of an installation, each in a process group of its own."""

    def __init__(self, folder: Path, redis_url: str, ports: str) -> None:
        self.environment = {
            **os.environ,
            "KONTOR_VAR_DIR": str(folder),
            "KONTOR_REDIS_URL": redis_url,
            "KONTOR_MODULES": "hosting",
            "KONTOR_GAME_PORTS": ports,
            "PYTHONPATH": str(ROOT),
        }
        self.folder = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str) -> None:
        with open(self.folder / f"{name}.log", "ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def start_worker(self) -> None:
        self.start("worker", "jobs.runtime", "--queue", "infra")

    def kill(self, name: str) -> None:
        """SIGKILL to the process and everything it forked."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def end(self) -> None:
        for name in list(self.running):
            self.kill(name)


@pytest.fixture
def platform(
    tmp_path: Path, redis_url: str, run_jobs: Callable[..., list[str]]
) -> Iterator[tuple[Host, Platform]]:
    ports = free_range(20)
    app = make_app(tmp_path, redis_url=redis_url, game_ports=ports)
    app.extensions["kontor-carrier"] = rq_carrier
    with app.app_context():
        with transaction():
            ensure_price_list()
        host = Host(None, run_jobs)  # type: ignore[arg-type]
        host.fund()
        found = Platform(tmp_path, redis_url, ports)
        for name, module in (("clock", "jobs.clock"), ("watch", "jobs.watch")):
            found.start(name, module)
        found.start("default", "jobs.runtime", "--queue", "default")
        found.start_worker()
        yield host, found
        found.end()
        for owned in runtime_named("process").list_owned():
            runtime_named("process").remove(owned.server_id, keep_data=False)
        db.session.remove()


def until(check: Callable[[], bool], seconds: float) -> float:
    began = time.monotonic()
    while not check():
        assert time.monotonic() - began < seconds, "did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - began


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
