"""Somebody who has never heard of cron plans a restart; an expert types cron text and sees at once what it means."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect

from tests.browser.check import check_page
from tests.browser.site import Site

pytestmark = pytest.mark.browser


@pytest.fixture(params=[1280, 390])
def page(request: pytest.FixtureRequest, open_as: Callable[..., BrowserPage]) -> BrowserPage:
    found = open_as("alice")
    found.set_viewport_size({"width": request.param, "height": 900})
    return found


def test_days_and_a_time_are_clicked_and_the_next_runs_follow(
    page: BrowserPage, site: Site, axe: str
) -> None:
    page.goto(f"{site.url}/hosting/servers/{site.made['draft']}/schedules")
    page.get_by_role("link", name="Jede Nacht um 4 Uhr neu starten").click()
    runs = page.locator("#schedule-preview li")
    expect(runs).to_have_count(5)
    expect(runs.first).to_contain_text("04:00")
    expect(page.get_by_label("Befehl", exact=True)).to_be_hidden()
    expect(page.locator("#cron")).to_be_hidden()
    for day in ("Mo", "Mi", "Fr", "Sa", "So"):
        page.get_by_role("checkbox", name=day).uncheck()
    page.get_by_label("Uhrzeit", exact=True).fill("18:45")
    expect(runs.first).to_contain_text("18:45")
    expect(runs).to_have_count(5)
    assert all(text.startswith(("Di.", "Do.")) for text in runs.all_inner_texts())
    for day in ("Di", "Do"):
        page.get_by_role("checkbox", name=day).uncheck()
    expect(page.locator("#days-live")).to_have_text("Wähle mindestens einen Tag.")
    page.get_by_role("checkbox", name="Di").check()
    expect(page.locator("#days-live")).to_be_hidden()
    assert check_page(page, axe) == []
    page.get_by_role("button", name="Zeitplan anlegen").click()
    page.wait_for_url("**/schedules")
    expect(page.get_by_text("Dienstag um 18:45").first).to_be_visible()
    page.get_by_role("button", name="Ausschalten").first.click()
    expect(page.get_by_role("button", name="Einschalten").first).to_be_visible()
    page.get_by_role("link", name="Neu starten").first.click()
    page.get_by_role("link", name="Löschen …").click()
    page.get_by_role("button", name="Zeitplan löschen").click()
    expect(page.get_by_text("Noch nichts geplant.")).to_be_visible()


def test_of_many_changes_the_last_one_is_shown_however_slow_the_answers(
    page: BrowserPage, site: Site
) -> None:
    page.goto(f"{site.url}/hosting/servers/{site.made['draft']}/schedules/new")
    page.evaluate(
        """() => {
            const real = window.fetch;
            window.fetch = async (...how) => { await new Promise((go) => setTimeout(go, 700)); return real(...how); };
        }"""
    )
    for clock in ("05:00", "06:00", "07:00", "18:45"):
        page.get_by_label("Uhrzeit", exact=True).fill(clock)
        page.get_by_label("Uhrzeit", exact=True).dispatch_event("change")
    expect(page.locator("#schedule-preview li").first).to_contain_text("18:45")


def test_cron_text_is_read_while_it_is_typed(page: BrowserPage, site: Site, axe: str) -> None:
    page.goto(f"{site.url}/hosting/servers/{site.made['server']}/schedules/new")
    page.get_by_role("radio", name="Cron-Text").check()
    page.get_by_role("radio", name="Befehl senden").check()
    expect(page.get_by_label("Uhrzeit", exact=True)).to_be_hidden()
    field = page.locator("#cron")
    field.fill("")
    field.press_sequentially("0 25 * * *", delay=10)
    expect(page.locator("#cron-live")).to_contain_text("Die Stunde (2. Feld)")
    expect(field).to_be_focused()
    assert check_page(page, axe) == []
    page.get_by_role("button", name="Zeitplan anlegen").click()
    expect(page.locator("#cron-error")).to_contain_text("Die Stunde (2. Feld)")
    expect(page.locator("#command-error")).to_contain_text("Gib einen Befehl ein.")
    expect(field).to_have_value("0 25 * * *")
    assert check_page(page, axe) == []
    field.fill("30 2 29 3 *")
    expect(page.locator("#schedule-preview li").first).to_contain_text("02:30")
    expect(page.locator("#cron-error")).to_have_count(0)
    page.get_by_label("Zeitzone").select_option("America/New_York")
    expect(page.locator("#schedule-preview li").first).to_contain_text("bei dir")


def test_without_javascript_a_plan_can_be_made(site: Site, open_as: Callable[..., BrowserPage]) -> None:
    page = open_as("alice", javascript=False)
    page.goto(f"{site.url}/hosting/servers/{site.made['stopped']}/schedules/new?suggestion=bedtime")
    page.get_by_role("button", name="Zeitplan anlegen").click()
    expect(page.get_by_text("Jeden Tag um 23:00").first).to_be_visible()
