"""WebSockets: memory of each, delivery under live counters, one that stops reading, a restart and a kill.

PostgreSQL, one `live` process under gevent, real fragments of real servers. Each viewer watches the players of one
server; every server's number changes every two seconds. Latency is from the commit until the frame is read by the client:
Redis, the query, rendering, sending and receiving are in it. How long the commits took (mostly the disk) stands beside it.
"""

from __future__ import annotations

import gc
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from uuid import UUID

from app.kit import live
from app.kit.config import ROOT
from app.kit.dom import dom_id
from benchmarks.counting import change
from benchmarks.site import Site, answers, cpu_seconds, make_tenant, pss_bytes, running_site, workers_of
from benchmarks.swarm import Swarm, Viewer, masked
from benchmarks.table import percentile, table

VIEWERS, SERVERS, CHANGE_EVERY, MEASURE = 5000, 200, 2.0, 25.0
_SHOWN = re.compile(rb'hx-target="#([a-z0-9-]+)"')
_NUMBER = re.compile(rb">\s*(\d+)\s*(?:/|<)")


class Counters:
    """What a process beside this one changes, and when each change was committed."""

    def __init__(self, site: Site, servers: list[UUID], value: int = 0) -> None:
        self.site, self.servers, self._value = site, servers, value
        self.changed: dict[tuple[str, int], float] = {}
        self.written: list[float] = []
        self.truth: dict[str, int] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._told = site.folder / f"counters-{value}"

    def run(self, every: float) -> None:
        order = {
            "folder": str(self.site.folder), "database_url": self.site.database_url, "redis_url": self.site.redis_url,
            "servers": [str(one) for one in self.servers], "every": every, "value": self._value,
        }  # fmt: skip
        with open(self._told, "wb") as told:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.counting"], cwd=ROOT, stdin=subprocess.PIPE, stdout=told
            )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()

    def stop(self) -> None:
        if self._process is not None:
            self._process.communicate(timeout=20)
        self.collect()

    def collect(self) -> None:
        """Read what was changed so far."""
        for line in self._told.read_text().splitlines()[len(self.changed) :]:
            with suppress(ValueError):  # a line that is half written
                topic, value, at, took = json.loads(line)
                self.changed[topic, value] = at
                self.written.append(took)
                self.truth[topic] = value


def latencies(swarm: Swarm, counters: Counters) -> list[float]:
    """Seconds from each change to each frame that shows it."""
    counters.collect()
    found = []
    for _viewer, at, body in swarm.frames():
        topic, number = _SHOWN.search(body), _NUMBER.search(body)
        if topic and number:
            asked = counters.changed.get((topic[1].decode(), int(number[1])))
            if asked is not None and at >= asked:
                found.append(at - asked)
    return found


def row(name: str, found: list[float], seconds: float, cpu: float, counters: Counters) -> list[object]:
    commits, counters.written = counters.written or [0.0], []
    return [
        name, len(found), len(found) / seconds, percentile(found, 0.5) * 1000, percentile(found, 0.99) * 1000,
        max(found) * 1000, percentile(commits, 0.99) * 1000, cpu / seconds * 100,
    ]  # fmt: skip


def deliver(name: str, swarm: Swarm, counters: Counters, pids: list[int], seconds: float) -> list[object]:
    swarm.turn(1.0)
    swarm.frames()
    counters.written = []
    before = cpu_seconds(pids)
    swarm.turn(seconds)
    return row(name, latencies(swarm, counters), seconds, cpu_seconds(pids) - before, counters)


def stuck_reader(
    site: Site, swarm: Swarm, counters: Counters, cookie: str, server: UUID
) -> tuple[float, str]:
    """A client that asks for a flooding console and never reads; returns when it was dropped, and by whom it was noticed."""
    import socket

    viewer = Viewer(len(swarm.viewers), cookie, [dom_id("hosting-server", server, "console")])
    alone = Swarm(site.live_port, site.origin, [viewer])
    alone.come_back = False
    alone.connect_all()
    assert viewer.sock is not None
    viewer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    alone.poll.unregister(viewer.sock.fileno())
    swarm.turn(1.0)
    swarm.frames()  # nobody read these while the new one came in
    began = time.monotonic()
    while time.monotonic() - began < 90:
        with site.app.app_context():
            live.append("hosting-server", server, "console", ["x" * 1000] * 60)
        swarm.turn(0.2)
        viewer.sock.setblocking(False)
        state = viewer.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if state:
            viewer.sock.close()
            return time.monotonic() - began, os.strerror(state)
    viewer.sock.close()
    return -1.0, "still connected"


def all_see(swarm: Swarm, counters: Counters, seen: dict[int, int]) -> bool:
    for viewer, _at, body in swarm.frames():
        number = _NUMBER.search(body)
        if number:
            seen[viewer.number] = int(number[1])
    return all(seen.get(v.number) == counters.truth[v.topics[0]] for v in swarm.viewers)


