"""How long players wait who join a server that rests: from the connection at the router until the game has taken them in
(its login packet), and until they stand in the world they see, which is mostly the client's own work.

Clock, watch, workers, router and Flying Squid in processes, a real client. The floor is the same client joining the same
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
from tests.services.nodejs import NodeTools, node_tools_in
from tests.services.redis import running_redis
from tests.services.squid import installed_squid

HOST, VERSION = "bauwelt.play.localhost", "1.21.4"


def run(small: bool = False) -> None:
    """Print the medians."""
    times = 3 if small else 10
    tools = node_tools_in(Path(__file__).parents[1] / "tests/services/node")
    with tempfile.TemporaryDirectory(prefix="kontor-wake-") as name, running_redis() as redis:
        folder = Path(name)
        folder.chmod(0o755)
        cache_folder = installed_squid(folder)
        floor = _floor(folder, cache_folder, tools, times)
        (folder / "var").mkdir()
        (folder / "var/games-cache").symlink_to(cache_folder)
        with (
            running_platform(folder / "var", redis.url, lambda *_: []) as (host, _),
            open_door(redis.url, folder / "var") as door,
        ):
            rows = floor + _platform(host, door.port, tools, times)
    sys.stdout.write(
        table(
            "Joining a server that rests (seconds)",
            ["", "median", "shortest", "longest", "in the world"],
            rows,
        )
    )


Joined = tuple[float, float]


def _line(what: str, took: list[float], seen: list[float] | None = None) -> list[object]:
    shown = f"{median(seen):.2f}" if seen else "–"
    return [what, f"{median(took):.2f}", f"{min(took):.2f}", f"{max(took):.2f}", shown]


def _joins(what: str, joined: list[Joined]) -> list[object]:
    return _line(what, [taken for taken, _ in joined], [seen for _, seen in joined])


def _join(tools: NodeTools, port: int, host: str = "127.0.0.1") -> Joined:
    """Seconds from the connection until the game has taken the client in, and until it stands in the world."""
    bot = tools.bot(port, "Alex", version=VERSION, typed=host)
    began = bot.wait_for("connected", 60)["at"]
    taken, seen = (float(bot.wait_for(event, 60)["at"]) for event in ("login", "joined"))
    bot.leave()
    return taken - began, seen - began


def _said_ready(runtime: ProcessRuntime, server_id: UUID) -> bool:
    return any("Done (" in line for line in runtime.console_tail(server_id, None).lines)


def _floor(folder: Path, cache_folder: Path, tools: NodeTools, times: int) -> list[list[object]]:
    runtime = ProcessRuntime(ProcessConfig(root=folder / "floor", cache=cache_folder, installation="floor"))
    spec = make_squid(motd="Floor")
    ready: list[float] = []
    joined: list[Joined] = []
    for _ in range(times):
        spec = replace(spec, run_id=new_id())
        began = time.monotonic()
        runtime.start(spec)
        until(partial(_said_ready, runtime, spec.server_id), 60)
        ready.append(time.monotonic() - began)
        joined.append(_join(tools, spec.port))
        runtime.stop(spec.server_id, 20, "stop")
    runtime.remove(spec.server_id, keep_data=False)
    return [
        _line("the game's own start, runtime alone", ready),
        _joins("joining a game that runs, without a router", joined),
    ]


def _platform(host: Host, port: int, tools: NodeTools, times: int) -> list[list[object]]:
    server_id = host.create(deploy=True)
    _is(host, server_id, "running")
    asleep: list[Joined] = []
    archived: list[Joined] = []
    for _ in range(times):
        _stop(host, server_id)
        asleep.append(_join(tools, port, HOST))
    for _ in range(times):
        _stop(host, server_id)
        archive_server(host.owner, server_id)
        _is(host, server_id, "archived")
        time.sleep(2)
        archived.append(_join(tools, port, HOST))
    _stop(host, server_id)
    return [
        _joins("asleep → in the game, through the router", asleep),
        _joins("archived → in the game, through the router", archived),
    ]


def _is(host: Host, server_id: UUID, state: str, seconds: float = 120) -> None:
    check: Callable[[], bool] = lambda: host.row(server_id).state == state  # noqa: E731
    until(check, seconds)


def _stop(host: Host, server_id: UUID) -> None:
    _is(host, server_id, "running")
    stop_server(host.owner, server_id)
    _is(host, server_id, "stopped")
    time.sleep(2)  # until the door knows
