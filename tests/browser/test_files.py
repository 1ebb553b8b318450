"""A game's files in a browser: by dialogs where scripts run, by plain pages where they do not."""

from __future__ import annotations

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
