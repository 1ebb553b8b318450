"""The live process as it runs in production: under gunicorn, threads on SQLite, gevent on PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
import redis
from sqlalchemy import Engine, create_engine, text

from app.kit.config import ROOT
from app.kit.dom import dom_id
from app.kit.live import CHANNEL
from tests.live.client import Client
from tests.services.processes import free_port, spawn, stop, wait_until
from tests.services.redis import RedisServer, running_redis

ORIGIN = "http://127.0.0.1:8000"


class Site:
    """A running live process, its database, its Redis, and hands to change both."""

    def __init__(self, folder: Path, database_url: str, redis_server: RedisServer) -> None:
        self.folder, self.database_url, self.redis_server = folder, database_url, redis_server
        self.engine: Engine = create_engine(database_url)
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {
            **os.environ,
            "KONTOR_VAR_DIR": str(self.folder),
            "KONTOR_DATABASE_URL": self.database_url if "postgres" in self.database_url else "",
            "KONTOR_REDIS_URL": self.redis_server.url,
            "KONTOR_PUBLIC_URL": ORIGIN,
            "LIVE_PORT": str(self.port),
            "LIVE_THREADS": "40",
        }
        environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "-c",
            "deploy/gunicorn/live.py",
            "tests.live.toy:create()",
        ]
        self.process = spawn(command, log=self.folder / "log", env=environment, cwd=ROOT)
        wait_until(lambda: self.connect().close() is None, 20, what="the live process")

    def stop(self, sig: int = signal.SIGTERM) -> None:
        if self.process is not None:
            stop(self.process, sig=sig)
            self.process = None

    def connect(
        self, who: str = "7.member.de", *topics: str, origin: str = ORIGIN, host: str = "127.0.0.1"
    ) -> Client:
        client = Client(self.port, cookie=f"who={who}" if who else "", origin=origin, host=host)
        if topics:
            client.subscribe(*topics)
        return client

    def set(self, row: int, value: int, *, tell: bool = True, aspect: str = "value") -> str:
        """Write a counter, tell the live process, return the topic."""
        row_id = UUID(int=row)
        with self.engine.begin() as link:
            link.execute(text("DELETE FROM toy WHERE id = :id"), {"id": row_id.hex})
            link.execute(text("INSERT INTO toy (id, n) VALUES (:id, :n)"), {"id": row_id.hex, "n": value})
        topic = dom_id("toy-counter", row_id, aspect)
        if tell:
            self.publish(f'{{"topic": "{topic}"}}')
        return topic

    def publish(self, message: str) -> None:
        with redis.Redis.from_url(self.redis_server.url) as link:
            link.publish(CHANNEL, message)

    def session(self, number: int, what: str) -> None:
        with self.engine.begin() as link:
            link.execute(
                text("INSERT INTO ended (id, what) VALUES (:id, :w)"), {"id": UUID(int=number).hex, "w": what}
            )

    def log(self) -> str:
        return (self.folder / "log").read_text()


@pytest.fixture(scope="session")
def live_redis() -> Iterator[RedisServer]:
    """A Redis of its own: these tests kill it."""
    with running_redis() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], scope="session")
def make_site(
    request: pytest.FixtureRequest, live_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Site]]:
    """One site per database, started once and handed out clean."""
    folder = tmp_path_factory.mktemp("live")
    url = f"sqlite:///{folder / 'kontor.db'}"
    if request.param == "postgres":
        server = request.getfixturevalue("postgres_server")
        url = server.url(server.create())
    site = Site(folder, url, live_redis)
    with site.engine.begin() as link:
        link.execute(text("CREATE TABLE toy (id VARCHAR(32) PRIMARY KEY, n INTEGER)"))
        link.execute(text("CREATE TABLE ended (id VARCHAR(32) PRIMARY KEY, what VARCHAR(20))"))

    def clean() -> Site:
        with site.engine.begin() as link:
            link.execute(text("DELETE FROM toy"))
            link.execute(text("DELETE FROM ended"))
        if site.process is None or site.process.poll() is not None:
            site.start()
        return site

    yield clean
    site.stop()
    site.engine.dispose()


@pytest.fixture
def site(make_site: Callable[[], Site]) -> Site:
    return make_site()
