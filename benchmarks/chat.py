"""Chat: two thousand sockets over two live processes, conversations of two and a hall of a thousand, and the floor.

PostgreSQL that syncs to the disk; every message is committed before anybody hears of it. Latency is from that commit (when
the POST is answered) until the frame has arrived at the client: Redis, the live process, sending and receiving are in it.
The floor is a bare socket broadcast (`benchmarks.bare`, two processes) to the same sockets from the same client. It is also
checked that every socket got every message of its room once and in order. `--chaos`: see `benchmarks.chat_chaos`.
"""

from __future__ import annotations

import gc
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID

from app.kit.config import ROOT
from app.kit.dom import dom_id
from benchmarks.chat_chaos import run as run_chaos
from benchmarks.live import start_live
from benchmarks.site import cpu_seconds, running_site
from benchmarks.swarm import Swarm, Viewer
from benchmarks.table import percentile, table
from benchmarks.talk_site import Town
from tests.services.processes import free_port, spawn, stop

PEOPLE, HALL = 2000, 1000
SPEAKERS = 2
GRACE = 5.0
PAIRS_RATE, HALL_RATES = 500.0, (40.0, 60.0)
_TO = re.compile(rb'hx-target="#([a-z0-9-]+)"')
_SEQ = re.compile(rb"&#34;seq&#34;: (\d+)")
COLUMNS = ["load", "messages/s", "deliveries/s", "missing", "doubled or out of order", "p50 ms", "p99 ms", "max ms",
           "saving p50 ms", "saving p99 ms", "late p99 ms", "servers CPU %", "load average"]  # fmt: skip


@dataclass(frozen=True)
class Load:
    """What is said: `places` are (room, person), in turn; `topics` what the sockets watch."""

    name: str
    rate: float
    seconds: float
    places: Sequence[tuple[str, str]]
    listeners: int
    """How many sockets hear each message."""


