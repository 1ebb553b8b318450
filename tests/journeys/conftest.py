"""The whole house, as `make run` starts it: one runner, all processes, an embedded Redis, SQLite."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from app.core.api import find_job  # noqa: F401 - the application's tables are known
from app.factory import create_app
from app.kit.config import ROOT, Settings
from tests.services.closing import put_away
from tests.services.nodejs import NodeTools
from tests.services.processes import free_port, short_folder

EMAIL, PASSWORD = "demo@kontor.example", "spielen-macht-schule"


@dataclass
class House:
    """A running installation."""

    var: Path
    url: str
    runner: subprocess.Popen[bytes]
    app: Flask
    log: Path

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def two_free_ports() -> int:
    """A port whose neighbour is free too: the live process takes it."""
    while True:
        port = free_port()
        probe = subprocess.run(
            [sys.executable, "-c", f"import socket; socket.socket().bind(('127.0.0.1', {port + 1}))"],
            check=False,
        )
        if probe.returncode == 0:
            return port


def environment(var: Path, port: int, **more: str) -> dict[str, str]:
    """What the processes of a house are told."""
    ports = two_free_ports()
    return {
        **os.environ,
        "KONTOR_VAR_DIR": str(var),
        "KONTOR_DEMO": "1",
        "PORT": str(port),
        "KONTOR_GAME_PORTS": f"{ports}-{ports + 40}",
        "PYTHONPATH": str(ROOT),
        **more,
    }


@contextmanager
def running_house(*, demo: bool = True, only: str = "", **more: str) -> Iterator[House]:
    """Prepared, running, and gone without a trace afterwards. `only` names processes of the Procfile, empty is all;
    `more` are settings for the environment."""
    with short_folder("kontor-house-") as var:
        var.chmod(0o711)
        port = two_free_ports()
        env = environment(var, port, **more)
        assets = ROOT / "var" / "static"
        if assets.is_dir():
            (var / "static").symlink_to(assets)
        python = [sys.executable, "-m"]
        prepare = [*python, "flask", "--app", "wsgi", "kontor", "prepare", *(["--demo"] if demo else [])]
        subprocess.run(prepare, env=env, cwd=ROOT, check=True)
        log = var / "house.log"
        start = [*python, "app.kit.runner", "--only", only]
        with log.open("wb") as out:
            runner = subprocess.Popen(start, env=env, cwd=ROOT, stdout=out, stderr=out)
        url = f"http://127.0.0.1:{port}"
        modules = env.get("KONTOR_MODULES", "hosting")
        app = create_app(Settings(var_dir=var, demo=demo, modules=modules, public_url=url))
        found = House(var, url, runner, app, log)
        try:
            begin = time.monotonic()
            while not found.ready():
                assert runner.poll() is None, log.read_text()[-3000:]
                assert time.monotonic() - begin < 90, log.read_text()[-3000:]
                time.sleep(0.2)
            yield found
        finally:
            runner.send_signal(signal.SIGINT)
            runner.wait(60)
            keep = os.environ.get("KONTOR_KEEP_LOG")
            if keep:  # for whoever looks into a failed run
                Path(keep).write_bytes(log.read_bytes())


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """As `make run` starts it, with the demo organisation."""
    with running_house() as running:
        yield running


@pytest.fixture
def visitor(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """A browser page like a newcomer's; console errors and CSP reports fail the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def start(**options: object) -> Page:
        context = chromium.new_context(locale="de-DE", timezone_id="Europe/Berlin", **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda m: complaints.append(m.text) if "Content Security Policy" in m.text else None
        )
        return page

    yield start
    for number, context in enumerate(contexts):
        for page in context.pages:  # pytest keeps the folder of a failed test
            page.screenshot(path=str(tmp_path / f"page-{number}.png"), full_page=True)
        put_away(context)
    assert complaints == []


@pytest.fixture(scope="session")
def node() -> NodeTools:
    from tests.services.nodejs import node_tools_in

    return node_tools_in(ROOT / "tests" / "services" / "node")


def sign_in(page: Page, house: House) -> None:
    """As the demo's owner, with the form."""
    page.goto(f"{house.url}/anmelden")
    page.get_by_label("E-Mail").first.fill(EMAIL)
    page.get_by_label("Passwort").first.fill(PASSWORD)
    page.get_by_role("button", name="Anmelden", exact=True).first.click()
    page.wait_for_url(lambda url: "anmelden" not in url)
