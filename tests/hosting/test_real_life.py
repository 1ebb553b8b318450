"""The life cycle on both real runtimes with a real (small) game: the same promises, nothing in memory.

Jobs and the watch's looks are called here one after the other; `test_real_workers.py` runs them as processes.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest

from app.billing.services.price import ensure_price_list
from app.hosting.catalog import read_templates
from app.hosting.gateways.ping import sweep
from app.hosting.gateways.runtime import State as Existing
from app.hosting.services import work
from app.hosting.services.place import runtime_named, use_runtimes
from app.hosting.services.server import (
    delete_server,
    kill_server,
    restart_server,
    send_command,
    start_server,
    stop_server,
)
from app.kit.db import db, transaction
from app.kit.ids import new_id
from jobs.watch import Watch
from tests.conftest import make_app
from tests.hosting.conftest import Host
from tests.hosting.gateways.rigs import CATALOG, Rig, process_rig
from tests.services.processes import free_range, game_port

pytestmark = pytest.mark.slow


class Real:
    """A host on a real runtime."""

    def __init__(self, host: Host, watch: Watch, rig: Rig) -> None:
        self.host, self.watch, self.rig = host, watch, rig

    def look(self) -> None:
        self.watch.fast()
        self.watch.slow()

    def until(self, server_id: UUID, state: str, seconds: float = 30.0) -> float:
        """Work and watch until the server is in a state; returns the seconds it took."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            self.host.run_jobs()
            self.look()
            if self.host.row(server_id).state == state:
                return time.monotonic() - began
            time.sleep(0.05)
        row = self.host.row(server_id)
        raise AssertionError(f"{row.state} ({row.reason}) instead of {state}")

    def running(self, name: str = "Bauwelt", **settings: object) -> UUID:
        server_id = self.host.create(name, deploy=True, settings=settings)
        self.until(server_id, "running")
        return server_id

    def check_bill(self, server_id: UUID) -> None:
        """Charged is what ran, run by run, and no run twice."""
        runs = [run for run in self.host.runs(server_id) if run.started_at is not None]
        active = [
            (start, end)
            for meter, _, start, end in self.host.intervals(server_id)
            if meter == "hosting.active"
        ]
        assert active == [(run.started_at, run.ended_at) for run in runs]
        for (_, end), (start, _) in pairwise(active):
            assert end is not None
            assert end <= start


@pytest.fixture(params=["process", pytest.param("docker", marks=pytest.mark.docker)])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with ExitStack() as stack:
        if request.param == "process":
            yield stack.enter_context(process_rig(tmp_path))
        else:
            from tests.services.docker_engine import docker_rig

            yield stack.enter_context(docker_rig(request.getfixturevalue("docker_engine")))


