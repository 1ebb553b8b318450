"""Two organisations and a moderator in their browsers, before the real processes: web, live, worker, clock, Redis.

What a person does goes through `Person`: it presses and types as the device allows, and looks at each station they reach
whether the page is sound.
"""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from pypdf import PdfWriter

from app.accounts.api import create_organisation, create_person
from app.accounts.services.session import open_session
from app.kit.db import transaction
from app.nanos.services.publishing import publish, submit
from tests.browser.check import SIDEWAYS, Listener, axe_violations
from tests.journeys.conftest import House
from tests.nanos import rig
from tests.people import PASSWORD, Someone
from tests.services.closing import put_away

SHOTS = os.environ.get("KONTOR_SHOTS", "")
"""A folder: each station is pictured there, in both themes."""


@dataclass(frozen=True)
class Device:
    """What somebody holds in their hands."""

    name: str
    width: int
    height: int
    touch: bool

    def context(self, browser: Browser) -> BrowserContext:
        return browser.new_context(
            locale="de-DE", timezone_id="Europe/Berlin", reduced_motion="reduce", accept_downloads=True,
            viewport={"width": self.width, "height": self.height}, has_touch=self.touch, is_mobile=self.touch,
        )  # fmt: skip


DESKTOP, PHONE = Device("desktop", 1280, 900, False), Device("phone", 390, 844, True)


@dataclass
class Person:
    """Somebody before their page."""

    who: Someone
    page: Page
    device: Device
    axe: str
    url: str
    faults: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """As from a bookmark."""
        self.page.goto(self.url + path)

    def press(self, target: Locator) -> None:
        """A finger or a mouse."""
        target.tap() if self.device.touch else target.click()

    def does(self, name: str) -> None:
        """Press this button and be on the page that comes of it."""
        self.follow(self.button(name))

    def follow(self, target: Locator) -> None:
        """Press what leads on and wait for the page: live parts of this one may change before that one is there."""
        expect(target).to_be_visible()
        self.page.evaluate("document.documentElement.dataset.before = 1")
        self.press(target)
        expect(self.page.locator("html[data-before]")).to_have_count(0, timeout=20_000)

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name)

    def link(self, name: str | re.Pattern[str], *, exact: bool = False) -> Locator:
        return self.page.get_by_role("link", name=name, exact=exact)

    def sees(self, heading: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_role("heading", name=heading).first).to_be_visible()

    def connected(self) -> None:
        """The live connection stands; what comes now comes without a reload."""
        expect(self.page.locator("html")).to_have_attribute("data-live", "open", timeout=30_000)

    def stays(self) -> None:
        """From here on the page must not be loaded anew."""
        self.connected()
        self.page.evaluate("window.stayed = true")

    def stayed(self) -> None:
        assert self.page.evaluate("window.stayed"), f"{self.who.name}: the page was loaded anew"

    def looks(self, station: str, *, thorough: bool = False) -> None:
        """The page is sound: nothing runs out of it, and where it is `thorough` axe finds nothing."""
        wrong = self.page.evaluate(SIDEWAYS)
        wide = self.page.evaluate("window.innerWidth")
        if wide != self.device.width:
            wrong.append(f"the page was zoomed out to {wide}")
        if thorough:
            wrong += axe_violations(self.page, self.axe)
        self.faults += [f"{station}, {self.who.name}: {one}" for one in wrong]
        if SHOTS:
            self._picture(
                station, ("light", "dark") if thorough else ("dark" if self.device.touch else "light",)
            )

    def _picture(self, station: str, themes: tuple[str, ...]) -> None:
        for theme in themes:
            self.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme }", theme)
            name = f"{station}-{self.who.name.split()[0]}-{self.device.name}-{theme}.png"
            self.page.screenshot(path=str(Path(SHOTS) / name.lower()), full_page=True)
        self.page.evaluate("delete document.documentElement.dataset.theme")


@dataclass
class Fair:
    """Who is there."""

    provider: Person
    company: Person
    moderator: Person
    listener: Listener
    began: float = field(default_factory=time.monotonic)
    times: list[tuple[str, float]] = field(default_factory=list)

    def reached(self, station: str) -> None:
        """Write down when."""
        self.times.append((station, time.monotonic() - self.began))
        print(f"{time.monotonic() - self.began:6.1f} s  {station}", flush=True)

    def sound(self) -> None:
        """Nobody has seen anything wrong on the way. What a browser drops because its person goes on, or because it saves
        a file instead, is nothing wrong."""
        faults = [one for person in (self.provider, self.company, self.moderator) for one in person.faults]
        said = [one for one in self.listener.complaints if "ERR_ABORTED" not in one]
        assert faults + said == []


def _admit(house: House, mark: str) -> tuple[Someone, Someone, Someone]:
    """An adult education centre, a company that offers one nano already, and who moderates."""
    with house.app.app_context():
        found = []
        for name, organisation in (
            ("Vera Hoffmann", "Volkshochschule Braunschweig"),
            ("Cem Aydin", "Nordwerk GmbH"),
            ("Mona Prüfer", ""),
        ):
            email = f"{name.split()[0].lower()}.{mark}@example.org"
            person = create_person(email=email, name=name, password=PASSWORD, is_operator=not organisation)
            home = create_organisation(name=organisation, owner_id=person) if organisation else None
            found.append(Someone(person, name, email, home))
        _vera, cem, mona = found
        offered = replace(
            rig.DETAILS, title=f"Angebote kalkulieren für {mark}", outcome="Sie kalkulieren ein Angebot mit Deckungsbeitrag",
            description="Ein Blatt, drei Zahlen, ein Preis.", subject="business",
        )  # fmt: skip
        nano = rig.drafted(cem.actor, offered, rig.pdf(f"Kalkulation für {mark}"))
        submit(cem.actor, nano)
        publish(mona.actor, nano, 1)
    return found[0], found[1], found[2]


@contextmanager
def fair(house: House, browser: Browser, axe: str, device: Device) -> Iterator[Fair]:
    """Everybody signed in, each in a browser of their own. The moderator sits at a desk."""
    listener = Listener()
    contexts: list[BrowserContext] = []

    def seat(who: Someone, at: Device) -> Person:
        context = at.context(browser)
        contexts.append(context)
        with house.app.app_context(), transaction():
            token = open_session(who.id, method="password", organisation_id=who.organisation_id)
        context.add_cookies([{"name": "kontor_session", "value": token, "url": house.url}])
        page = context.new_page()
        page.set_default_timeout(20_000)
        listener.attach(page)
        return Person(who, page, at, axe, house.url)

    vera, cem, mona = _admit(house, device.name)
    try:
        yield Fair(seat(vera, device), seat(cem, device), seat(mona, DESKTOP), listener)
    except BaseException:
        for number, context in enumerate(contexts if SHOTS else ()):
            context.pages[0].screenshot(path=f"{SHOTS}/where-it-ended-{number}.png")
        raise
    finally:
        for context in contexts:
            put_away(context)


def handout(title: str, lines: str, size: int) -> bytes:
    """A PDF of about `size` bytes: a page to read and an exercise attached, which makes it large."""
    writer = PdfWriter(clone_from=io.BytesIO(rig.pdf(f"{title}</h1><p>{lines}</p><h1>Zum Üben")))
    writer.add_attachment("uebung.bin", os.urandom(size))
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()
