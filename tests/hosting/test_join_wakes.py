"""The whole way in processes: clock, watch, workers and router, Flying Squid, a real client. Nobody calls anything for them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from app.hosting.services.place import runtime_named
from app.hosting.services.server import change_server, stop_server
from app.kit import cache
from tests.hosting.conftest import Host
from tests.hosting.platform import running_platform, until
from tests.hosting.router.door import Door, ask_status, open_door
from tests.hosting.test_real_workers import check
from tests.services.nodejs import NodeTools

pytestmark = pytest.mark.slow
HOST = "bauwelt.play.localhost"
JOINS = 3


@pytest.fixture
def house(
    tmp_path: Path, redis_url: str, squid_cache: Path, run_jobs: Callable[..., list[str]]
) -> Iterator[tuple[Host, Door]]:
    cache.make_client(redis_url).flushdb()
    (tmp_path / "games-cache").symlink_to(squid_cache)
    with running_platform(tmp_path, redis_url, run_jobs) as (host, _), open_door(redis_url, tmp_path) as door:
        yield host, door


def is_now(host: Host, server_id: UUID, state: str) -> Callable[[], bool]:
    return lambda: host.row(server_id).state == state


def test_joining_wakes_a_sleeping_game_and_an_empty_one_stops_by_itself(
    house: tuple[Host, Door], node_tools: NodeTools
) -> None:
    host, door = house
    server_id = host.create(deploy=True)
    until(is_now(host, server_id, "running"), 120)
    took = []
    for _ in range(JOINS):
        stop_server(host.owner, server_id)
        until(is_now(host, server_id, "stopped"), 30)
        until(lambda: "schläft" in ask_status(door.port, HOST)[0]["description"]["text"], 5)
        assert host.row(server_id).state == "stopped", "a look at the server list wakes nothing"
        began = time.monotonic()
        bot = node_tools.bot(door.port, "Alex", version="1.21.4", typed=HOST)
        bot.wait_for("joined", 40)
        took.append(time.monotonic() - began)
        until(lambda: host.row(server_id).players_online == 1, 15)
        bot.leave()
        until(lambda: host.row(server_id).players_online == 0, 15)
    print(
        f"\nasleep to in the game, the client's own start included: {statistics.median(took):.2f} s of {took}"
    )
    assert host.events(server_id).count("woken") == JOINS

    change_server(host.owner, server_id, idle_minutes=1)
    until(is_now(host, server_id, "stopped"), 120)
    row = host.row(server_id)
    assert (row.reason, row.exit_code, row.desired) == ("idle", 0, "stopped")
    chunk = runtime_named("process").console_tail(server_id, None)
    assert any("Der Server stoppt in 30 Sekunden." in line for line in chunk.lines)
    until(lambda: "schläft" in ask_status(door.port, HOST)[0]["description"]["text"], 5)
    check(host, server_id, runs=JOINS + 1)
