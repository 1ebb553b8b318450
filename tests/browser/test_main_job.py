"""The main job in a browser: by keyboard alone, and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.furnish import settle
from tests.browser.site import Site
from tests.people import PASSWORD

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
MOST_TABS = 60


def work(site: Site) -> None:
    """Workers and the watch do what is due."""
    with site.app.app_context():
        settle(site.app)


def tab_to(page: Page, role: str, name: str) -> None:
    """Press Tab until the focus is on this control; it must be visible there."""
    wanted = page.get_by_role(role, name=name).first  # type: ignore[arg-type]
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate("(e) => e === document.activeElement"):
            box = wanted.bounding_box()
            assert box is not None
            bar = (
                page.locator(".bottombar").bounding_box() if page.locator(".bottombar").is_visible() else None
            )
            top = bar["y"] if bar else page.viewport_size["height"]  # type: ignore[index]
            assert box["y"] >= 0, f"{name} has the focus but lies above the window"
            assert box["y"] + box["height"] <= top + 1, f"{name} has the focus but lies out of sight"
            return
    raise AssertionError(f"{role} {name!r} cannot be reached with Tab")


@pytest.mark.parametrize("width", [1280, 390])
def test_by_keyboard_from_sign_in_to_a_stopped_server(site: Site, open_as: Open, width: int) -> None:
    page = open_as("")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(site.url + "/hosting/servers")
    tab_to(page, "textbox", "E-Mail-Adresse")
    page.keyboard.type("alice@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Server")
    tab_to(page, "link", "Neuer Server")
    page.keyboard.press("Enter")
    tab_to(page, "link", "Flying Squid")
    page.keyboard.press("Enter")
    name = f"Tastatur {width}"
    tab_to(page, "textbox", "Name")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    work(site)
    page.reload()
    expect(page.locator("main .tag").first).to_have_text("Läuft")
    tab_to(page, "button", "Server stoppen")
    page.keyboard.press("Enter")
    expect(page.locator("main .tag").first).not_to_have_text("Läuft")
    work(site)
    page.reload()
    expect(page.locator("main .tag").first).to_have_text("Gestoppt")


def test_without_javascript(site: Site, open_as: Open) -> None:
    page = open_as("", javascript=False)
    page.goto(site.url + "/hosting/servers")
    page.get_by_label("E-Mail-Adresse").fill("alice@example.org")
    page.get_by_label("Passwort", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Anmelden", exact=True).click()
    page.get_by_role("link", name="Neuer Server").click()
    page.get_by_role("link", name="Flying Squid").click()
    page.get_by_role("button", name="Server anlegen").click()
    expect(page.locator(".error-summary")).to_be_visible()
    assert page.title().startswith("Fehler: ")
    page.get_by_label("Name").first.fill("Ohne Skript")
    page.get_by_role("button", name="Server anlegen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ohne Skript")
    work(site)
    page.reload()
    page.get_by_label("Befehl an den Server").fill("list")
    page.get_by_role("button", name="Senden").click()
    work(site)
    page.reload()
    expect(page.locator(".console-log").first).to_contain_text("list")
    page.goto(page.url.split("?")[0])
    page.get_by_role("button", name="Server stoppen").click()
    work(site)
    page.reload()
    expect(page.locator("main .tag").first).to_have_text("Gestoppt")
    page.get_by_role("link", name="Einstellungen").first.click()
    page.goto(page.url)
    page.get_by_role("link", name="Suchen").click()
    assert "/suche" in page.url
    page.get_by_role("textbox").first.fill("Ohne Skript")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Ohne Skript").first).to_be_visible()


def test_a_double_click_makes_one_server(site: Site, open_as: Open) -> None:
    page = open_as("alice")
    page.goto(site.url + "/hosting/servers/new?template=flying-squid")
    page.get_by_label("Name").first.fill("Nur einmal")
    page.get_by_role("button", name="Server anlegen").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nur einmal")
    page.goto(site.url + "/hosting/servers?q=Nur+einmal")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_back_after_signing_out_shows_nothing(site: Site, open_as: Open) -> None:
    page = open_as("alice")
    page.goto(site.url + "/hosting/servers")
    page.goto(site.url + "/konto/profil")
    page.locator("summary.avatar-button").click()
    page.get_by_role("button", name="Abmelden").click()
    expect(page.locator("summary.avatar-button")).to_have_count(0)
    page.go_back()
    page.wait_for_load_state()
    expect(page.get_by_label("Passwort", exact=True)).to_be_visible()
    expect(page.get_by_text("alice@example.org")).to_have_count(0)


def test_an_expired_session_leads_a_fragment_to_sign_in(site: Site, open_as: Open) -> None:
    page = open_as("alice")
    page.goto(site.url + "/hosting/servers/new?template=flying-squid")
    page.context.clear_cookies(name="kontor_session")
    page.get_by_label("Name").first.fill("Zu spät")
    page.get_by_role("button", name="Server anlegen").click()
    expect(page.get_by_label("Passwort", exact=True)).to_be_visible()
    assert "next=" in page.url