@contextmanager
def speakers(
    module: str, orders: Sequence[dict[str, Any]], folder: Any
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that speak, each with its order; what was accepted is in the files `folder/said-<n>`."""
    found = []
    for number, order in enumerate(orders):
        with open(folder / f"said-{number}", "wb") as out:
            one = subprocess.Popen(
                [sys.executable, "-m", f"benchmarks.{module}"], cwd=ROOT, stdin=subprocess.PIPE, stdout=out
            )
        assert one.stdin is not None
        one.stdin.write(json.dumps(order).encode() + b"\n")
        one.stdin.close()
        found.append(one)
    try:
        yield found
    finally:
        for one in found:
            one.kill() if one.poll() is None else None
            one.wait()


def heard(swarm: Swarm) -> dict[tuple[int, bytes], list[tuple[int, float]]]:
    """(viewer, topic) -> (number, when) in the order of arrival."""
    found: dict[tuple[int, bytes], list[tuple[int, float]]] = {}
    for viewer, at, body in swarm.frames():
        topic = _TO.search(body)
        if topic is None:
            continue
        for number in _SEQ.findall(body):
            found.setdefault((viewer.number, topic[1]), []).append((int(number), at))
    return found


def judge(
    load: Load, said: dict[tuple[str, int], tuple[float, float, float]], swarm: Swarm, cpu: float
) -> list[object]:
    """One row: what of it arrived, when, and whether each socket got its room's messages once and in order."""
    latencies, wrong = [], 0
    for (_viewer, topic), numbers in heard(swarm).items():
        name = topic.decode()
        step = 1 if load.places else 0  # the floor counts for all its rooms together
        wrong += sum(
            later[0] != sooner[0] + 1 if step else later[0] <= sooner[0]
            for sooner, later in pairwise(numbers)
        )
        latencies += [at - said[name, number][0] for number, at in numbers if (name, number) in said]
    saving = [one[1] for one in said.values()]
    begin, end = min(one[0] for one in said.values()), max(one[0] for one in said.values())
    spent = max(0.001, end - begin)
    return [
        load.name, len(said) / spent, len(latencies) / spent, len(said) * load.listeners - len(latencies), wrong,
        percentile(latencies, 0.5) * 1000, percentile(latencies, 0.99) * 1000, max(latencies) * 1000,
        percentile(saving, 0.5) * 1000, percentile(saving, 0.99) * 1000,
        percentile([one[2] for one in said.values()], 0.99) * 1000, cpu / spent * 100, f"{os.getloadavg()[0]:.1f}",
    ]  # fmt: skip


def collect(folder: Any, count: int) -> dict[tuple[str, int], tuple[float, float, float]]:
    """(topic, number) -> when accepted, how long saving took, how late it began."""
    found = {}
    for number in range(count):
        for line in (folder / f"said-{number}").read_text().splitlines():
            try:
                room, seq, at, took, late = json.loads(line)[:5]
            except ValueError:  # who wrote it was ended in the middle
                continue
            topic = dom_id("messaging-room", UUID(room), "feed") if len(room) == 32 else room
            found[topic, seq] = (at, took, late)
    return found


def measure(
    load: Load, module: str, orders: list[dict[str, Any]], swarm: Swarm, pids: list[int], folder: Any
) -> list[object]:
    swarm.turn(0.5)
    swarm.frames()
    begin = time.time() + 4.0  # until the speakers have started
    orders = [
        order | {"begin": begin + n / load.rate, "seconds": load.seconds} for n, order in enumerate(orders)
    ]
    with speakers(module, orders, folder) as processes:
        swarm.turn(begin - time.time())
        before = cpu_seconds(pids)
        swarm.turn(load.seconds)
        spent = cpu_seconds(pids) - before
        deadline = time.monotonic() + GRACE  # a machine that is too busy says less, and the table shows it
        while time.monotonic() < deadline and any(one.poll() is None for one in processes):
            swarm.turn(0.1)
        swarm.turn(0.5)
    row = judge(load, collect(folder, len(orders)), swarm, spent)
    sys.stderr.write(f"{row}\n")  # a long run: say how far it is
    return row


def orders_of(site: Any, town: Town, load: Load) -> list[dict[str, Any]]:
    """The load divided among the speakers; a room is always the same one's, so nobody waits for a row's lock needlessly."""
    count = SPEAKERS if load.rate >= 100 else 1
    return [
        {"folder": str(site.folder), "database_url": site.database_url, "redis_url": site.redis_url,
         "organisation": str(town.organisation_id), "rate": load.rate / count, "places": load.places[n::count],
         "name": f"{abs(hash(load.name)) % 10**6:06d}-{n}"}
        for n in range(count)
    ]  # fmt: skip


def viewers_of(town: Town, topics: dict[UUID, list[str]]) -> list[Viewer]:
    return [Viewer(n, town.cookies[one], topics.get(one, [])) for n, one in enumerate(town.people)]


def connected(port: int, origin: str, viewers: list[Viewer]) -> Swarm:
    swarm = Swarm(port, origin, viewers)
    swarm.connect_all(pace=100)
    swarm.turn(2.0)
    return swarm


def floor(
    name: str,
    rate: float,
    seconds: float,
    rooms: dict[UUID, list[str]],
    town: Town,
    folder: Any,
    listeners: int,
) -> list[object]:
    """The same sockets and messages over the bare broadcast."""
    port, ports = free_port(), [free_port(), free_port()]
    servers = [
        spawn(
            [sys.executable, "-m", "benchmarks.bare", str(port), str(one)], log=folder / "bare.log", cwd=ROOT
        )
        for one in ports
    ]
    time.sleep(2.0)
    try:
        swarm = connected(port, "http://127.0.0.1", viewers_of(town, rooms))
        names = sorted({topic for topics in rooms.values() for topic in topics})
        load = Load(name, rate, seconds, [], listeners)
        order = {"rooms": names, "rate": rate, "ports": ports}
        row = measure(load, "shouting", [order], swarm, [one.pid for one in servers], folder)
        swarm.close()
        return row
    finally:
        for one in servers:
            stop(one)


def run(*, small: bool = False, chaos: bool = False) -> None:
    if chaos:
        run_chaos(small=small)
    else:
        run_load(small=small)


def run_load(*, small: bool) -> None:
    people, hall, seconds = (100, 50, 4.0) if small else (PEOPLE, HALL, 10.0)
    pairs_rate, hall_rates = (20.0, (5.0,)) if small else (PAIRS_RATE, HALL_RATES)
    with running_site("postgres") as site:
        site.live_target = "benchmarks.talk_site:create_live()"
        site.more["LIVE_WORKERS"] = "2"
        town = Town(site, people, hall)
        pids = start_live(site)
        feed = {one: dom_id("messaging-room", room, "feed") for room, pair in town.rooms for one in pair}
        of_two = {one: [topic] for one, topic in feed.items()}
        of_hall = {one: [dom_id("messaging-room", town.hall, "feed")] for one in town.hall_people}
        rows = []
        gc.disable()  # the client's own collector must not end up in the latency
        swarm = connected(site.live_port, site.origin, viewers_of(town, of_two))
        load = Load(
            f"{len(town.rooms)} rooms of 2",
            pairs_rate,
            seconds,
            [(str(r), str(p[i])) for i in (0, 1) for r, p in town.rooms],
            2,
        )
        rows.append(measure(load, "talking", orders_of(site, town, load), swarm, pids, site.folder))
        swarm.close()
        rows.append(floor("  floor of it", pairs_rate, seconds, of_two, town, site.folder, 2))
        for rate in hall_rates:
            swarm = connected(site.live_port, site.origin, viewers_of(town, of_hall))
            load = Load(
                f"a room of {hall}, {rate:.0f}/s",
                rate,
                seconds,
                [(str(town.hall), str(one)) for one in town.hall_people],
                hall,
            )
            rows.append(measure(load, "talking", orders_of(site, town, load), swarm, pids, site.folder))
            swarm.close()
            rows.append(floor("  floor of it", rate, seconds, of_hall, town, site.folder, hall))
            gc.collect()
        sys.stdout.write(table(f"{people} sockets over two live processes, PostgreSQL", COLUMNS, rows))
