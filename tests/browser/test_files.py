"""A game's files in a browser: by dialogs where scripts run, by plain pages where they do not."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect

from tests.browser.site import Site

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_make_upload_edit_delete(site: Site, open_as: Callable[..., BrowserPage], javascript: bool) -> None:
    page = open_as("alice", javascript=javascript)
    files = f"{site.url}/hosting/servers/{site.made['stopped']}/files"
    page.goto(files)
    page.get_by_role("link", name="Neuer Ordner").click()
    page.get_by_label("Name", exact=True).fill("world")
    page.get_by_role("button", name="Anlegen").click()
    expect(page.get_by_text("Diesen Namen gibt es hier schon.")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("eigenes")
    page.get_by_role("button", name="Anlegen").click()
    expect(
        page.get_by_text("Noch keine Dateien.").or_(page.get_by_text("Dieser Ordner ist leer."))
    ).to_be_visible()

    text = b"\xef\xbb\xbfeins: 1\r\n<b>zwei</b>: 2\r\n"
    page.get_by_label("Dateien", exact=True).set_input_files(
        {"name": "plan.yml", "mimeType": "text/plain", "buffer": text}
    )
    page.get_by_role("button", name="Hochladen").click()
    page.get_by_role("link", name="plan.yml", exact=True).click()
    editor = page.get_by_label("Inhalt")
    expect(editor).to_have_value("eins: 1\n<b>zwei</b>: 2\n")
    editor.fill("eins: 1\n<b>zwei</b>: 22\n")
    page.get_by_role("button", name="Speichern").click()
    link = page.get_by_role("link", name="plan.yml herunterladen")
    expect(link).to_be_visible()
    with page.expect_download() as arriving:
        link.click()
    assert arriving.value.suggested_filename == "plan.yml"
    assert arriving.value.path().read_bytes() == text.replace(b"2\r\n", b"22\r\n")

    page.goto(files)
    page.get_by_role("link", name="eigenes löschen").click()
    expect(page.get_by_text("mit 1 Datei")).to_be_visible()
    page.get_by_role("button", name="Endgültig löschen").click()
    expect(page.get_by_role("link", name="Neuer Ordner")).to_be_visible()
    expect(page.get_by_role("link", name="eigenes", exact=True)).to_have_count(0)


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_several_are_ticked_moved_and_deleted(
    site: Site, open_as: Callable[..., BrowserPage], javascript: bool
) -> None:
    """A folder is chosen by buttons; where scripts run, the bar counts and waits for a selection."""
    page = open_as("alice", javascript=javascript)
    files = f"{site.url}/hosting/servers/{site.made['stopped']}/files"
    mine = f"sammlung-{'mit' if javascript else 'ohne'}"
    page.goto(f"{files}/new")
    page.get_by_label("Name", exact=True).fill(mine)
    page.get_by_role("button", name="Anlegen").click()
    for name in ("eins.txt", "zwei.txt"):
        page.get_by_label("Dateien", exact=True).set_input_files(
            {"name": name, "mimeType": "text/plain", "buffer": b"x"}
        )
        page.get_by_role("button", name="Hochladen").click()
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    if javascript:
        expect(page.get_by_role("button", name="Verschieben …")).to_be_disabled()
    page.get_by_label("eins.txt auswählen").check()
    page.get_by_label("zwei.txt auswählen").check()
    if javascript:
        expect(page.get_by_text("2 ausgewählt")).to_be_visible()
    page.get_by_role("button", name="Verschieben …").click()
    expect(page.get_by_role("button", name="Hierher verschieben")).to_be_disabled()
    page.get_by_role("button", name="Alle Dateien").click()
    page.get_by_role("button", name="alt", exact=True).click()
    page.get_by_role("button", name="Hierher verschieben").click()
    expect(page.get_by_role("link", name="eins.txt", exact=True)).to_be_visible()
    for name in ("eins.txt", "zwei.txt"):
        page.get_by_label(f"{name} auswählen").check()
    page.get_by_role("button", name="Löschen …").click()
    expect(page.get_by_role("heading", name="2 Dateien und Ordner löschen?")).to_be_visible()
    page.get_by_role("button", name="Endgültig löschen").click()
    expect(page.get_by_role("link", name="region", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="eins.txt", exact=True)).to_have_count(0)


def test_an_upload_shows_how_far_it_is_and_says_what_went_wrong(
    site: Site, open_as: Callable[..., BrowserPage]
) -> None:
    page = open_as("alice")
    files = f"{site.url}/hosting/servers/{site.made['stopped']}/files"
    page.goto(files)
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 10, "downloadThroughput": 10_000_000, "uploadThroughput": 2_000_000}
    network.send("Network.emulateNetworkConditions", slow)
    large = {"name": "gross.bin", "mimeType": "application/octet-stream", "buffer": bytes(6_000_000)}
    page.get_by_label("Dateien", exact=True).set_input_files(large)
    page.get_by_role("button", name="Hochladen").click()
    expect(page.locator("[data-upload-percent]")).to_have_text(re.compile(r"[1-9]\d? %"))
    expect(page.get_by_role("link", name="gross.bin herunterladen")).to_be_visible(timeout=30_000)
    page.get_by_label("Dateien", exact=True).set_input_files({**large, "buffer": b"x"})
    page.get_by_role("button", name="Hochladen").click()
    expect(page.locator("[data-upload-fault]")).to_contain_text("Diesen Namen gibt es hier schon.")
    page.get_by_label("Dateien", exact=True).set_input_files({**large, "name": "anders.bin"})
    page.get_by_role("button", name="Hochladen").click()
    page.get_by_role("button", name="Abbrechen").click()
    expect(page.locator("[data-upload-progress]")).to_be_hidden()
    page.goto(files)
    expect(page.get_by_role("link", name="anders.bin herunterladen")).to_have_count(0)
