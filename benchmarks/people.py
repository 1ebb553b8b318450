"""Simulated people on the signed-in pages: each clicks, reads for ten seconds on average, clicks again.

PostgreSQL, web under gunicorn as delivered, every person with a session and a connection of their own. A failure is any
answer that is not a whole page with status 200, or none within a minute. More people than the machine can serve wait
longer; nobody is turned away.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from dataclasses import dataclass, field

from benchmarks.site import Site, Tenant, cpu_seconds, make_tenant, running_site, workers_of
from benchmarks.table import percentile, table

CROWDS = (500, 1000, 2000, 5000)
THINK, RAMP, MEASURE, PATIENCE = 10.0, 15.0, 40.0, 60.0
PER_TENANT = 20


@dataclass
class Tally:
    """What happened while it counted."""

    counting: bool = False
    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@dataclass
class Person:
    """One of the crowd."""

    cookie: str
    paths: list[str]
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def live(self, port: int, tally: Tally, until: float) -> None:
        await asyncio.sleep(random.uniform(0, RAMP))
        while time.monotonic() < until:
            began = time.monotonic()
            try:
                trouble = await asyncio.wait_for(self._get(port, random.choice(self.paths)), PATIENCE)
            except TimeoutError:
                trouble = "no answer in a minute"
                self._leave()
            except OSError as error:
                trouble = type(error).__name__
                self._leave()
            if tally.counting:
                if trouble:
                    tally.failures.append(trouble)
                else:
                    tally.seconds.append(time.monotonic() - began)
            await asyncio.sleep(random.uniform(0.5 * THINK, 1.5 * THINK))
        self._leave()

    async def _get(self, port: int, path: str) -> str:
        """One page over the kept connection; a connection the server closed meanwhile is opened anew once."""
        for fresh in (False, True):
            if self.writer is None or self.reader is None or fresh:
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
            self.writer.write(
                f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: kontor_session={self.cookie}\r\n\r\n".encode()
            )
            try:
                head = await self.reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                self._leave()
                continue
            return await self._rest(head, self.reader)
        return "connection closed twice"

    async def _rest(self, head: bytes, reader: asyncio.StreamReader) -> str:
        lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        body = await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection") == "close":
            self._leave()
        if " 200 " not in lines[0]:
            return lines[0]
        return "" if b"</html>" in body[-200:] else "half a page"

    def _leave(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


def paths_of(tenant: Tenant) -> list[str]:
    """What people look at: mostly their servers."""
    page = f"/hosting/servers/{tenant.servers[0]}"
    return ["/hosting/servers"] * 4 + [page] * 3 + ["/guthaben", "/mitteilungen", "/hosting/costs"]


async def crowd(people: list[Person], port: int, seconds: float, pids: list[int]) -> list[object]:
    tally = Tally()
    until = time.monotonic() + RAMP + 5 + seconds
    tasks = [asyncio.create_task(person.live(port, tally, until)) for person in people]
    await asyncio.sleep(RAMP + 5)
    tally.counting, before = True, cpu_seconds(pids)
    await asyncio.sleep(seconds)
    tally.counting, spent = False, cpu_seconds(pids) - before
    await asyncio.gather(*tasks)
    served = tally.seconds or [0.0]
    return [
        len(people), len(tally.seconds), len(tally.seconds) / seconds, len(tally.failures),
        percentile(served, 0.5) * 1000, percentile(served, 0.95) * 1000, percentile(served, 0.99) * 1000,
        spent / max(1, len(tally.seconds)) * 1000, spent / seconds * 100,
    ]  # fmt: skip


def measure(site: Site, sizes: tuple[int, ...], seconds: float) -> list[list[object]]:
    tenants = [
        make_tenant(site, servers=3, running=1, sessions=PER_TENANT)
        for _ in range(-(-max(sizes) // PER_TENANT))
    ]
    everybody = [Person(cookie, paths_of(tenant)) for tenant in tenants for cookie in tenant.cookies]
    master = site.start("web", "web", "wsgi:app", site.port)
    rows = []
    for size in sizes:
        rows.append(asyncio.run(crowd(everybody[:size], site.port, seconds, workers_of(master))))
        sys.stderr.write(f"{rows[-1]}\n")  # a long run: say how far it is
    return rows


def run(*, small: bool = False) -> None:
    with running_site("postgres") as site:
        rows = measure(site, (50, 100) if small else CROWDS, 10.0 if small else MEASURE)
    columns = [
        "people",
        "pages",
        "pages/s",
        "failures",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "CPU ms a page",
        "web CPU %",
    ]
    sys.stdout.write(table("People with a think time of 10 s, PostgreSQL, web with 2 workers", columns, rows))
