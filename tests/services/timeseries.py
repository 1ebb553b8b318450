"""Real time series databases that take InfluxDB's line protocol, as processes on free ports."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.services.debian import debian_program
from tests.services.processes import free_port, short_folder, spawn, stop, wait_until


def _get(url: str, **query: str) -> bytes:
    with urllib.request.urlopen(f"{url}?{urlencode(query)}" if query else url, timeout=5) as answer:
        return bytes(answer.read())


def _answers(url: str) -> bool:
    with urllib.request.urlopen(url, timeout=2) as answer:
        return int(answer.status) < 300


@dataclass
class VictoriaMetrics:
    """A running server."""

    port: int

    @property
    def write_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/write"

    def export(self, selector: str) -> list[dict[str, Any]]:
        """Every series that fits: its labels ("metric"), "values", "timestamps" in milliseconds."""
        base = f"http://127.0.0.1:{self.port}"
        _get(f"{base}/internal/force_flush")
        found = _get(f"{base}/api/v1/export", **{"match[]": selector})
        return [json.loads(line) for line in found.splitlines()]


@contextmanager
def running_victoria_metrics() -> Iterator[VictoriaMetrics]:
    """Start one with an empty store."""
    program = debian_program("victoria-metrics", "victoria-metrics")
    with short_folder("kontor-ts-") as folder:
        server = VictoriaMetrics(free_port())
        process = spawn(
            [program, f"-storageDataPath={folder}/data", f"-httpListenAddr=127.0.0.1:{server.port}", "-retentionPeriod=12"],
            log=Path(folder) / "log",
        )  # fmt: skip
        try:
            wait_until(lambda: _answers(f"http://127.0.0.1:{server.port}/health"), what="VictoriaMetrics")
            yield server
        finally:
            stop(process)


@dataclass
class InfluxDb:
    """A running server with one database, which only its user may write to."""

    port: int
    user: str = "kontor"
    password: str = "geheim"

    @property
    def write_url(self) -> str:
        return f"http://{self.user}:{self.password}@127.0.0.1:{self.port}/write?db=kontor"

    def ask(self, question: str, method: str = "GET") -> list[dict[str, Any]]:
        """The series an InfluxQL question finds."""
        query = urlencode({"db": "kontor", "q": question, "u": self.user, "p": self.password})
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}/query?{query}", method=method)
        with urllib.request.urlopen(asked, timeout=5) as answer:
            found = json.loads(answer.read())
        return list(found["results"][0].get("series", []))


_CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
[http]
bind-address = "127.0.0.1:{port}"
auth-enabled = true
log-enabled = false
"""


@contextmanager
def running_influxdb() -> Iterator[InfluxDb]:
    """Start one with authentication and an empty database."""
    program = debian_program("influxd", "influxdb")
    with short_folder("kontor-ts-") as folder:
        server = InfluxDb(free_port())
        config = Path(folder) / "influxdb.conf"
        config.write_text(_CONFIG.format(folder=folder, port=server.port, rpc=free_port()))
        process = spawn([program, "-config", str(config)], log=Path(folder) / "log")
        try:
            wait_until(lambda: _answers(f"http://127.0.0.1:{server.port}/ping"), what="InfluxDB")
            server.ask(
                f"CREATE USER {server.user} WITH PASSWORD '{server.password}' WITH ALL PRIVILEGES", "POST"
            )
            server.ask("CREATE DATABASE kontor", "POST")
            yield server
        finally:
            stop(process)
