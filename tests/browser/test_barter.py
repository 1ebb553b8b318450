"""An exchange in two browsers with a real live process: offer, counter, acceptance, delivery, receipts, without a reload."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from app.kit.config import ROOT
from tests.browser.furnish import work_off
from tests.browser.site import Site, running_site
from tests.browser.test_chat import connected
from tests.nanos.trade import Market, market
from tests.services.closing import put_away
from tests.services.processes import free_port, spawn, stop

pytestmark = pytest.mark.browser


@dataclass
class Fair:
    """A site with a live process beside it, and two organisations that exchange."""

    site: Site
    trade: Market


@pytest.fixture
def fair(tmp_path: Path, redis_url: str) -> Iterator[Fair]:
    port = free_port()
    live = f"ws://127.0.0.1:{port}"
    with running_site(tmp_path, redis_url=redis_url, live_url=live) as site:
        with site.app.app_context():
            trade = market(site.people)
        environment = {
            **os.environ, "KONTOR_VAR_DIR": str(tmp_path), "KONTOR_DATABASE_URL": "", "KONTOR_LIVE_URL": live,
            "KONTOR_REDIS_URL": redis_url, "KONTOR_PUBLIC_URL": site.url, "LIVE_PORT": str(port),
            "KONTOR_MODULES": "hosting,nanos",
        }  # fmt: skip
        environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "-c",
            "deploy/gunicorn/live.py",
            "app.live:create_live_app()",
        ]
        process: subprocess.Popen[bytes] = spawn(
            command, log=tmp_path / "live.log", env=environment, cwd=ROOT
        )
        yield Fair(site, trade)
        stop(process)


@pytest.fixture
def open_as(browser: Browser, fair: Fair) -> Iterator[Callable[..., Page]]:
    contexts: list[BrowserContext] = []

    def start(name: str, path: str, *, width: int = 1280) -> Page:
        context = browser.new_context(
            locale="de-DE", timezone_id="Europe/Berlin", reduced_motion="reduce", accept_downloads=True,
            viewport={"width": width, "height": 900},
        )  # fmt: skip
        contexts.append(context)
        token = fair.site.token(fair.site.person(name))
        context.add_cookies([{"name": "kontor_session", "value": token, "url": fair.site.url}])
        page = context.new_page()
        page.goto(fair.site.url + path)
        return page

    yield start
    for context in contexts:
        put_away(context)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name)


def test_two_sides_and_their_receipts(fair: Fair, open_as: Callable[..., Page]) -> None:
    cleo = open_as("cleo", f"/nanos/{fair.trade.theirs}")
    cleo.get_by_role("link", name="Tausch anbieten").click()
    cleo.get_by_label("Datenschutz in fünf Minuten").check()
    for field, value in (("give_value", "120"), ("get_value", "100,00")):
        cleo.locator(f"#{field}").fill(value)
    button(cleo, "Tausch anbieten").click()
    expect(cleo.get_by_role("heading", name="Nordlicht ist dran")).to_be_visible()
    path = cleo.url.removeprefix(fair.site.url)

    alice = open_as("alice", path, width=390)
    expect(alice.get_by_role("heading", name="Südwind wartet auf Ihre Antwort")).to_be_visible()
    connected(cleo, alice)
    for page in (cleo, alice):
        page.evaluate("window.stayed = true")
    box = cleo.get_by_role("textbox", name="Nachricht")
    box.fill("Passt Ihnen ein Jahr?")
    box.press("Enter")
    expect(alice.locator(".chat-line")).to_contain_text("Passt Ihnen ein Jahr?")

    alice.get_by_role("link", name="Gegenangebot").click()
    alice.locator("#give_value").fill("130,00")
    button(alice, "Gegenangebot senden").click()
    expect(button(cleo, "Fassung 2 annehmen")).to_be_visible()
    expect(cleo.locator(".trade-changes")).to_contain_text("130,00")
    connected(alice)
    alice.evaluate("window.stayed = true")
    button(cleo, "Fassung 2 annehmen").click()
    expect(alice.get_by_role("heading", name="Sie sind dran: liefern")).to_be_visible()
    assert alice.evaluate("window.stayed"), "the other side's page followed without a reload"

    button(alice, "Jetzt liefern").click()
    expect(cleo.get_by_role("heading", name="Nordlicht hat geliefert")).to_be_visible()
    reader = open_as("cleo", f"/nanos/{fair.trade.theirs}")
    with reader.expect_download() as loading:
        reader.get_by_role("link", name="Herunterladen").first.click()
    assert loading.value.path().read_bytes().startswith(b"%PDF")

    button(cleo, "Jetzt liefern").click()
    expect(alice.get_by_role("heading", name="Südwind hat geliefert")).to_be_visible()
    button(alice, "Empfang bestätigen").click()
    expect(cleo.locator(".trade-part").first).to_contain_text("Empfang bestätigt")
    button(cleo, "Empfang bestätigen").click()
    for page in (cleo, alice):
        expect(page.get_by_role("heading", name="Abgeschlossen")).to_be_visible()
    with fair.site.app.app_context():
        work_off(fair.site.app)
    for page in (cleo, alice):
        with page.expect_download() as paper:
            page.get_by_role("link", name="Tauschbeleg (PDF)").click()
        assert paper.value.suggested_filename.endswith(".pdf") and paper.value.path().read_bytes().startswith(
            b"%PDF"
        )
