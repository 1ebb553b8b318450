"""A worker that dies after any step of a job: the next one carries on, nothing is started or charged twice."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest

from app.hosting.gateways.fake import FakeRuntime
from app.hosting.services import console, ending, life, work
from app.hosting.services.server import delete_server, start_server, stop_server
from app.kit import clock
from tests.hosting.conftest import Host
from tests.hosting.killing import Steps, killed, recover

pytestmark = pytest.mark.slow
STEPS = range(1, 8)
WORK: Steps = {
    FakeRuntime: ("prepare", "start", "inspect", "stop", "kill", "remove", "disk_bytes"),
    life: ("record_installed", "record_started", "record_failure", "install_again"),
    ending: ("record_end", "record_deleted"),
    console: ("forget",),
}


@pytest.mark.parametrize("step", STEPS)
def test_killed_in_the_middle_of_an_installation(host: Host, frozen: datetime, step: int) -> None:
    server_id = host.create(deploy=True)
    assert killed(lambda: work.install(server_id), step, WORK) == (step <= 3)
    recover(host)
    assert host.row(server_id).state == "running"
    check_bill(host, server_id, starts=1)


@pytest.mark.parametrize("step", STEPS)
def test_killed_in_the_middle_of_a_start(host: Host, frozen: datetime, step: int) -> None:
    server_id = host.create(deploy=True)
    work.install(server_id)
    run_id = host.row(server_id).run_id
    assert run_id is not None
    assert killed(lambda: work.start(server_id, run_id), step, WORK) == (step <= 3)
    recover(host)
    assert host.row(server_id).state == "running"
    check_bill(host, server_id, starts=1)


@pytest.mark.parametrize("step", STEPS)
def test_killed_in_the_middle_of_a_stop(host: Host, frozen: datetime, step: int) -> None:
    server_id = host.running()
    clock.advance(100)
    stop_server(host.owner, server_id)
    run_id = host.row(server_id).run_id
    assert run_id is not None
    stopped_at = clock.now()
    assert killed(lambda: work.stop(server_id, run_id), step, WORK) == (step <= 3)
    recover(host)
    assert host.row(server_id).state == "stopped"
    check_bill(host, server_id, starts=1)
    assert host.intervals(server_id)[0][3] == stopped_at, "the minute of recovery is not charged"


@pytest.mark.parametrize("step", STEPS)
def test_killed_in_the_middle_of_a_deletion(host: Host, frozen: datetime, step: int) -> None:
    server_id = host.running()
    clock.advance(100)
    delete_server(host.owner, server_id)
    assert killed(lambda: work.delete(server_id), step, WORK) == (step <= 6)
    recover(host)
    assert host.row(server_id).state == "deleted"
    assert server_id not in host.node.data
    assert [meter for meter, _, _, _ in host.intervals(server_id)] == ["hosting.active"]
    check_bill(host, server_id, starts=1)


@pytest.mark.parametrize("method", ["start", "stop", "inspect", "prepare", "remove"])
@pytest.mark.parametrize("after", [False, True])
def test_an_answer_that_is_lost_is_found_again(
    host: Host, frozen: datetime, method: str, after: bool
) -> None:
    host.node.fail_next(method, after=after)
    server_id = host.create(deploy=True)
    recover(host)
    assert host.row(server_id).state == "running"
    stop_server(host.owner, server_id)
    recover(host)
    assert host.row(server_id).state == "stopped"
    start_server(host.owner, server_id)
    recover(host)
    delete_server(host.owner, server_id)
    recover(host)
    assert host.row(server_id).state == "deleted"
    check_bill(host, server_id, starts=2)


def check_bill(host: Host, server_id: UUID, starts: int) -> None:
    """Each process was started once and is charged from its start to its end, to the microsecond."""
    runs = [run for run in host.runs(server_id) if run.started_at is not None]
    active = [(start, end) for meter, _, start, end in host.intervals(server_id) if meter == "hosting.active"]
    assert active == [(run.started_at, run.ended_at) for run in runs]
    assert len(host.node.started) == starts
    games = host.node.runs.get(server_id)
    if games is not None:
        assert [(game.started_at, game.finished_at) for game in games] == active
