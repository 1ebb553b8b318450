"""How fast the signed-in pages are: processor time a request and latency, as ratios to the floor in the same run.

Goal: at most three times the floor, at most eight queries a page (the queries are pinned by tests).
"""

from __future__ import annotations

import http.client
import sys
import time
from dataclasses import dataclass, field

from benchmarks.site import Site, cpu_seconds, make_tenant, running_site, workers_of
from benchmarks.table import percentile, table

ROUNDS, BATCH = 12, 50
SMALL_ROUNDS = 3


@dataclass
class Measured:
    """One address, measured in turns with the others so that a busy moment hits all alike."""

    name: str
    port: int
    path: str
    pids: list[int]
    cookie: str = ""
    cpu: float = 0.0
    seconds: list[float] = field(default_factory=list)
    size: int = 0
    link: http.client.HTTPConnection | None = None

    def batch(self, count: int) -> None:
        link = self.link or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.link = link
        headers = {"Cookie": f"kontor_session={self.cookie}"} if self.cookie else {}
        before = cpu_seconds(self.pids)
        for _ in range(count):
            began = time.perf_counter()
            link.request("GET", self.path, headers=headers)
            answer = link.getresponse()
            body = answer.read()
            self.seconds.append(time.perf_counter() - began)
            if answer.status != 200:
                raise SystemExit(f"{self.path} answered {answer.status}")
            self.size = len(body)
        self.cpu += cpu_seconds(self.pids) - before


def measure(site: Site, database: str, rounds: int) -> list[list[object]]:
    tenant = make_tenant(site, servers=200, running=50)
    floor_url = site.app.config["SQLALCHEMY_DATABASE_URI"]
    web = site.start("web", "web", "wsgi:app", site.port, WEB_WORKERS="1")
    floor_port = site.port + 1
    floor = site.start(
        "floor", "web", "benchmarks.floor:create()", floor_port,
        WEB_WORKERS="1", FLOOR_DATABASE_URL=floor_url, PORT=str(floor_port),
    )  # fmt: skip
    cookie = tenant.cookies[0]
    pages = [
        Measured("floor", floor_port, "/", workers_of(floor)),
        Measured("server list", site.port, "/hosting/servers", workers_of(web), cookie),
        Measured("server page", site.port, f"/hosting/servers/{tenant.servers[0]}", workers_of(web), cookie),
    ]
    for page in pages:
        page.batch(20)
        page.cpu, page.seconds = 0.0, []
    time.sleep(1.0)
    for _ in range(rounds):
        for page in pages:
            page.batch(BATCH)
    count = rounds * BATCH
    bare = pages[0]
    return [
        [
            database, page.name, page.size, page.cpu / count * 1000, page.cpu / bare.cpu,
            percentile(page.seconds, 0.5) * 1000, percentile(page.seconds, 0.5) / percentile(bare.seconds, 0.5),
            percentile(page.seconds, 0.99) * 1000, percentile(page.seconds, 0.99) / percentile(bare.seconds, 0.99),
        ]
        for page in pages
    ]  # fmt: skip


def run(*, small: bool = False) -> None:
    rows: list[list[object]] = []
    for database in ("sqlite", "postgres"):
        with running_site(database) as site:
            rows += measure(site, database, SMALL_ROUNDS if small else ROUNDS)
    columns = ["database", "page", "bytes", "CPU ms", "× floor", "p50 ms", "× floor", "p99 ms", "× floor"]
    sys.stdout.write(table("Page speed, one client, one worker", columns, rows))
