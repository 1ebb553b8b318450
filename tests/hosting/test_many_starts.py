"""Many servers are ordered at once: a few start at a time, the next follows at once, and nobody else waits for them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from app.hosting.models import Watch
from app.hosting.services import turn
from app.hosting.services.server import start_server, stop_server
from app.kit import clock
from app.kit.db import db
from tests.hosting.conftest import Host

pytestmark = pytest.mark.slow

PLACES = 3
"""One of them is left to other organisations."""


@pytest.fixture(autouse=True)
def few_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "places", lambda node: [f"{node}:start:{n}" for n in range(PLACES)])


def order(host: Host, count: int) -> list[UUID]:
    found = [host.create(f"Server {number}", deploy=True) for number in range(count)]
    host.run_jobs()
    return found


def living(host: Host, servers: list[UUID]) -> list[bool]:
    return [(run := host.node.run(server_id)) is not None and run.alive for server_id in servers]


def test_a_few_start_at_a_time_in_the_order_they_were_wanted(db_host: Host, frozen: datetime) -> None:
    servers = order(db_host, 7)
    assert living(db_host, servers) == [True, True, False, False, False, False, False]
    assert [db_host.row(server_id).state for server_id in servers] == ["starting"] * 7
    assert len(db_host.intervals(servers[0])) == 1
    assert db_host.intervals(servers[2]) == [], "who waits for a place is not charged"


def test_a_game_that_is_ready_lets_the_next_one_start_at_once(db_host: Host, frozen: datetime) -> None:
    servers = order(db_host, 7)
    for _ in range(4):
        db_host.settle(1)
    assert [db_host.row(server_id).state for server_id in servers] == ["running"] * 7, "no time has passed"
    assert db.session.scalars(select(Watch.node).where(Watch.node.contains(":start:"))).all() == []


def test_a_game_that_takes_minutes_keeps_its_place_for_seconds_only(host: Host, frozen: datetime) -> None:
    servers = order(host, 3)
    assert sum(living(host, servers)) == 2
    clock.advance(turn.PLACE.total_seconds() + turn.LONGEST_WAIT)
    host.run_jobs()
    assert sum(living(host, servers)) == 3


def test_another_organisation_finds_a_place(host: Host, frozen: datetime) -> None:
    waiting = order(host, 5)
    assert sum(living(host, waiting)) == 2
    other = Host(host.node, host.run_jobs)
    other.fund()
    server_id = other.create(deploy=True)
    other.run_jobs()
    assert living(other, [server_id]) == [True], "five of somebody else's wait"


def test_a_stop_while_waiting_starts_nothing_and_costs_nothing(host: Host, frozen: datetime) -> None:
    servers = order(host, 3)
    stop_server(host.owner, servers[2])
    host.settle(3)
    assert host.row(servers[2]).state == "stopped"
    assert host.intervals(servers[2]) == []
    start_server(host.owner, servers[2])
    host.settle(3)
    assert host.row(servers[2]).state == "running"


def test_a_start_that_fails_gives_its_place_back(host: Host, frozen: datetime) -> None:
    servers = order(host, 2)
    host.settle(1)
    for server_id in servers:
        stop_server(host.owner, server_id)
    host.settle(2)
    host.node.fail_next("start")
    for server_id in servers:
        start_server(host.owner, server_id)
    host.settle(3)
    clock.advance(10)
    host.settle(2)
    assert db.session.scalars(select(Watch.node).where(Watch.node.contains(":start:"))).all() == []