def come_back(name: str, site: Site, swarm: Swarm, counters: Counters, sig: int) -> list[object]:
    """End the live process, change every number while it is down, start it again."""
    for viewer in swarm.viewers:
        viewer.ends.clear()
    began = time.monotonic()
    master = site.processes["live"]
    master.send_signal(sig)
    swarm.until(lambda: master.poll() is not None, 20)
    site.stop("live", signal.SIGKILL)  # its workers, where it had no time to end them
    down = time.monotonic() - began
    with site.app.app_context():
        for server_id in counters.servers:
            value = 900_000 + int(began) % 1000
            change(server_id, value, tell=False)
            counters.truth[dom_id("hosting-server", server_id, "players")] = value
    start_live(site, swarm)
    up = time.monotonic() - began
    seen: dict[int, int] = {}
    swarm.until(lambda: all_see(swarm, counters, seen), 180)
    codes = {code for viewer in swarm.viewers for code in viewer.ends[:1]}
    spent = time.monotonic() - began
    return [
        name,
        ", ".join(str(code) for code in sorted(codes)),
        swarm.open,
        len(seen),
        down,
        up - down,
        spent - up,
    ]


def start_live(site: Site, swarm: Swarm | None = None) -> list[int]:
    """Start it while the clients go on trying."""
    master = site.start("live", "live", site.live_target, site.live_port, wait=False)
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        if swarm is not None:
            swarm.turn(0.1)
        else:
            time.sleep(0.1)
        try:
            if answers(site.live_port):
                return workers_of(master)
        except OSError:
            continue
    raise SystemExit("the live process does not start")


def run(*, small: bool = False) -> None:
    count, servers, seconds = (200, 20, 5.0) if small else (VIEWERS, SERVERS, MEASURE)
    with running_site("postgres") as site:
        tenant = make_tenant(site, servers=servers, running=servers, sessions=count)
        pids = start_live(site)
        empty = sum(pss_bytes(pid) for pid in pids)
        viewers = [
            Viewer(n, tenant.cookies[n], [dom_id("hosting-server", tenant.servers[n % servers], "players")])
            for n in range(count)
        ]
        swarm = Swarm(site.live_port, site.origin, viewers)
        took = swarm.connect_all()
        swarm.turn(2.0)
        gc.collect()
        gc.disable()  # the client's own collector must not end up in the latency
        full = sum(pss_bytes(pid) for pid in pids)
        sys.stdout.write(
            table(
                "Open WebSockets (gevent, PostgreSQL, one process)",
                ["open", "asked for", "connected in s", "process MB", "kB a socket"],
                [[swarm.open, count, took, full / 1e6, (full - empty) / count / 1000]],
            )
        )
        counters = Counters(site, tenant.servers)
        rows = []
        counters.run(CHANGE_EVERY)
        swarm.turn(3.0)  # until it has started
        rows.append(
            deliver(f"{servers} counters, each every {CHANGE_EVERY:.0f} s", swarm, counters, pids, seconds)
        )
        before = cpu_seconds(pids)
        dropped, how = stuck_reader(site, swarm, counters, tenant.cookies[0], tenant.servers[0])
        stuck, spent = latencies(swarm, counters), cpu_seconds(pids) - before
        rows.append(
            row(
                f"the same beside a stuck reader (dropped after {dropped:.0f} s: {how})",
                stuck,
                dropped,
                spent,
                counters,
            )
        )
        counters.stop()
        rows.append(one_for_all(site, swarm, counters, tenant.servers[0], seconds / 3, pids))
        columns = ["load", "frames", "frames/s", "p50 ms", "p99 ms", "max ms", "commit p99 ms", "CPU %"]
        sys.stdout.write(table("Delivery, from the change to the client", columns, rows))
        back = [
            come_back("restart (SIGTERM)", site, swarm, counters, signal.SIGTERM),
            come_back("kill (SIGKILL)", site, swarm, counters, signal.SIGKILL),
        ]
        columns = [
            "what",
            "close codes",
            "connected again",
            "show the truth",
            "ended s",
            "starting s",
            "then all back s",
        ]
        sys.stdout.write(table("The live process goes away", columns, back))
        swarm.close()


def one_for_all(
    site: Site, swarm: Swarm, counters: Counters, server: UUID, seconds: float, pids: list[int]
) -> list[object]:
    """Everybody watches the same counter, changed once a second: the whole hall at once."""
    topic = dom_id("hosting-server", server, "players")
    for viewer in swarm.viewers:
        if viewer.sock is not None:
            viewer.sock.send(masked(1, json.dumps({"subscribe": [topic]}).encode()))
    there: set[int] = set()

    def everybody_is() -> bool:
        there.update(viewer.number for viewer, _, body in swarm.frames() if topic.encode() in body)
        return len(there) == len(swarm.viewers)

    swarm.until(everybody_is, 120)
    one = Counters(site, [server], 5000)
    one.run(1.0)
    swarm.turn(3.0)
    made = deliver(f"1 counter, {len(swarm.viewers)} viewers, once a second", swarm, one, pids, seconds)
    one.stop()
    counters.truth.update(one.truth)
    return made
