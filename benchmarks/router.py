"""The router: what it adds to every packet of 500 players, and what that costs.

A game server that repeats what it hears, the router and the players are three processes of this machine. Every player
sends a packet of 48 bytes some times a second, spread evenly, and waits for nothing; the time of each is from before it is
sent until it is back, so it passes the router twice. The same is measured without the router in the same run, in turns.
"""

from __future__ import annotations

import gc
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

from app.hosting.rules import minecraft
from app.hosting.rules.minecraft import Intent
from benchmarks.site import cpu_seconds, pss_bytes
from benchmarks.table import percentile, table
from tests.hosting.router.door import LOCAL, Board, Door, open_door
from tests.services.processes import free_port, short_folder, spawn, stop, wait_until
from tests.services.redis import running_redis

PLAYERS, SECONDS, ROUNDS = 500, 2.0, 9
LORISES = 300
HOST = "bench.play.localhost"
SIZE = 48
ECHO = """
import asyncio, gc, sys
class Echo(asyncio.Protocol):
    def connection_made(self, transport): self.transport = transport
    def data_received(self, data): self.transport.write(data)
async def main():
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", int(sys.argv[1]), backlog=2000)
    gc.disable()
    await server.serve_forever()
asyncio.run(main())
"""


class Players:
    """Connections that are in, and one epoll for all of them."""

    def __init__(self, port: int, count: int) -> None:
        self.links: list[socket.socket] = []
        self.joined: list[float] = []
        self.poll = select.epoll()
        self.numbers: dict[int, int] = {}
        hello = minecraft.handshake(HOST, 25565, Intent.LOGIN) + minecraft.login("Alex", bytes(16))
        for number in range(count):
            began = time.perf_counter()
            link = socket.create_connection((LOCAL, port))
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.sendall(hello)
            left = len(hello)
            while left:
                left -= len(link.recv(left)) or sys.exit("a player was sent away")
            self.joined.append(time.perf_counter() - began)
            link.setblocking(False)
            self.links.append(link)
            self.numbers[link.fileno()] = number
            self.poll.register(link, select.EPOLLIN)

    def play(self, each_second: float, seconds: float) -> list[float]:
        """Seconds there and back of every packet."""
        found: list[float] = []
        sent: list[list[float]] = [[] for _ in self.links]
        packet, step = b"x" * SIZE, 1 / (each_second * len(self.links))
        began = due = time.perf_counter()
        turn, late = 0, 0.0
        while (now := time.perf_counter()) < began + seconds:
            late = max(late, now - due)
            while due <= now:
                number = turn % len(self.links)
                sent[number].append(time.perf_counter())
                self.links[number].send(packet)
                turn, due = turn + 1, due + step
            self._collect(sent, found, max(0.0, due - time.perf_counter()))
        until = time.perf_counter() + 2
        while any(sent) and time.perf_counter() < until:
            self._collect(sent, found, 0.05)
        if any(sent):
            raise SystemExit("packets were lost")
        return found

    def _collect(self, sent: list[list[float]], found: list[float], seconds: float) -> None:
        ready = self.poll.poll(seconds)
        for handle, _ in ready:
            number = self.numbers[handle]
            data = self.links[number].recv(65536)
            now = time.perf_counter()
            for _ in range(len(data) // SIZE):
                found.append(now - sent[number].pop(0))

    def close(self) -> None:
        self.poll.close()
        for link in self.links:
            link.close()


@contextmanager
def echoing() -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A game server that repeats everything."""
    port = free_port()
    process = spawn([sys.executable, "-c", ECHO, str(port)])
    wait_until(lambda: socket.create_connection((LOCAL, port), timeout=1).close() is None)
    try:
        yield port, process
    finally:
        stop(process)


SHARES = (0.5, 0.99, 0.999)


def measure(
    direct: Players, routed: Players, door: Door, rate: float, seconds: float, rounds: int
) -> list[list[object]]:
    """In turns, so that what else the machine does meets both; each figure is the median of its rounds."""
    without: list[list[float]] = []
    through: list[list[float]] = []
    packets, cpu = 0, 0.0
    for _ in range(rounds):
        without.append(_spread(direct.play(rate, seconds)))
        before = cpu_seconds([door.process.pid])
        found = routed.play(rate, seconds)
        cpu += cpu_seconds([door.process.pid]) - before
        packets += len(found)
        through.append(_spread(found))
    name = f"{len(direct.links)} × {rate:g}/s"
    plain, led = ([median(column) for column in zip(*each, strict=True)] for each in (without, through))
    return [
        [name, "direct", packets, *plain, ""],
        [name, "router", packets, *led, cpu / (rounds * seconds) * 100],
        [name, "added", "", *(b - a for a, b in zip(plain, led, strict=True)), ""],
    ]


def _spread(found: list[float]) -> list[float]:
    return [percentile(found, share) * 1000 for share in SHARES]


def bulk(port: int) -> float:
    """Megabytes a second there and back on one connection."""
    player = Players(port, 1)
    link = player.links[0]
    chunk, total, got, sent = b"y" * 65536, 200 << 20, 0, 0
    player.poll.modify(link, select.EPOLLIN | select.EPOLLOUT)
    began = time.perf_counter()
    while got < total:
        [(_, ready)] = player.poll.poll()
        if ready & select.EPOLLOUT:
            sent += link.send(chunk)
            if sent >= total:
                player.poll.modify(link, select.EPOLLIN)
        with suppress(BlockingIOError):
            while data := link.recv(1 << 18):
                got += len(data)
    took = time.perf_counter() - began
    player.close()
    return total / took / 1e6


def go_first() -> str:
    """Ahead of what else the machine does, as the router's unit has it; players and the game as well."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        return "as everything else"
    return "before everything else"


def run(*, small: bool = False) -> None:
    count, seconds, rounds = (100, 1.0, 3) if small else (PLAYERS, SECONDS, ROUNDS)
    settings = {"connections_per_address": 5000, "idle_seconds": 600, "handshake_seconds": 60}
    priority = go_first()
    with running_redis() as redis, echoing() as (game, _), short_folder("kontor-bench-") as folder:
        Board(redis.url).publish(HOST, state="running", port=game)
        with open_door(redis.url, Path(folder), **settings) as door:
            pid = door.process.pid
            wait_until(lambda: Players(door.port, 1).close() is None)
            empty = pss_bytes(pid)
            direct, routed = Players(game, count), Players(door.port, count)
            full = pss_bytes(pid)
            gc.collect()
            gc.disable()
            rows = [
                row for rate in (5, 10, 20) for row in measure(direct, routed, door, rate, seconds, rounds)
            ]
            lorises = [socket.create_connection((LOCAL, door.port)) for _ in range(LORISES)]
            for loris in lorises:
                loris.send(b"\x20")
            rows += measure(direct, routed, door, 5.0, seconds, rounds)
            rows[-1][0] = rows[-2][0] = rows[-3][0] = f"{count} × 5/s beside {LORISES} slow ones"
            joins = [sorted(each.joined) for each in (direct, routed)]
            columns = ["packets", "way", "measured", "p50 ms", "p99 ms", "p99.9 ms", "router CPU %"]
            sys.stdout.write(table(f"Packets of {count} players, there and back", columns, rows))
            columns = [
                "way",
                "connected p50 ms",
                "p99 ms",
                "one connection MB/s",
                "process MB",
                "kB a player",
            ]
            memory = [full / 1e6, (full - empty) / count / 1000]
            costs: list[list[object]] = [
                [
                    "direct",
                    *(percentile(joins[0], share) * 1000 for share in (0.5, 0.99)),
                    bulk(game),
                    "",
                    "",
                ],
                [
                    "router",
                    *(percentile(joins[1], share) * 1000 for share in (0.5, 0.99)),
                    bulk(door.port),
                    *memory,
                ],
            ]
            sys.stdout.write(table("Getting in, bulk data, memory", columns, costs))
            sys.stdout.write(
                f"Load of the machine: {os.getloadavg()[0]:.1f}; priority of all three: {priority}\n"
            )
            for link in lorises:
                link.close()
            direct.close()
            routed.close()
