"""A whole installation on a Docker engine of its own: clock, watch and workers as processes, the engine, an image registry.

Workers reach the engine through a gate, so that a test can hold a request and kill the worker that waits for its answer.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.billing.services.price import ensure_price_list
from app.core.api import put_setting
from app.core.carrier import rq_carrier
from app.core.models import Job
from app.hosting.catalog import templates
from app.hosting.gateways.docker.container import moment
from app.hosting.gateways.process import ProcessConfig, node, npm
from app.hosting.services.place import runtime_named
from app.kit.config import ROOT
from app.kit.db import db, transaction
from tests.conftest import make_app
from tests.hosting.conftest import GAME, Host
from tests.hosting.money import check_charges, intervals_of
from tests.services import game_image
from tests.services.docker_engine import DockerEngine, running_engine
from tests.services.engine_gate import Gate, gate_to
from tests.services.image_registry import Registry, running_registry
from tests.services.processes import free_range, short_folder, spawn
from tests.services.redis import running_redis

WORKERS = ("worker-1", "worker-2", "worker-3", "worker-4", "worker-5")
RIGHT_WITHIN = 60.0
"""Seconds after any fault in which the row has to tell the truth."""


@dataclass
class Started:
    """What the engine told about one container that ran."""

    server_id: UUID
    run_id: UUID


@dataclass
class House:
    """The running installation and what tests do with it."""

    app: Flask
    host: Host
    engine: DockerEngine
    gate: Gate
    registry: Registry
    environment: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    starts: list[Started] = field(default_factory=list)
    took: dict[str, float] = field(default_factory=dict)
    """Seconds until the row was right, by fault."""

    # --- processes ------------------------------------------------------------------------------------------

    def start(self, name: str) -> None:
        module = {"clock": ["jobs.clock"], "watch": ["jobs.watch"], "default": ["jobs.runtime"]}
        command = module.get(name, ["jobs.runtime", "--queue", "infra", "--most", "1"])
        url = self.gate.url if name in WORKERS else self.engine.url
        log = Path(self.environment["KONTOR_VAR_DIR"]) / f"{name}.log"
        environment = {**self.environment, "KONTOR_DOCKER_URL": url}
        self.processes[name] = spawn([sys.executable, "-m", *command], env=environment, cwd=ROOT, log=log)

    def kill_worker_on(self, path: str, server_id: UUID) -> None:
        """SIGKILL to the worker that has this job. Another one takes over."""
        pid = self.worker_on(path, server_id)
        name = next(name for name, process in self.processes.items() if process.pid == pid)
        os.kill(pid, signal.SIGKILL)
        self.processes.pop(name).wait()

    def revive_workers(self) -> None:
        for name in WORKERS:
            if name not in self.processes:
                self.start(name)

    def worker_on(self, path: str, server_id: UUID) -> int:
        """The process that works on a job of this kind for a server; `path` without a dot is one of `jobs.hosting.server`."""
        db.session.rollback()
        body = f"jobs.hosting.{path}" if "." in path else f"jobs.hosting.server.{path}"
        worker = db.session.scalar(
            select(Job.worker).where(Job.path == body, Job.subject_id == server_id, Job.state == "running")
        )
        assert worker is not None, f"nobody works on {path}"
        return int(worker.rpartition(":")[2])

    def kill(self, name: str) -> None:
        """SIGKILL to a process and everything it forked, and a new one at once."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.start(name)

    # --- servers --------------------------------------------------------------------------------------------

    def use_image(self, name: str) -> None:
        """The operator's image for the game."""
        with transaction():
            put_setting(None, "hosting.images", {GAME: name})

    def running(self, name: str) -> UUID:
        """A new server that takes players."""
        server_id = self.host.create(name, deploy=True)
        self.until(server_id, "running", 240)
        return server_id

    def until(self, server_id: UUID, state: str, seconds: float = RIGHT_WITHIN) -> float:
        """Wait until the row says so."""
        return self.wait(
            lambda: self.host.row(server_id).state == state, seconds, lambda: self._said(server_id, state)
        )

    def _said(self, server_id: UUID, state: str) -> str:
        row = self.host.row(server_id)
        jobs = select(Job.path, Job.state, Job.attempt, Job.error).where(Job.subject_id == server_id)
        told = [tuple(job) for job in db.session.execute(jobs.order_by(Job.created_at.desc()).limit(3))]
        found = self.inspect(server_id)
        there = found["State"] if found else "no container"
        return (
            f"{row.state} ({row.reason}) instead of {state}; {self.host.events(server_id)}; {told}; {there}"
        )

    def told(self, server_id: UUID) -> str:
        """How the runs of a server ended, and what the newest one wrote last."""
        ends = [(run.reason, run.exit_code) for run in self.host.runs(server_id)]
        found = self.inspect(server_id)
        log = self.engine.api.logs(found["Id"], tail=15).decode(errors="replace") if found else "no container"
        return f"runs ended {ends}; the game wrote {log}"

    @staticmethod
    def wait(check: Callable[[], object], seconds: float, otherwise: Callable[[], str] = lambda: "") -> float:
        began = time.monotonic()
        while not check():
            assert time.monotonic() - began < seconds, otherwise() or "did not happen in time"
            time.sleep(0.05)
        return time.monotonic() - began

    def right(self, since: float, server_id: UUID, check: Callable[[], object], fault: str) -> None:
        """The row is right within the promise, counted from the fault; how long it took is kept."""
        self.all_right(since, {fault: (server_id, check)})

    def all_right(self, since: float, faults: dict[str, tuple[UUID, Callable[[], object]]]) -> None:
        """The same for faults at the same moment."""
        left = dict(faults)
        while left:
            for fault, (server_id, check) in list(left.items()):
                if check():
                    self.took[fault] = round(time.monotonic() - since, 1)
                    del left[fault]
                elif time.monotonic() - since > RIGHT_WITHIN:
                    raise AssertionError(f"{fault}: {self._said(server_id, 'the truth')}")
            time.sleep(0.05)

    def stands(self, server_id: UUID, state: str) -> tuple[UUID, Callable[[], object]]:
        """For `all_right`: the row has this state."""
        return server_id, lambda: self.host.row(server_id).state == state

    # --- the engine -----------------------------------------------------------------------------------------

    def inspect(self, server_id: UUID) -> dict[str, Any] | None:
        """The container of the newest run as the engine shows it; None where there is none."""
        found = self.containers(server_id)
        named = [one for one in found if not one["Name"].endswith("-old")]
        assert len(named) <= 1
        return named[0] if named else None

    def containers(self, server_id: UUID) -> list[dict[str, Any]]:
        api = self.engine.api
        listed = api.containers(all=True, filters={"label": f"kontor.server={server_id}"})
        return [api.inspect_container(one["Id"]) for one in listed]

    def world(self, server_id: UUID) -> Path:
        """Where the volume is on this machine."""
        volumes = self.engine.api.volumes(filters={"label": f"kontor.server={server_id}"})["Volumes"]
        return Path(volumes[0]["Mountpoint"])

    def listen(self) -> None:
        """Collect which containers the engine starts, over its restarts."""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        told: set[int] = set()
        filters = {"type": "container", "event": "start", "label": "kontor.run"}
        while "clock" in self.processes:
            with contextlib.suppress(Exception):
                for event in self.engine.api.events(decode=True, since=1, filters=filters):
                    of = event["Actor"]["Attributes"]
                    if event["timeNano"] not in told:
                        told.add(event["timeNano"])
                        self.starts.append(Started(UUID(of["kontor.server"]), UUID(of["kontor.run"])))
            time.sleep(0.02)

    # --- money ----------------------------------------------------------------------------------------------

    def check(self, server_id: UUID, runs: int) -> None:
        """So many processes ran, each started once by the engine and charged once, from its start to its end, exactly."""
        rows = [run for run in self.host.runs(server_id) if run.started_at is not None]
        assert len(rows) == runs, [(run.reason, run.started_at, run.ended_at) for run in rows]
        started = [one.run_id for one in self.starts if one.server_id == server_id]
        assert sorted(started) == sorted(run.id for run in rows), "the engine started each run once"
        intervals = intervals_of(self.host, server_id)
        active = [one for one in intervals if one.meter == "hosting.active"]
        assert [(one.started_at, one.ended_at) for one in active] == [
            (r.started_at, r.ended_at) for r in rows
        ]
        assert [one.quantity_mb for one in active] == [run.memory_mb for run in rows]
        for before, after in pairwise(intervals):
            assert before.ended_at is not None
            assert before.ended_at <= after.started_at, "no time is charged twice"
        self._check_moments(server_id)
        check_charges(self.host, server_id)

    def _check_moments(self, server_id: UUID) -> None:
        """Starts and ends are the engine's own, to the microsecond, as long as it still has the container."""
        runs = {run.id: run for run in self.host.runs(server_id)}
        for seen in self.containers(server_id):
            run = runs[UUID(seen["Config"]["Labels"]["kontor.run"])]
            if run.started_at is not None:
                assert run.started_at == moment(seen["State"]["StartedAt"])
            if run.ended_at is not None and run.started_at is not None:
                assert run.ended_at == moment(seen["State"]["FinishedAt"])


