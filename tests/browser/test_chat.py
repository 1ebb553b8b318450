"""Chat in two browsers with a real live process: delivered at once, and through its death nothing lost or doubled."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from app.kit.config import ROOT
from app.messaging.services.message import delete, edit, send
from app.messaging.services.room import open_direct
from tests.browser.check import Listener
from tests.browser.site import Site, running_site
from tests.services.closing import put_away
from tests.services.processes import free_port, spawn, stop, wait_until

pytestmark = pytest.mark.browser
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SEQS = "() => [...document.querySelectorAll('.chat-line')].map((line) => Number(line.dataset.seq))"


@dataclass
class Talk:
    """A site with a live process beside it, and the room of Alice and Bob."""

    site: Site
    room_id: UUID
    live_port: int
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"{self.site.url}/nachrichten/{self.room_id}"

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "-c",
            "deploy/gunicorn/live.py",
            "app.live:create_live_app()",
        ]
        self.process = spawn(command, log=self.log, env=self.environment, cwd=ROOT)

    def kill(self) -> None:
        """As a crash does: no goodbye."""
        if self.process is not None:
            stop(self.process, sig=signal.SIGKILL)
            self.process = None

    def say(self, name: str, text: str, client_id: str) -> int:
        with self.site.app.app_context():
            return send(self.site.person(name).actor, self.room_id, text=text, client_id=client_id).line.seq


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def talk(request: pytest.FixtureRequest, tmp_path: Path, redis_url: str) -> Iterator[Talk]:
    database, port = "", free_port()
    if request.param == "postgres":
        server = request.getfixturevalue("postgres_server")
        database = server.url(server.create())
    live = f"ws://127.0.0.1:{port}"
    with running_site(tmp_path, redis_url=redis_url, live_url=live, database_url=database) as site:
        with site.app.app_context():
            room_id = open_direct(site.people.alice.actor, site.people.bob.id)
        environment = {
            **os.environ, "KONTOR_VAR_DIR": str(tmp_path), "KONTOR_DATABASE_URL": database, "KONTOR_LIVE_URL": live,
            "KONTOR_REDIS_URL": redis_url, "KONTOR_PUBLIC_URL": site.url, "LIVE_PORT": str(port),
        }  # fmt: skip
        environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
        found = Talk(site, room_id, port, environment, tmp_path / "live.log")
        found.start()
        yield found
        found.kill()


@pytest.fixture
def open_live(browser: Browser, talk: Talk) -> Iterator[Callable[..., Page]]:
    """`open_live("alice", url)`: a browser of that person with its live connection."""
    contexts: list[BrowserContext] = []

    def start(name: str, url: str = "", *, width: int = 1280) -> Page:
        context = browser.new_context(
            locale="de-DE",
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",
            viewport={"width": width, "height": 800},
        )
        contexts.append(context)
        token = talk.site.token(talk.site.person(name))
        context.add_cookies([{"name": "kontor_session", "value": token, "url": talk.site.url}])
        page = context.new_page()
        page.goto(url or talk.url)
        return page

    yield start
    for context in contexts:
        put_away(context)


def connected(*pages: Page) -> None:
    for page in pages:
        expect(page.locator("html")).to_have_attribute("data-live", "open", timeout=30_000)


def say(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Nachricht an")
    box.fill(text)
    box.press("Enter")
    expect(box).to_have_value("")


def line(page: Page, text: str) -> object:
    return expect(page.locator(".chat-text", has_text=text))


def test_both_sides_see_it_at_once_and_the_shell_counts(talk: Talk, open_live: Callable[..., Page]) -> None:
    alice, bob, bobs_list = (
        open_live("alice"),
        open_live("bob", width=390),
        open_live("bob", talk.site.url + "/nachrichten"),
    )
    listener = Listener()
    for page in (alice, bob):
        listener.attach(page)
    connected(alice, bob, bobs_list)
    alice.get_by_role("textbox", name="Nachricht an").press_sequentially("Hallo @Bob")
    expect(bob.locator("[data-chat-typing]")).to_have_text("Alice schreibt …")
    bob.evaluate("document.querySelector('[data-chat-log]').dispatchEvent(new Event('scroll'))")
    alice.get_by_role("button", name="Senden").click()
    line(bob, "Hallo @Bob").to_be_visible()  # type: ignore[attr-defined]
    expect(bob.locator("mark.me")).to_have_text("@Bob")
    expect(bob.locator("[data-chat-typing]")).to_have_text("")
    expect(bobs_list.locator(".chat-room-last")).to_contain_text("Hallo @Bob")
    # Bob has it before his eyes: what his other tab counted goes by itself.
    expect(bobs_list.get_by_role("link", name="Nachrichten", exact=True)).to_be_visible()
    say(bob, "Guten Tag")
    line(alice, "Guten Tag").to_be_visible()  # type: ignore[attr-defined]
    with talk.site.app.app_context():
        person = talk.site.people.alice.actor
        first = send(person, talk.room_id, text="Um 3", client_id="form-0001").line
        line(bob, "Um 3").to_be_visible()  # type: ignore[attr-defined]
        edit(person, talk.room_id, first.id, text="Um 4")
        line(bob, "Um 4").to_be_visible()  # type: ignore[attr-defined]
        delete(person, talk.room_id, first.id)
    expect(bob.locator("#m-3 .chat-text")).to_have_text("Nachricht gelöscht")
    assert alice.evaluate(SEQS) == bob.evaluate(SEQS) == [1, 2, 3]
    expect(alice.get_by_role("textbox", name="Nachricht an")).to_be_focused()
    assert listener.complaints == []


def test_after_the_live_process_was_killed_nothing_is_lost_or_doubled(
    talk: Talk, open_live: Callable[..., Page]
) -> None:
    alice, bob = open_live("alice"), open_live("bob")
    connected(alice, bob)
    for number in range(5):
        say(alice, f"vorher {number}")
    line(bob, "vorher 4").to_be_visible()  # type: ignore[attr-defined]
    talk.kill()
    expect(bob.locator("html")).to_have_attribute("data-live", "waiting", timeout=15_000)
    for number in range(5):
        say(alice, f"währenddessen {number}")  # sending needs no live connection
        talk.say("bob", f"aus einem anderen Fenster {number}", f"client-{number:03}")
    with talk.site.app.app_context():
        changed = [row["id"] for row in bob.request.get(f"{talk.url}/stand?nach=0").json()["messages"][:1]]
        edit(talk.site.people.alice.actor, talk.room_id, UUID(changed[0]), text="doch anders")
    assert bob.locator(".chat-line").count() == 5
    talk.start()
    connected(alice, bob)
    for page in (alice, bob):
        wait_until(
            lambda page=page: page.wait_for_timeout(100) or page.evaluate(SEQS) == list(range(1, 16)), 20
        )
        line(page, "doch anders").to_be_visible()  # type: ignore[attr-defined]
    say(alice, "danach")
    line(bob, "danach").to_be_visible()  # type: ignore[attr-defined]
    assert alice.evaluate(SEQS) == bob.evaluate(SEQS) == list(range(1, 17))


def test_an_answer_that_is_lost_makes_no_second_message(talk: Talk, open_live: Callable[..., Page]) -> None:
    alice = open_live("alice")
    connected(alice)
    lost: list[str] = []

    def lose_the_first(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().text())  # the server has it, the browser never hears of it
            route.abort("connectionreset")
        else:
            route.continue_()

    alice.route(talk.url, lose_the_first)
    say(alice, "nur einmal")
    assert lost
    line(alice, "nur einmal").to_have_count(1)  # type: ignore[attr-defined]
    assert alice.evaluate(SEQS) == [1]
    with talk.site.app.app_context():
        assert talk.say("bob", "zwei", "client-002") == 2


def test_older_pages_stand_still_and_lead_back(talk: Talk, open_live: Callable[..., Page]) -> None:
    for number in range(1, 71):
        talk.say("bob", f"Zeile {number}.", f"client-{number:03}")
    alice = open_live("alice")
    connected(alice)
    assert alice.evaluate(SEQS) == list(range(21, 71))
    alice.get_by_role("link", name="Ältere Nachrichten").click()
    line(alice, "Zeile 20.").to_be_visible()  # type: ignore[attr-defined]
    assert alice.evaluate(SEQS) == list(range(1, 21))
    alice.get_by_role("link", name="Zu den neuesten Nachrichten").click()
    line(alice, "Zeile 70.").to_be_in_viewport()  # type: ignore[attr-defined]


def test_a_file_comes_live_and_a_blocked_person_reads_why(talk: Talk, open_live: Callable[..., Page]) -> None:
    alice, bob = open_live("alice"), open_live("bob", width=390)
    connected(alice, bob)
    picture = {"name": "plan.png", "mimeType": "image/png", "buffer": PICTURE}
    alice.get_by_label("Dateien").set_input_files([picture])
    say(alice, "Der Plan")
    line(bob, "Der Plan").to_be_visible()  # type: ignore[attr-defined]
    shown = bob.locator(".chat-files img")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    expect(alice.get_by_label("Dateien")).to_have_value("")
    with bob.expect_download() as found:
        bob.locator(".chat-files a").click()
    assert found.value.suggested_filename == "plan.png"
    alice.locator(".chat-more > summary").click()
    alice.get_by_role("link", name="Blockieren …").click()
    alice.get_by_role("button", name="Blockieren").click()
    expect(alice.get_by_text("Bob ist blockiert.")).to_be_visible()
    bob.get_by_role("textbox", name="Nachricht an").fill("Warum?")
    bob.get_by_role("button", name="Senden").click()
    expect(bob.locator("[data-chat-error]")).to_have_text("Alice nimmt keine Nachrichten von Ihnen an.")
    bob.reload()
    expect(bob.get_by_text("Alice nimmt keine Nachrichten von Ihnen an.")).to_be_visible()
