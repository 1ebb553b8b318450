"""The team of a server in a browser: let somebody in from outside, who plays, sees no money, and is put out again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.accounts.mailbox import last
from tests.browser.site import Site
from tests.people import PASSWORD

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
GERO = "gero@example.org"


@pytest.mark.parametrize("javascript", [True, False])
def test_from_the_invitation_to_the_end_of_the_seat(site: Site, open_as: Open, javascript: bool) -> None:
    address = GERO if javascript else f"ohne.{GERO}"
    name = "Gero Gast" if javascript else "Otto Ohne"
    there = f"{site.url}/hosting/servers/{site.made['server']}"
    alice = open_as("alice", javascript=javascript)
    alice.goto(there)
    alice.get_by_role("link", name="Team", exact=True).click()
    alice.get_by_role("link", name="Zugriff geben").first.click()
    alice.get_by_label("E-Mail-Adresse").fill(address)
    alice.get_by_label("Mitspielen").check()
    alice.get_by_role("button", name="Zugriff geben").click()
    expect(alice.get_by_role("rowheader", name=address, exact=True)).to_be_visible()

    with site.app.app_context():
        link = last(address).path
    gero = open_as("", javascript=javascript)
    gero.goto(site.url + link)
    gero.get_by_label("Dein Name").fill(name)
    gero.get_by_label("Passwort").fill(PASSWORD)
    gero.get_by_role("button", name="Konto anlegen und annehmen").click()
    expect(gero.get_by_role("heading", level=1)).to_have_text("Server")
    expect(gero.locator("main tbody tr")).to_have_count(1)
    expect(gero.locator("body")).not_to_contain_text("€")
    gero.locator("main tbody a").first.click()
    expect(gero.get_by_role("button", name="Server stoppen")).to_have_count(0)
    expect(gero.locator("body")).not_to_contain_text("€")
    command = gero.get_by_label("Befehl an den Server")
    command.fill("list")
    command.press("Enter")
    gero.wait_for_load_state("networkidle")
    assert gero.goto(f"{site.url}/hosting/costs").status == 403  # type: ignore[union-attr]
    assert gero.goto(f"{site.url}/guthaben").status == 403  # type: ignore[union-attr]

    alice.goto(f"{there}/events")
    expect(alice.locator(".timeline li", has_text="Befehl").first).to_contain_text(name)
    alice.goto(f"{there}/team")
    row = alice.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("Gast, hier: Mitspielen")
    row.get_by_role("link", name=f"Zugriff für {name} entfernen").click()
    alice.get_by_role("button", name="Zugriff entfernen").click()
    expect(alice.get_by_role("row").filter(has_text=name)).to_have_count(0)
    assert gero.goto(there).status == 404  # type: ignore[union-attr]


def test_an_own_choice_shows_its_boxes_and_keeps_them(site: Site, open_as: Open) -> None:
    alice = open_as("alice")
    alice.goto(f"{site.url}/hosting/servers/{site.made['server']}/team/new")
    box = alice.get_by_label("Dateien ändern")
    expect(box).to_be_hidden()
    alice.get_by_label("Eigene Auswahl").check()
    expect(box).to_be_visible()
    box.check()
    alice.get_by_label("E-Mail-Adresse").fill("bob@example.org")
    alice.get_by_role("button", name="Zugriff geben").click()
    alice.get_by_role("link", name="Zugriff für Bob ändern").click()
    expect(alice.get_by_label("Dateien ändern")).to_be_checked()
    expect(alice.get_by_label("Dateien lesen")).to_be_checked()
    expect(alice.get_by_label("Plugins")).not_to_be_checked()


def test_the_matrix_reads_on_a_phone(site: Site, open_as: Open) -> None:
    """What is allowed is written out; nothing hides behind a scroll bar."""
    alice = open_as("alice")
    alice.set_viewport_size({"width": 390, "height": 844})
    alice.goto(f"{site.url}/hosting/servers/{site.made['server']}/team")
    gina = alice.get_by_role("row").filter(has_text="Gina")
    for word in ("Ansehen", "Schalten", "Dateien ändern"):
        mark = gina.locator(".team-mark", has_text=word)
        expect(mark).to_be_visible()
        box = mark.bounding_box()
        assert box is not None
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390, word
    expect(gina.locator(".team-mark", has_text="Plugins")).to_be_hidden()
    assert alice.evaluate("document.documentElement.scrollWidth") <= 390
