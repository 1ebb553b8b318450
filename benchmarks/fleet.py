"""Fifty real game servers in the process runtime, the platform as `make run` has it: SQLite, embedded Redis, one watch.

How long until all run, beside the runtime alone without rows, jobs or watch; what one look at all of them costs in
processor time, what the platform's own processes hold in memory, and what arrives over WebSockets while somebody
watches each server.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select

from app.hosting.gateways.runtime import Runtime
from app.hosting.models import Server
from app.hosting.services.place import runtime_named
from app.hosting.services.server import create_server, delete_server, stop_server
from app.kit import clock
from app.kit.config import ROOT
from app.kit.db import db
from app.kit.dom import dom_id
from benchmarks.herd import measure_floor
from benchmarks.site import TEMPLATE, Site, Tenant, cpu_seconds, make_tenant, pss_bytes, running_site
from benchmarks.swarm import Swarm, Viewer
from benchmarks.table import percentile, table
from tests.services.processes import spawn

SERVERS, STEADY, GAME_PORTS = 50, 30.0, "26300-26399"
JOBS = {
    "worker": ["-m", "jobs.runtime", "--queue", "default"],
    "worker-infra 1": ["-m", "jobs.runtime", "--queue", "infra"],
    "worker-infra 2": ["-m", "jobs.runtime", "--queue", "infra"],
    "watch": ["-m", "jobs.watch"],
    "clock": ["-m", "jobs.clock"],
}
ASPECTS = ("status", "cost", "players", "metrics", "console")


def start_platform(site: Site) -> None:
    """Everything the Procfile names, but Redis, which runs already."""
    more = {"KONTOR_GAME_PORTS": GAME_PORTS, "KONTOR_DEMO": "1"}
    site.start("web", "web", "wsgi:app", site.port, **more)
    site.start("live", "live", "app.live:create_live_app()", site.live_port, **more)
    for name, arguments in JOBS.items():
        log = site.folder / f"{name.replace(' ', '-')}.log"
        site.processes[name] = spawn(
            [sys.executable, *arguments], log=log, env=site.environment(**more), cwd=ROOT
        )


def states(site: Site) -> Counter[str]:
    with site.app.app_context():
        rows = db.session.execute(select(Server.state, func.count()).group_by(Server.state)).all()
        db.session.remove()
    return Counter({str(state): int(number) for state, number in rows})


def wait_for(site: Site, state: str, count: int, seconds: float) -> float:
    """Until so many servers are in a state; returns the seconds it took. Says what is there when it gives up."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if states(site)[state] >= count:
            return time.monotonic() - began
        time.sleep(0.5)
    sys.stdout.write(f"after {seconds:.0f} s: {dict(states(site))}\n")
    return seconds


def family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += family(int(child))
    return found


def sweep_cost(site: Site, servers: list[UUID], rounds: int = 20) -> list[list[object]]:
    """Processor and wall time of one look at all servers, in milliseconds: the readings every ten seconds, and the
    look for ended runs every second.
    """
    with site.app.app_context():
        runtime: Runtime = runtime_named("process")
        return [
            timed("readings of all (every 10 s)", lambda: len(runtime.sample(servers)), rounds),
            timed("who has ended (every second)", lambda: len(runtime.inspect_many(servers)), rounds),
        ]


def timed(name: str, look: Callable[[], int], rounds: int) -> list[object]:
    cpu, wall, seen = [], [], look()
    for _ in range(rounds):
        time.sleep(0.3)
        began, used = time.perf_counter(), time.process_time()
        seen = look()
        cpu.append((time.process_time() - used) * 1000)
        wall.append((time.perf_counter() - began) * 1000)
    return [name, seen, percentile(cpu, 0.5), percentile(cpu, 0.95), percentile(wall, 0.5)]