@contextmanager
def squid_house(squid_cache: Path, folder: Path, **more: str) -> Iterator[House]:
    """The same with the game's image in its registry."""
    program = node.find_node()
    assert program is not None
    game = npm.folder(ProcessConfig(root=squid_cache.parent, cache=squid_cache), templates()[GAME])
    layer = game_image.pack(program.program, game, folder / "layer.tar")
    with docker_house(layer, **more) as found:
        found.use_image(found.registry.image("stable"))
        yield found
    layer.unlink()


@contextmanager
def docker_house(layer: Path, **more: str) -> Iterator[House]:
    """Everything running, with nothing in the engine yet; gone without a trace afterwards. `more` are settings."""
    with (
        running_engine() as engine,
        gate_to(engine.folder / "docker.sock") as gate,
        running_registry(layer, game_image.COMMAND) as registry,
        running_redis() as redis,
        short_folder("kontor-docker-house-") as var,
    ):
        if engine.bridge is None:
            pytest.skip("no network bridge can be made here")
        settings = {"redis_url": redis.url, "game_ports": free_range(200), "game_runtime": "docker"} | more
        app = make_app(var, docker_url=engine.url, **settings)
        app.extensions["kontor-carrier"] = rq_carrier
        environment = {
            **os.environ, "KONTOR_VAR_DIR": str(var), "KONTOR_MODULES": "hosting", "PYTHONPATH": str(ROOT),
            **{f"KONTOR_{name.upper()}": value for name, value in settings.items()},
        }  # fmt: skip
        with app.app_context():
            with transaction():
                ensure_price_list()
            host = Host(None, lambda **_: [])  # type: ignore[arg-type]
            host.fund()
            house = House(app, host, engine, gate, registry, environment)
            for name in ("clock", "watch", "default", *WORKERS):
                house.start(name)
            house.listen()
            try:
                yield house
            finally:
                _end(house)


def _end(house: House) -> None:
    house.gate.open()
    processes = house.processes
    house.processes = {}
    for process in processes.values():
        process.terminate()
    until = time.monotonic() + 3
    for process in processes.values():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, until - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if keep := os.environ.get("KONTOR_KEEP_LOG"):  # for whoever looks into a failed run
        shutil.copytree(house.environment["KONTOR_VAR_DIR"], keep, dirs_exist_ok=True)
        shutil.copy(house.engine.folder / "log", keep)
    with contextlib.suppress(Exception):
        runtime = runtime_named("docker")
        for owned in runtime.list_owned():
            runtime.remove(owned.server_id, keep_data=False)
    db.session.remove()
