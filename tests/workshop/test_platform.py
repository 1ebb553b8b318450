"""The whole platform as production runs it: PostgreSQL, a Redis of its own, every process, under the runner."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.kit.children import descendants
from tests.hosting.router.door import ask_status
from tests.services.postgres import PostgresServer
from tests.services.processes import free_port, wait_until
from tests.services.redis import running_redis

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.postgres]


@dataclass
class Platform:
    """The running platform."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def get(self, path: str) -> tuple[int, str]:
        """Status and text; 0 where nobody answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def ready(self) -> bool:
        """Every part works."""
        return self.get("/readyz")[0] == 200

    def pid_of(self, words: str) -> int:
        """The first of our processes with these words in its command line; 0 where there is none."""
        for pid in sorted(descendants(self.process.pid)):
            try:
                line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if words in line:
                return pid
        return 0


@pytest.fixture(scope="module")
def platform(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    place = tmp_path_factory.mktemp("the platform")
    port, live, games = free_port(), free_port(), free_port()
    with running_redis() as redis:
        env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("KONTOR_")},
            "KONTOR_VAR_DIR": str(place / "var"),
            "KONTOR_DATABASE_URL": postgres_server.url(postgres_server.create()),
            "KONTOR_REDIS_URL": redis.url,
            "KONTOR_DEMO": "1",
            "KONTOR_GAME_PORTS": f"{games}-{games + 5}",
            "PORT": str(port),
            "LIVE_PORT": str(live),
            "KONTOR_ROUTER_PORT": str(free_port()),
        }
        flask = [sys.executable, "-m", "flask", "--app", "wsgi", "kontor"]
        subprocess.run([*flask, "prepare", "--demo"], cwd=ROOT, env=env, check=True, capture_output=True)
        log = place / "log"
        with open(log, "wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "app.kit.runner"],
                cwd=ROOT,
                env=env,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        running = Platform(process, f"http://127.0.0.1:{port}", log)
        try:
            wait_until(lambda: running.ready() or process.poll() is not None, 90, what="the platform")
            assert process.poll() is None, log.read_text()[-4000:]
            yield running
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
            sys.stdout.write(log.read_text()[-6000:])  # shown when a test failed


def test_live_runs_under_gevent_and_web_under_threads(platform: Platform) -> None:
    assert platform.get("/readyz?part=database")[1].count('"postgresql"') == 1
    live = Path(f"/proc/{platform.pid_of('gunicorn/live.py')}/cmdline").exists()
    assert live
    assert "PROMETHEUS" not in platform.log.read_text()
    assert platform.get("/")[0] == 200


def test_the_router_answers_on_its_port_and_is_measured(platform: Platform) -> None:
    port = int(
        Path(f"/proc/{platform.pid_of('jobs.router')}/environ")
        .read_text()
        .split("ROUTER_PORT=")[1]
        .split("\0")[0]
    )
    assert "keinem Server" in ask_status(port, "nobody.play.localhost")[0]["description"]["text"]
    wait_until(
        lambda: 'kontor_router_opened_total{kind="status"} 1.0' in platform.get("/metrics")[1],
        10,
        what="counts",
    )


def test_metrics_of_every_process_are_on_one_page(platform: Platform) -> None:
    def seen() -> bool:
        text = platform.get("/metrics")[1]
        kinds = set(re.findall(r'kontor_processes\{kind="([\w-]+)"\} [1-9]', text))
        others = (
            "kontor_watched_servers 0.0" in text and "kontor_live_sockets 0.0" in text
        )  # counted by watch and live
        return {"worker-default", "worker-infra", "clock", "watch", "live"} <= kinds and others

    wait_until(seen, 60, what="metrics of all processes")


@pytest.mark.parametrize(
    "words",
    ["jobs.runtime --queue default", "gunicorn/live.py", "gunicorn/web.py", "jobs.watch", "jobs.clock"],
)
def test_a_killed_process_comes_back(platform: Platform, words: str) -> None:
    pid = platform.pid_of(words)
    assert pid
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), 10, what="it to end")
    wait_until(
        lambda: platform.pid_of(words) not in (0, pid) and platform.ready(), 40, what=f"{words} to come back"
    )


def test_it_stops_within_seconds_and_leaves_nothing(platform: Platform) -> None:
    below = descendants(platform.process.pid)
    assert len(below) >= 8
    platform.process.send_signal(signal.SIGINT)
    assert platform.process.wait(45) == 0
    wait_until(lambda: not any(Path(f"/proc/{p}").exists() for p in below), 5, what="every process to end")
    assert "that were left were killed" not in platform.log.read_text(), "everyone ends when asked"