def watch_all(site: Site, tenant: Tenant, seconds: float) -> tuple[list[object], list[list[object]]]:
    """Somebody looks at every server page; meanwhile the platform is measured."""
    viewers = [
        Viewer(n, tenant.cookies[0], [dom_id("hosting-server", server, aspect) for aspect in ASPECTS])
        for n, server in enumerate(tenant.servers)
    ]
    swarm = Swarm(site.live_port, site.origin, viewers)
    swarm.connect_all()
    swarm.turn(5.0)
    swarm.frames()
    families = {name: family(process.pid) for name, process in site.processes.items()}
    before = {name: cpu_seconds(pids) for name, pids in families.items()}
    swarm.turn(seconds)
    frames = swarm.frames()
    size = sum(len(body) for _, _, body in frames)
    rows: list[list[object]] = [
        [
            name,
            len(pids),
            sum(pss_bytes(pid) for pid in pids) / 1e6,
            (cpu_seconds(pids) - before[name]) / seconds * 100,
        ]
        for name, pids in families.items()
    ]
    rows.append(
        ["together", "", sum(float(str(row[2])) for row in rows), sum(float(str(row[3])) for row in rows)]
    )
    swarm.close()
    return [
        swarm.open,
        len(frames),
        len(frames) / seconds,
        size / max(1, len(frames)),
        size / seconds / 1000,
    ], rows


def run(*, small: bool = False) -> None:
    count, steady = (3, 10.0) if small else (SERVERS, STEADY)
    with running_site("sqlite") as site:
        site.folder.chmod(0o755)  # games run as users of their own and must reach their folders
        start_platform(site)
        tenant = make_tenant(site, servers=0)
        try:
            measure(site, tenant, count, steady)
        finally:
            clean_up(site)


def measure(site: Site, tenant: Tenant, count: int, steady: float) -> None:
    rows = [["gateway alone", count, "", *measure_floor(site.folder / "floor", count)]]
    rows.append(["platform", count, *start_all(site, tenant, count)])
    columns = ["what", "servers", "ordered in s", "installed after s", "first runs after s", "half", "all"]
    sys.stdout.write(table(f"{count} game servers start", columns, rows))
    time.sleep(15)
    columns = ["what", "servers", "CPU ms p50", "CPU ms p95", "wall ms p50"]
    sys.stdout.write(table("One sweep of the watch", columns, sweep_cost(site, tenant.servers)))
    frames, processes = watch_all(site, tenant, steady)
    columns = ["viewers", "frames", "frames/s", "bytes a frame", "kB/s"]
    sys.stdout.write(table(f"Frames while every page of {count} servers is watched", columns, [frames]))
    sys.stdout.write(
        table("The platform's own processes", ["process", "processes", "PSS MB", "CPU %"], processes)
    )
    with site.app.test_request_context("/"):
        for server_id in tenant.servers:
            stop_server(tenant.actor, server_id)
            db.session.remove()
    stopped = wait_for(site, "stopped", count, 300)
    sys.stdout.write(f"\nAll {count} stopped with save after {stopped:.0f} s.\n")
    with site.app.test_request_context("/"):
        for server_id in tenant.servers:
            delete_server(tenant.actor, server_id)
            db.session.remove()
    wait_for(site, "deleted", count, 120)


def start_all(site: Site, tenant: Tenant, count: int) -> list[float]:
    """Order them one after the other; seconds from the first order, as the rows tell them."""
    began = clock.now()
    with site.app.test_request_context("/"):
        for number in range(count):
            tenant.servers.append(
                create_server(tenant.actor, name=f"Server {number:03d}", template=TEMPLATE, deploy=True)
            )
            db.session.remove()
    ordered = clock.now() - began
    wait_for(site, "running", count, 600)
    with site.app.app_context():
        times = db.session.execute(select(Server.installed_at, Server.ready_at)).all()
        db.session.remove()
    installed = min(row.installed_at for row in times if row.installed_at) - began
    ready = sorted((row.ready_at - began).total_seconds() for row in times if row.ready_at)
    return [ordered.total_seconds(), installed.total_seconds(), ready[0], ready[len(ready) // 2], ready[-1]]


def clean_up(site: Site) -> None:
    """Nothing that was started here stays: neither games nor their folders."""
    with site.app.app_context():
        runtime = runtime_named("process")
        for owned in runtime.list_owned():
            runtime.remove(owned.server_id, keep_data=False)
