"""How long players wait who join a server that rests: from the connection at the router until the game has taken them in
(its login packet), and until they stand in the world they see, which is mostly the client's own work.

Clock, watch, workers, router and Flying Squid in processes, a real client. The client stays open between games, as
people's do, and has been in one before: its own start is not counted. The floor is the same client joining the same
game, started by nothing but the runtime in the same run: from the start of its process, and when it runs already.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple
from uuid import UUID

from app.hosting.gateways.process import ProcessConfig, ProcessRuntime
from app.hosting.services.archive import archive_server
from app.hosting.services.server import stop_server
from app.kit.ids import new_id
from benchmarks.table import table
from tests.hosting.conftest import Host
from tests.hosting.gateways.test_flying_squid import make_squid
from tests.hosting.platform import running_platform, until
from tests.hosting.router.door import open_door
from tests.services.nodejs import Bot, node_tools_in
from tests.services.redis import running_redis
from tests.services.squid import installed_squid

HOST, VERSION = "bauwelt.play.localhost", "1.21.4"
RESTED = 6.0
"""Seconds at rest before somebody joins: the router asks for a server once in five, and nobody comes back sooner."""


def run(small: bool = False) -> None:
    """Print the medians."""
    times = 3 if small else 10
    tools = node_tools_in(Path(__file__).parents[1] / "tests/services/node")
    with tempfile.TemporaryDirectory(prefix="kontor-wake-") as name, running_redis() as redis:
        folder = Path(name)
        folder.chmod(0o755)
        cache_folder = installed_squid(folder)
        client = tools.client()
        floor = _floor(folder, cache_folder, client, times)
        (folder / "var").mkdir()
        (folder / "var/games-cache").symlink_to(cache_folder)
        with (
            running_platform(folder / "var", redis.url, lambda *_: []) as (host, _),
            open_door(redis.url, folder / "var", wakes_per_address=1000) as door,  # one client plays them all
        ):
            rows, steps = _platform(host, door.port, client, times)
        client.leave()
        rows = floor + rows
    head = ["", "median", "shortest", "longest", "in the world"]
    sys.stdout.write(table("Joining a server that rests (seconds)", head, rows))
    head = ["", "start ordered", "process runs", "game answers", "taken in"]
    sys.stdout.write(table("Where the time goes (medians, seconds since the connection)", head, steps))


class Joined(NamedTuple):
    """Unix time of the connection, and the seconds from then until the game took the client in and it saw its world."""

    began: float
    taken: float
    seen: float


Rows = list[list[object]]


def _line(what: str, took: list[float], seen: list[float] | None = None) -> list[object]:
    shown = f"{median(seen):.2f}" if seen else "–"
    return [what, f"{median(took):.2f}", f"{min(took):.2f}", f"{max(took):.2f}", shown]


def _joins(what: str, joined: list[Joined]) -> list[object]:
    return _line(what, [one.taken for one in joined], [one.seen for one in joined])


def _join(client: Bot, port: int, host: str = "127.0.0.1") -> Joined:
    """Send the client into a game and out again."""
    client.join(port, "Alex", version=VERSION, typed=host)
    began = client.wait_for("connected", 60)["at"]
    taken, seen = (float(client.wait_for(event, 60)["at"]) for event in ("login", "joined"))
    client.go()
    return Joined(began + time.time() - time.monotonic(), taken - began, seen - began)


def _said_ready(runtime: ProcessRuntime, server_id: UUID) -> bool:
    return any("Done (" in line for line in runtime.console_tail(server_id, None).lines)


def _floor(folder: Path, cache_folder: Path, client: Bot, times: int) -> Rows:
    runtime = ProcessRuntime(ProcessConfig(root=folder / "floor", cache=cache_folder, installation="floor"))
    spec = make_squid(motd="Floor")
    ready: list[float] = []
    joined: list[Joined] = []
    for _ in range(times + 1):
        spec = replace(spec, run_id=new_id())
        began = time.monotonic()
        runtime.start(spec)
        until(partial(_said_ready, runtime, spec.server_id), 60)
        ready.append(time.monotonic() - began)
        joined.append(_join(client, spec.port))
        runtime.stop(spec.server_id, 20, "stop")
    runtime.remove(spec.server_id, keep_data=False)
    del ready[0], joined[0]  # the world was new, the client had never played
    return [
        _line("the game's own start, runtime alone", ready),
        _joins("joining a game that runs, without a router", joined),
    ]


def _platform(host: Host, port: int, client: Bot, times: int) -> tuple[Rows, Rows]:
    server_id = host.create(deploy=True)
    _is(host, server_id, "running")
    asleep: list[Joined] = []
    archived: list[Joined] = []
    steps: tuple[list[list[float]], list[list[float]]] = ([], [])
    for _ in range(times):
        _stop(host, server_id)
        time.sleep(RESTED)
        asleep.append(_join(client, port, HOST))
        steps[0].append(_steps(host, server_id, asleep[-1]))
    for _ in range(times):
        _stop(host, server_id)
        archive_server(host.owner, server_id)
        _is(host, server_id, "archived")
        time.sleep(RESTED)
        archived.append(_join(client, port, HOST))
        steps[1].append(_steps(host, server_id, archived[-1]))
    _stop(host, server_id)
    return [
        _joins("asleep → in the game, through the router", asleep),
        _joins("archived → in the game, through the router", archived),
    ], [
        ["asleep", *(f"{median(step):.2f}" for step in zip(*steps[0], strict=True))],
        [
            "archived, the world brought back first",
            *(f"{median(step):.2f}" for step in zip(*steps[1], strict=True)),
        ],
    ]


def _steps(host: Host, server_id: UUID, joined: Joined) -> list[float]:
    """Seconds from the connection until the start was ordered, the process ran, the game answered, the client was in."""
    row = host.row(server_id)
    moments = [
        moment.timestamp() - joined.began
        for moment in (row.requested_at, row.started_at, row.ready_at)
        if moment
    ]
    return [*moments, joined.taken]


def _is(host: Host, server_id: UUID, state: str, seconds: float = 120) -> None:
    check: Callable[[], bool] = lambda: host.row(server_id).state == state  # noqa: E731
    until(check, seconds)


def _stop(host: Host, server_id: UUID) -> None:
    _is(host, server_id, "running")
    stop_server(host.owner, server_id)
    _is(host, server_id, "stopped")
    time.sleep(2)  # until the door knows
