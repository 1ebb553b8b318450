"""An installation's background processes for tests, with the money and the owner they need."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.billing.services.price import ensure_price_list
from app.core.carrier import rq_carrier
from app.hosting.services.place import runtime_named
from app.kit.config import ROOT
from app.kit.db import db, transaction
from tests.conftest import make_app
from tests.hosting.conftest import Host
from tests.services.processes import free_range


class Platform:
    """The background processes of an installation, each in a process group of its own."""

    def __init__(self, folder: Path, redis_url: str, ports: str, settings: Mapping[str, str]) -> None:
        self.environment = {
            **os.environ,
            "KONTOR_VAR_DIR": str(folder),
            "KONTOR_REDIS_URL": redis_url,
            "KONTOR_MODULES": "hosting",
            "KONTOR_GAME_PORTS": ports,
            "PYTHONPATH": str(ROOT),
            **{f"KONTOR_{name.upper()}": value for name, value in settings.items()},
        }
        self.folder = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str) -> None:
        with open(self.folder / f"{name}.log", "ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def start_worker(self) -> None:
        self.start("worker", "jobs.runtime", "--queue", "infra")

    def start_default(self) -> None:
        self.start("default", "jobs.runtime", "--queue", "default")

    def restart(self, name: str) -> None:
        """SIGKILL, and a new one at once."""
        self.kill(name)
        if name == "worker":
            self.start_worker()
        elif name == "default":
            self.start_default()
        else:
            self.start(name, f"jobs.{name}")

    def kill(self, name: str) -> None:
        """SIGKILL to the process and everything it forked."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def end(self) -> None:
        for name in list(self.running):
            self.kill(name)


@contextmanager
def running_platform(
    folder: Path, redis_url: str, run_jobs: Callable[..., list[str]], **settings: str
) -> Iterator[tuple[Host, Platform]]:
    """Clock, watch and workers run, with more settings if given; whatever they left running ends with them."""
    ports = free_range(20)
    app = make_app(folder, redis_url=redis_url, game_ports=ports)
    app.extensions["kontor-carrier"] = rq_carrier
    with app.app_context():
        with transaction():
            ensure_price_list()
        host = Host(None, run_jobs)  # type: ignore[arg-type]
        host.folder = folder
        host.fund()
        found = Platform(folder, redis_url, ports, settings)
        for name in ("clock", "watch"):
            found.start(name, f"jobs.{name}")
        found.start_default()
        found.start_worker()
        yield host, found
        found.end()
        for owned in runtime_named("process").list_owned():
            runtime_named("process").remove(owned.server_id, keep_data=False)
        db.session.remove()


def until(check: Callable[[], bool], seconds: float) -> float:
    began = time.monotonic()
    while not check():
        assert time.monotonic() - began < seconds, "did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - began
