"""The whole way in processes: clock, watch, workers and router, Flying Squid, a real client. Nobody calls anything for them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from app.hosting.services.archive import archive_server
from app.hosting.services.place import runtime_named
from app.hosting.services.server import change_server, stop_server
from app.kit import cache
from tests.hosting.conftest import Host
from tests.hosting.platform import running_platform, until
from tests.hosting.router.door import Door, ask_status, open_door
from tests.hosting.swapping import see
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
    server_id = host.create(deploy=True, settings={"operators": "Alex"})
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


def test_joining_brings_an_archived_world_back_as_it_was(
    house: tuple[Host, Door], node_tools: NodeTools
) -> None:
    """The block placed before archiving is there; looking at the server list wakes nothing, and nothing is lost."""
    host, door = house
    server_id = host.create(deploy=True, settings={"operators": "Alex"})
    until(is_now(host, server_id, "running"), 120)
    bot = node_tools.bot(door.port, "Alex", version="1.21.4", typed=HOST)
    bot.wait_for("joined", 40)
    bot.say("/setblock 3 20 3 diamond_block")
    see(bot, "diamond_block", 20)
    bot.leave()
    stop_server(host.owner, server_id)
    until(is_now(host, server_id, "stopped"), 30)
    archive_server(host.owner, server_id)
    until(is_now(host, server_id, "archived"), 60)
    until(lambda: not list((host.folder / "games/servers" / server_id.hex).glob("data*")), 20)
    for _ in range(20):
        ask_status(door.port, HOST)
    assert host.row(server_id).state == "archived"
    bot = node_tools.bot(door.port, "Mia", version="1.21.4", typed=HOST)
    began = time.monotonic()
    bot.wait_for("joined", 60)
    print(f"\narchived to in the game: {time.monotonic() - began:.2f} s, the client's own start included")
    see(bot, "diamond_block", 20)
    bot.leave()
    stop_server(host.owner, server_id)
    until(is_now(host, server_id, "stopped"), 30)
    meters = [meter.removeprefix("hosting.") for meter, *_ in host.intervals(server_id)]
    assert meters == ["active", "sleep", "archive", "sleep", "active", "sleep"]
    check(host, server_id, runs=2)