@pytest.fixture
def real(
    rig: Rig,
    tmp_path: Path,
    redis_url: str,
    run_jobs: Callable[..., list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Real]:
    found = read_templates(CATALOG)
    for module in ("services.place", "services.check", "queries.names"):
        monkeypatch.setattr(f"app.hosting.{module}.templates", lambda: found)
    app = make_app(tmp_path / "var", redis_url=redis_url, game_ports=free_range(40), game_runtime=rig.name)
    use_runtimes(app, {rig.name: rig.another}, sweep)
    with app.app_context():
        with transaction():
            ensure_price_list()
        host = Host(None, run_jobs)  # type: ignore[arg-type]
        host.template = "edge"
        host.fund()
        yield Real(host, Watch(app), rig)
        runtime = runtime_named(rig.name)
        for owned in runtime.list_owned():
            runtime.remove(owned.server_id, keep_data=False)
        db.session.remove()


def test_deploy_stop_start_restart_kill_delete(real: Real) -> None:
    host, runtime = real.host, runtime_named(real.rig.name)
    server_id = real.running()
    send_command(host.owner, server_id, "write Haus")
    host.run_jobs()
    stop_server(host.owner, server_id)
    real.until(server_id, "stopped")
    row = host.row(server_id)
    assert (row.reason, row.exit_code) == ("requested", 0)
    assert (row.disk_bytes or 0) > 0

    start_server(host.owner, server_id)
    real.until(server_id, "running")
    restart_server(host.owner, server_id)
    first = host.row(server_id).run_id
    real.until(server_id, "running")
    assert host.row(server_id).run_id != first
    assert "Haus" in (runtime.send_command(server_id, "read") or "")

    kill_server(host.owner, server_id)
    real.until(server_id, "stopped")
    assert host.row(server_id).exit_code == 137
    start_server(host.owner, server_id)
    real.until(server_id, "running")
    delete_server(host.owner, server_id)
    real.until(server_id, "deleted")
    assert runtime.inspect(server_id).state is Existing.ABSENT
    real.check_bill(server_id)
    assert [run.reason for run in host.runs(server_id)] == ["requested", "restart", "killed", "deleted"]


def test_out_of_memory_is_named_and_restarted(real: Real) -> None:
    server_id = real.running()
    runtime_named(real.rig.name)
    send_command(real.host.owner, server_id, "eat 400")
    real.host.run_jobs()
    assert real.until(server_id, "crashed", 40) < 30
    row = real.host.row(server_id)
    assert (row.reason, row.exit_code) == ("out-of-memory", 137)
    real.until(server_id, "running")
    real.check_bill(server_id)


def test_sigkill_is_seen_within_two_seconds_and_charged_to_the_moment(real: Real) -> None:
    server_id = real.running()
    send_command(real.host.owner, server_id, "abort")
    real.host.run_jobs()
    took = real.until(server_id, "crashed")
    assert took < 3.5
    run = real.host.runs(server_id)[0]
    assert (run.reason, run.exit_code) == ("exit-code", 137)
    assert run.ended_at is not None
    observed = runtime_named(real.rig.name).inspect(server_id)
    assert run.ended_at == observed.finished_at
    real.until(server_id, "running")
    real.check_bill(server_id)


def test_a_game_that_hangs_is_ended(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    server_id = real.running(deaf=True)
    monkeypatch.setattr("app.hosting.rules.server.HANG_AFTER", timedelta(seconds=3))
    send_command(real.host.owner, server_id, "hang")
    real.host.run_jobs()
    real.until(server_id, "crashed", 60)
    assert real.host.row(server_id).reason == "hang"
    real.check_bill(server_id)


def test_a_worker_lost_after_start_and_stop_is_made_up_for(real: Real) -> None:
    host, runtime = real.host, runtime_named(real.rig.name)
    server_id = host.create(deploy=True)
    work.install(server_id)
    row = host.row(server_id)
    assert row.run_id is not None
    runtime.start(work.spec_of(row, host.runs(server_id)[0], row.run_id))
    # here the worker is lost: nothing was written down
    assert real.until(server_id, "running") < 20
    assert host.runs(server_id)[0].started_at == runtime.inspect(server_id).started_at

    stop_server(host.owner, server_id)
    runtime.stop(server_id, 10, "stop")
    # and here again
    assert real.until(server_id, "stopped") < 20
    assert host.runs(server_id)[0].ended_at == runtime.inspect(server_id).finished_at
    real.check_bill(server_id)


def test_a_process_nobody_wants_is_ended(real: Real) -> None:
    host, runtime = real.host, runtime_named(real.rig.name)
    server_id = real.running()
    row = host.row(server_id)
    assert row.run_id is not None
    spec = work.spec_of(row, host.runs(server_id)[0], row.run_id)
    unknown = replace(spec, server_id=new_id(), run_id=new_id(), port=game_port())
    runtime.start(unknown)
    until = time.monotonic() + 45
    while time.monotonic() < until and runtime.inspect(unknown.server_id).state is Existing.RUNNING:
        real.look()
        time.sleep(0.2)
    assert runtime.inspect(unknown.server_id).state is not Existing.RUNNING
    assert host.row(server_id).state == "running"


@pytest.mark.docker
@pytest.mark.parametrize("rig", ["docker"], indirect=True)
def test_the_engine_is_restarted_and_the_truth_comes_back(real: Real, request: pytest.FixtureRequest) -> None:
    engine = request.getfixturevalue("docker_engine")
    server_id = real.running()
    first = real.host.row(server_id).run_id
    engine.stop(signal.SIGTERM)
    real.look()
    assert real.host.row(server_id).state == "running", "without an answer nothing is decided"
    engine.start()
    began = time.monotonic()
    while time.monotonic() - began < 60:
        real.host.run_jobs()
        real.look()
        row = real.host.row(server_id)
        if row.state == "running" and row.run_id != first:
            break
        time.sleep(0.1)
    row = real.host.row(server_id)
    assert (row.state, row.run_id != first) == ("running", True)
    assert time.monotonic() - began < 60
    real.check_bill(server_id)
    assert os.path.exists(engine.folder)
