"""Many servers at once, in the browser: ticking, the question, the result; with JavaScript and without, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from app.hosting.models import Bulk, Server
from app.hosting.rules.bulk import Action
from app.hosting.services import bulk as services
from app.hosting.services import bulk_work
from app.hosting.services.bulk import cancel_bulk
from app.kit.db import db, transaction
from tests.browser.check import Listener, check_page
from tests.browser.site import Site
from tests.hosting.bulk_rig import make, state_of

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _gone_afterwards(site: Site) -> Iterator[None]:
    """Other tests of the shared site look for their servers on the first page."""
    with site.app.app_context():
        before = set(db.session.scalars(select(Server.id)))
    yield
    with site.app.app_context(), transaction() as session:
        session.execute(update(Bulk).values(state="done"))
        session.execute(update(Server).where(Server.id.not_in(before)).values(state="deleted"))


def finish(site: Site, page: Page) -> None:
    """What the worker does with the bulk action whose page is open."""
    bulk_id = UUID(page.url.rsplit("/", 1)[1])
    with site.app.app_context():
        bulk_work.run_bulk(bulk_id)
        db.session.rollback()


@pytest.mark.parametrize("javascript", [True, False])
def test_tick_ask_start_and_see_each(site: Site, open_as: Callable[..., Page], javascript: bool) -> None:
    name = f"Klasse {'mit' if javascript else 'ohne'}"
    with site.app.app_context():
        ids = make(site.people.alice, "stopped", 3, name=name)
    page = open_as("alice", javascript=javascript)
    page.goto(f"{site.url}/hosting/servers?q={name}")
    start = page.get_by_role("group", name="Auswahl").get_by_role("button", name="Starten")
    if javascript:
        expect(start).to_be_disabled()
        page.get_by_label("Alle auf dieser Seite").check()
        expect(page.get_by_text("3 ausgewählt")).to_be_visible()
        page.get_by_label(f"{name} stopped 001 auswählen").uncheck()
        expect(page.get_by_text("2 ausgewählt")).to_be_visible()
    else:
        for number in (0, 2):
            page.get_by_label(f"{name} stopped 00{number} auswählen").check()
    start.click()
    expect(page.get_by_role("heading", name="2 Server starten?")).to_be_visible()
    expect(page.get_by_text(f"{name} stopped 001")).to_have_count(0)
    page.get_by_role("button", name="2 Server starten").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sammelaktion: Starten")
    finish(site, page)
    page.reload()
    expect(page.get_by_role("row", name=f"{name} stopped 000")).to_contain_text("Erledigt")
    with site.app.app_context():
        assert [state_of(one) for one in ids] == ["starting", "stopped", "starting"]


def test_all_on_every_page_by_keyboard_and_deleting_by_the_number(
    site: Site, open_as: Callable[..., Page]
) -> None:
    with site.app.app_context():
        make(site.people.alice, "stopped", 30, name="Abschied")
    page = open_as("alice")
    page.goto(f"{site.url}/hosting/servers?q=Abschied")
    every = page.get_by_label("Alle 30, die zur Suche passen")
    every.focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("30 ausgewählt")).to_be_visible()
    expect(page.get_by_label("Abschied stopped 000 auswählen")).to_be_disabled()
    page.get_by_role("group", name="Auswahl").get_by_role("button", name="Löschen").click()
    expect(page.get_by_text("und 10 weitere")).to_be_visible()
    page.get_by_text("und 10 weitere").click()
    expect(page.get_by_text("Abschied stopped 029")).to_be_visible()
    field = page.get_by_label("Gib zur Sicherheit die Zahl 30")
    field.fill("3")
    page.get_by_role("button", name="30 Server endgültig löschen").click()
    expect(page.get_by_text("Das ist weder die Zahl noch das Wort.")).to_be_visible()
    page.get_by_label("Gib zur Sicherheit die Zahl 30").fill("30")
    page.get_by_role("button", name="30 Server endgültig löschen").click()
    expect(page.get_by_role("button", name="Rest abbrechen")).to_be_visible()
    page.get_by_role("button", name="Rest abbrechen").click()
    expect(page.locator(".note")).to_contain_text("Abgebrochen")


def test_pages_keep_what_every_page_must(site: Site, open_as: Callable[..., Page], axe: str) -> None:
    name = "Breite"
    with site.app.app_context():
        ids = make(site.people.alice, "stopped", 26, name=name)
    page = open_as("alice")
    listener = Listener()
    listener.attach(page)
    page.goto(f"{site.url}/hosting/servers?q={name}")
    page.get_by_label(f"{name} stopped 001 auswählen").check()
    assert check_page(page, axe) == []
    page.get_by_label("Alle 26, die zur Suche passen").check()
    page.get_by_role("group", name="Auswahl").get_by_role("button", name="Löschen").click()
    expect(page.get_by_role("heading", name="26 Server löschen?")).to_be_visible()
    assert check_page(page, axe) == []
    with site.app.app_context():
        bulk_id = services.order_bulk(site.people.alice.actor, Action.START, ids)
    page.goto(f"{site.url}/hosting/bulk/{bulk_id}")
    assert check_page(page, axe) == []
    with site.app.app_context():
        cancel_bulk(site.people.alice.actor, bulk_id)
    page.reload()
    assert check_page(page, axe) == []
    page.goto(f"{site.url}/hosting/bulk")
    assert check_page(page, axe) == []
    assert listener.complaints == []
