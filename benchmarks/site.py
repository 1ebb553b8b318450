"""A Kontor to measure: real database, real Redis, real gunicorn, an organisation with servers, signed-in people."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import insert, update

from app.accounts.api import create_organisation, create_person
from app.accounts.services.session import open_session
from app.billing.services.credit import credit
from app.billing.services.price import ensure_price_list
from app.billing.services.settlement import settle
from app.factory import create_app
from app.hosting.models import Sample, Server
from app.hosting.services import charge
from app.hosting.services.server import create_server
from app.kit import clock
from app.kit.authz import SYSTEM, Actor
from app.kit.config import ROOT, Settings
from app.kit.db import db, transaction
from app.kit.ids import new_id
from app.kit.money import euros
from tests.services.postgres import running_postgres
from tests.services.processes import free_port, short_folder, spawn, stop, wait_until
from tests.services.redis import RedisServer, running_redis

CHEAP = (1, 8, 1)  # argon2 with the least work: signing in is not what is measured
TEMPLATE = "flying-squid"


@dataclass
class Tenant:
    """An organisation with its owner, servers and session cookies."""

    actor: Actor
    servers: list[UUID] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)


class Site:
    """The platform under measurement; `app` reaches its database from here."""

    def __init__(self, folder: Path, database_url: str, redis_url: str, modules: str) -> None:
        self.folder, self.database_url, self.redis_url, self.modules = (
            folder,
            database_url,
            redis_url,
            modules,
        )
        self.port, self.live_port = free_port(), free_port()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.redis_server: RedisServer | None = None
        self.live_target = "app.live:create_live_app()"
        self.more: dict[str, str] = {}
        """What all processes of this site are told besides."""
        settings = Settings(
            var_dir=folder,
            database_url=database_url,
            redis_url=redis_url,
            log_level="ERROR",
            modules=modules,
            game_ports="20000-29999",
        )
        self.app: Flask = create_app(settings, PASSWORD_COST=CHEAP)
        with self.app.app_context():
            db.create_all()
            with transaction():
                ensure_price_list()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self, **more: str) -> dict[str, str]:
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("KONTOR_", "PROMETHEUS_"))}
        return plain | {
            "KONTOR_VAR_DIR": str(self.folder),
            "KONTOR_DATABASE_URL": self.database_url,
            "KONTOR_REDIS_URL": self.redis_url,
            "KONTOR_PUBLIC_URL": self.origin,
            "KONTOR_LIVE_URL": f"ws://127.0.0.1:{self.live_port}",
            "KONTOR_LOG_LEVEL": "WARNING",
            "KONTOR_MODULES": self.modules,
            "PORT": str(self.port),
            "LIVE_PORT": str(self.live_port),
            **self.more,
            **more,
        }

    def start(
        self, name: str, config: str, target: str, port: int, *, wait: bool = True, **more: str
    ) -> subprocess.Popen[bytes]:
        """A gunicorn as the Procfile has it; returns its master."""
        command = [sys.executable, "-m", "gunicorn", "-c", f"deploy/gunicorn/{config}.py", target]
        process = spawn(command, log=self.folder / f"{name}.log", env=self.environment(**more), cwd=ROOT)
        self.processes[name] = process
        if wait:
            wait_until(lambda: answers(port), 40, what=name)
        return process

    def stop(self, name: str, sig: int = 15) -> None:
        process = self.processes.pop(name, None)
        if process is not None:
            stop(process, sig=sig)

    def stop_all(self) -> None:
        for name in list(self.processes):
            self.stop(name)


def answers(port: int) -> bool:
    import http.client

    link = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        link.request("GET", "/healthz")
        return link.getresponse().status < 500
    finally:
        link.close()


@contextmanager
def running_site(database: str, modules: str = "hosting") -> Iterator[Site]:
    """`database` is "sqlite" or "postgres"; `modules` the products that are switched on."""
    with ExitStack() as stack:
        folder = stack.enter_context(short_folder("kontor-bench-"))
        redis_server = stack.enter_context(running_redis())
        url = ""
        if database == "postgres":
            durable = {
                "fsync": "on",
                "synchronous_commit": "on",
                "full_page_writes": "on",
                "shared_buffers": "256MB",
            }
            server = stack.enter_context(running_postgres(durable))
            url = server.url(server.create())
        site = Site(folder, url, redis_server.url, modules)
        site.redis_server = redis_server
        try:
            yield site
        finally:
            site.stop_all()
            with site.app.app_context():
                db.engine.dispose()


def make_tenant(site: Site, *, servers: int, sessions: int = 1, running: int = 0) -> Tenant:
    """An organisation with money, servers of which some run and are charged, and signed-in browsers."""
    with site.app.test_request_context("/"):
        person = create_person(
            email=f"{uuid4().hex}@example.org", name="Alice", password=uuid4().hex, is_operator=False
        )
        organisation = create_organisation(name="Nordlicht", owner_id=person)
        with transaction():
            credit(organisation, euros(500), key=uuid4().hex, kind="topup", actor=SYSTEM)
        actor = Actor(person_id=person, organisation_id=organisation, role="owner", name="Alice")
        tenant = Tenant(actor)
        for number in range(servers):
            tenant.servers.append(create_server(actor, name=f"Server {number:03d}", template=TEMPLATE))
        run_for_years(organisation, tenant.servers[:running])
        with transaction():
            for _ in range(sessions):
                tenant.cookies.append(open_session(person, method="password", organisation_id=organisation))
        db.session.remove()
    return tenant


def run_for_years(organisation: UUID, servers: Sequence[UUID]) -> None:
    """Let them run since an hour, charged, with an hour of samples each."""
    now = clock.now()
    began = now - timedelta(hours=1)
    for server_id in servers:
        run = new_id()
        with transaction():
            db.session.execute(
                update(Server)
                .where(Server.id == server_id)
                .values(
                    state="running",
                    desired="running",
                    state_since=began,
                    installed_at=began,
                    requested_at=began,
                    started_at=began,
                    ready_at=began,
                    observed_at=now,
                    run_id=run,
                    players_online=3,
                    players_max=20,
                )
            )
            charge.run_began(organisation, server_id, run, 1024, began)
    settle(organisation)
    rows = [
        sample(server_id, int(now.timestamp()) // 10 * 10 - 10 * step)
        for server_id in servers
        for step in range(360)
    ]
    for start in range(0, len(rows), 2000):
        with transaction():
            db.session.execute(insert(Sample), rows[start : start + 2000])


def sample(server_id: UUID, at: int) -> dict[str, object]:
    wave = (at // 10) % 60
    return {
        "server_id": server_id, "seconds": 10, "at": at, "covered": 10, "memory_bytes": (400 + wave) << 20,
        "memory_peak_bytes": (420 + wave) << 20, "cpu_seconds": 1.0 + wave / 60, "disk_bytes": 50 << 20,
        "player_seconds": 30.0, "players_peak": 3, "tps": 19.9, "network_received_bytes": 2000 + wave,
        "network_sent_bytes": 9000 + wave,
    }  # fmt: skip


def workers_of(master: subprocess.Popen[bytes]) -> list[int]:
    """Process ids of a gunicorn's workers."""
    text = Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text()
    return [int(part) for part in text.split()]


def cpu_seconds(pids: Sequence[int]) -> float:
    """User and system time of these processes so far."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def pss_bytes(pid: int) -> int:
    """Memory a process holds, shared pages divided among those who share them."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no Pss")
