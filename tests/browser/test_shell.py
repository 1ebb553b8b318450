"""The shell's own behaviour: keyboard, palette, theme, toasts, forms, live counter, working without JavaScript."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.check import Listener, until
from tests.browser.site import Site

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def test_first_tab_stop_skips_to_the_content(site: Site, open_as: Open) -> None:
    page = open_as("alice")
    page.goto(site.url + "/_ui")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_theme_changes_at_once_and_stays(site: Site, open_as: Open) -> None:
    page = open_as("alice")
    page.goto(site.url + "/_ui")
    page.get_by_label("Darstellung").click()
    with page.expect_response("**/theme"):
        page.get_by_role("button", name="Dunkel").last.click()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    other = open_as("alice")
    other.goto(site.url + "/_ui")
    assert other.evaluate("document.documentElement.dataset.theme") == "dark"


def test_theme_works_without_scripts(site: Site, open_as: Open) -> None:
    page = open_as("alice", javascript=False)
    page.goto(site.url + "/_ui?section=data")
    page.get_by_label("Darstellung").click()
    page.locator("button[name=theme][value=dark]").click()
    assert page.url.endswith("/_ui?section=data")
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_palette_opens_by_keyboard_finds_a_page_and_closes(site: Site, open_as: Open) -> None:
    page = open_as("alice")
    page.goto(site.url + "/_ui")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox")
    expect(field).to_be_focused()
    field.fill("Protokoll")
    hit = page.get_by_role("option").first
    expect(hit).to_be_visible()
    expect(hit).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator("dialog[open]")).to_have_count(0)
    until(page, "document.activeElement === document.body")
    page.keyboard.press("/")
    expect(field).to_be_focused()


def test_letters_typed_into_a_field_are_no_shortcuts(site: Site, open_as: Open) -> None:
    page = open_as("alice")
    page.goto(site.url + "/_ui?section=forms")
    page.get_by_label("Name des Servers").first.fill("")
    page.keyboard.type("a/b?")
    assert page.get_by_label("Name des Servers").first.input_value() == "a/b?"
    expect(page.locator("#palette")).to_be_hidden()


def test_confirm_page_opens_as_dialog_and_gives_the_focus_back(site: Site, open_as: Open) -> None:
    page = open_as("alice")
    page.goto(site.url + "/_ui?section=feedback")
    page.evaluate("""() => document.querySelector(".page").insertAdjacentHTML("afterbegin",
        '<a id="opener" data-dialog href="/_ui?section=feedback">Löschen …</a>')""")
    page.locator("#opener").click()
    expect(page.locator("#dialog")).to_be_visible()
    assert page.evaluate("document.activeElement.closest('dialog')?.id") == "dialog"
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == "opener"


def test_deleting_a_server_asks_in_a_dialog_and_on_a_page_without_scripts(site: Site, open_as: Open) -> None:
    settings = f"{site.url}/hosting/servers/{site.made['stopped']}/settings"
    page = open_as("alice")
    page.goto(settings)
    page.get_by_role("link", name="Server löschen …").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("heading")).to_contain_text("löschen?")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    dialog.get_by_role("textbox").fill("ein anderer")
    dialog.get_by_role("button", name="Server endgültig löschen").click()
    expect(dialog.get_by_text("Das ist nicht der Name dieses Servers.")).to_be_visible()
    dialog.get_by_text("Abbrechen").click()
    expect(dialog).to_be_hidden()
    assert page.url == settings
    plain = open_as("alice", javascript=False)
    plain.goto(settings)
    plain.get_by_role("link", name="Server löschen …").click()
    assert plain.url.endswith("/delete")
    expect(plain.get_by_role("button", name="Server endgültig löschen")).to_be_visible()


def test_an_answer_with_an_error_never_stays_silent(site: Site, open_as: Open) -> None:
    page = open_as("alice")
    page.goto(site.url + "/_ui")
    before = page.locator("main").inner_text()
    page.evaluate("htmx.ajax('GET', '/there-is-nothing-here', {target: 'main', swap: 'innerHTML'})")
    expect(page.locator("#toasts .toast")).to_be_visible()
    assert page.locator("main").inner_text() == before
    assert page.locator("#toasts .toast").count() == 1


def test_live_cost_counts_up_between_fragments_and_stands_when_stopped(site: Site, open_as: Open) -> None:
    page = open_as("alice")
    page.goto(site.url + "/_ui?section=live")
    running = page.locator("[data-live-cost][data-running]")
    stopped = page.locator("[data-live-cost]:not([data-running])")
    first, still = running.inner_text(), stopped.inner_text()
    page.wait_for_timeout(2300)
    assert running.inner_text() > first
    assert stopped.inner_text() == still == "7,42\u00a0€"


@pytest.mark.parametrize(
    ("language", "nanos", "digits", "shown"),
    [
        ("de", "1234567890123456789", 2, "1.234.567.890,12\u00a0€"),
        ("de", "-5000000", 2, "\u22120,01\u00a0€"),
        ("de", "-4999999", 2, "0,00\u00a0€"),
        ("de", "12345678", 4, "0,0123\u00a0€"),
        ("en", "1234567890123", 2, "€1,234.57"),
    ],
)
def test_browser_formats_money_like_the_server(
    language: str, nanos: str, digits: int, shown: str, site: Site, open_as: Open
) -> None:
    page = open_as("", locale="de-DE" if language == "de" else "en-GB")
    page.goto(f"{site.url}/_ui?lang={language}")
    assert page.evaluate(f"kontor.formatNanos({nanos}n, {digits})") == shown


def test_live_parts_are_subscribed_swapped_and_subscribed_again(site: Site, open_as: Open) -> None:
    page = open_as("alice")
    listener = Listener()
    listener.attach(page)
    sent: list[Any] = []
    sockets: list[Any] = []

    def serve(ws: Any) -> None:
        sockets.append(ws)
        ws.on_message(lambda text: sent.append(json.loads(text)))

    page.route_web_socket("**/live", serve)
    page.goto(site.url + "/_ui?section=live")
    until(page, "() => document.documentElement.dataset.live === 'open'")
    assert "sample-log" in sent[0]["subscribe"]
    sockets[0].send(
        '<hx-partial hx-target="#sample-log" hx-swap="beforeend"><span class="console-line">new &lt;b&gt;line</span></hx-partial>'
    )
    expect(page.locator("#sample-log .console-line").last).to_have_text("new <b>line")
    sockets[0].close(code=1012)
    until(page, "() => document.documentElement.dataset.live === 'waiting'")
    until(page, "() => document.documentElement.dataset.live === 'open'", 5.0)
    assert len(sockets) == 2
    assert sent[-1]["subscribe"] == sent[0]["subscribe"]
    assert listener.complaints == []


def test_a_session_that_ended_says_so_and_offers_sign_in(site: Site, open_as: Open) -> None:
    page = open_as("alice")
    page.route_web_socket("**/live", lambda ws: ws.close(code=1008))
    page.goto(site.url + "/_ui?section=live")
    expect(page.locator("#toasts a")).to_have_text("Sitzung abgelaufen – neu anmelden")
    assert "next=%2F_ui%3Fsection%3Dlive" in (page.locator("#toasts a").get_attribute("href") or "")


def test_console_pause_search_and_history(site: Site, open_as: Open) -> None:
    page = open_as("alice")
    sockets: list[Any] = []
    page.route_web_socket("**/live", lambda ws: sockets.append(ws))
    page.goto(site.url + "/_ui?section=live")
    until(page, "() => document.documentElement.dataset.live === 'open'")
    page.get_by_role("button", name="Anhalten").click()
    sockets[0].send(
        '<hx-partial hx-target="#sample-log" hx-swap="beforeend"><span class="console-line">held</span></hx-partial>'
    )
    line = page.locator("#sample-log .console-line", has_text="held")
    expect(line).to_be_attached()
    expect(line).to_be_hidden()
    page.get_by_role("button", name="Anhalten").click()
    expect(line).to_be_visible()
    page.get_by_label("Konsole durchsuchen").fill("players online")
    expect(page.locator("#sample-log .console-line:visible")).to_have_count(1)


def test_refused_form_keeps_what_was_typed_and_moves_the_focus(site: Site, open_as: Open) -> None:
    """The pattern of docs/interface.md with its own small view, so that it holds for every form."""
    page = open_as("alice")
    answer = """<!doctype html><title>Fehler: Probe</title><main><form id="probe" method="post" action="/probe" hx-post="/probe"
      hx-target="this" hx-select="#probe" hx-swap="outerHTML" hx-disable="find button"><div class="error-summary" tabindex="-1"
      data-error-summary><h2>Bitte prüfen</h2><ul><li><a href="#name">Name fehlt</a></li></ul></div>
      <label for="name">Name</label><input id="name" name="name" value="getippt"><button>Senden</button></form></main>"""
    posts: list[str] = []

    def reply(route: Any) -> None:
        posts.append(route.request.headers.get("x-csrf-token", ""))
        route.fulfill(status=422, content_type="text/html", body=answer)

    page.route("**/probe", reply)
    page.goto(site.url + "/_ui")
    page.evaluate("""() => { const m = document.querySelector(".page"); m.innerHTML =
      '<form id="probe" method="post" action="/probe" hx-post="/probe" hx-target="this" hx-select="#probe" hx-swap="outerHTML"' +
      ' hx-disable="find button"><input name="name" value="getippt"><button>Senden</button></form>'; htmx.process(m); }""")
    page.get_by_role("button", name="Senden").dblclick()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    assert page.title() == "Fehler: Probe"
    assert len(posts) == 1
    assert posts[0] != ""
    page.get_by_role("link", name="Name fehlt").click()
    expect(page.locator("#name")).to_be_focused()
    assert page.locator("#name").input_value() == "getippt"
