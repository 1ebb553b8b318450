"""The page "Auslastung" in a browser: every value at an instant by mouse, keyboard and finger; zoom and back; both themes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import FloatRect, Page, expect

from tests.browser.check import Listener, check_page, until
from tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Open = Callable[..., Page]


def opened(open_as: Open, site: Site, query: str = "?window=6h", **how: object) -> Page:
    page = open_as("alice", **how)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{site.url}/hosting/servers/{site.made['server']}/monitoring{query}")
    return page


def ready(page: Page) -> Page:
    expect(page.locator(".monitoring-canvas canvas")).to_have_count(7)
    return page


def cell(page: Page, row: str) -> str:
    return page.locator(f'[data-monitoring-row="{row}"] td[data-monitoring-pointer]').inner_text()


def plot(page: Page) -> FloatRect:
    box = page.locator('[data-monitoring-panel="memory"] .u-over').bounding_box()
    assert box is not None
    return box


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_nothing_is_wrong_with_the_page(open_as: Open, site: Site, axe: str, theme: str, width: int) -> None:
    listener = Listener()
    page = open_as("alice")
    listener.attach(page)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{site.url}/hosting/servers/{site.made['server']}/monitoring?window=6h")
    ready(page)
    assert check_page(page, axe, widths=(width,), themes=(theme,)) == []
    assert listener.complaints == []


def test_the_mouse_reads_all_values_at_one_instant(open_as: Open, site: Site) -> None:
    page = ready(opened(open_as, site))
    box = plot(page)
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 60)
    expect(page.locator("[data-monitoring-instant]")).to_have_text(re.compile(r"\d\d:\d\d"))
    assert re.fullmatch(r"\d+\sMB", cell(page, "memory"))
    assert re.search(r"%", cell(page, "cpu"))
    assert "/s" in cell(page, "sent")
    assert cell(page, "disk") == "200\u00a0MB"
    assert "MB" in page.locator('[data-monitoring-panel="disk"] [data-monitoring-value]').inner_text()


def test_the_keyboard_moves_the_pointer_and_what_stands_there_is_said(open_as: Open, site: Site) -> None:
    page = ready(opened(open_as, site))
    scrub = page.get_by_label("Zeiger", exact=True)
    scrub.focus()
    page.keyboard.press("End")
    said = page.locator("[data-monitoring-said][aria-live=polite]")
    for _ in range(60):  # nothing has been measured since the site was made
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(100)
        if re.search(r"RAM \d+", said.inner_text()):
            break
    first = page.locator("[data-monitoring-instant]").inner_text()
    expect(said).to_have_text(re.compile(r"RAM \d+"))
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-monitoring-instant]")).not_to_have_text(first)
    assert scrub.get_attribute("aria-valuetext")


def test_plus_zooms_at_the_pointer_and_escape_goes_back(open_as: Open, site: Site) -> None:
    page = ready(opened(open_as, site))
    scrub = page.get_by_label("Zeiger", exact=True)
    scrub.focus()
    page.keyboard.press("End")
    page.keyboard.press("+")
    page.wait_for_url(re.compile(r"from=\d+&to=\d+"))
    expect(page.locator("[data-monitoring-said]")).to_have_text(re.compile("Ausschnitt"))
    expect(page.locator(".segments [aria-current]")).to_have_count(0)
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile("window=6h"))
    expect(page.locator('.segments [aria-current="true"]')).to_have_text("6 h")


def test_dragging_zooms_and_a_double_click_goes_back(open_as: Open, site: Site) -> None:
    page = ready(opened(open_as, site))
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if "monitoring/data" in request.url else None
    )
    box = plot(page)
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 60, steps=5)
    page.mouse.up()
    page.wait_for_url(re.compile(r"from=(\d+)&to=(\d+)"))
    since, until = map(int, re.findall(r"=(\d+)", page.url))
    assert abs((until - since) - 0.3 * 6 * 3600) < 120
    assert len(asked) == 1
    assert "from=" in str(page.locator("#monitoring-csv").get_attribute("href"))
    back = page.get_by_role("button", name="Ausschnitt zurück")
    expect(back).to_be_visible()
    box = plot(page)
    page.mouse.dblclick(box["x"] + 200, box["y"] + 60)
    page.wait_for_url(re.compile("window=6h"))
    expect(back).to_be_hidden()
    assert len(asked) == 2


def test_buttons_zoom_and_move_where_nobody_can_drag(open_as: Open, site: Site) -> None:
    page = ready(opened(open_as, site))
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_role("link", name="Hineinzoomen").click()
    page.wait_for_url(re.compile(r"from="))
    first = page.url
    page.get_by_role("link", name="Früher").click()
    page.wait_for_url(lambda url: url != first)
    page.get_by_role("button", name="Ausschnitt zurück").click()
    page.wait_for_url(first)


def test_a_finger_reads_values(open_as: Open, site: Site) -> None:
    page = ready(opened(open_as, site))
    over = page.locator('[data-monitoring-panel="memory"] .u-over')
    box = plot(page)
    over.dispatch_event(
        "pointermove",
        {"pointerType": "touch", "clientX": box["x"] + box["width"] * 0.92, "clientY": box["y"] + 20},
    )
    expect(page.locator("[data-monitoring-instant]")).to_have_text(re.compile(r"\d\d:\d\d"))
    assert "MB" in cell(page, "memory")


def test_new_values_come_without_reloading(open_as: Open, site: Site) -> None:
    page = ready(opened(open_as, site, "?window=1h"))
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if "monitoring/data" in request.url else None
    )
    page.clock.install()
    page.evaluate(
        "() => document.querySelector('[data-monitoring-now]').setAttribute('data-monitoring-now', 'a')"
    )
    assert asked == []  # just loaded
    page.wait_for_timeout(100)
    page.clock.fast_forward(15_000)
    page.evaluate(
        "() => document.querySelector('[data-monitoring-now]').setAttribute('data-monitoring-now', 'b')"
    )
    until(page, "() => !document.querySelector('[aria-busy]')")
    expect(page.locator(".monitoring-canvas canvas")).to_have_count(7)
    assert len(asked) == 1


def test_without_a_script_charts_and_tables_are_there(open_as: Open, site: Site) -> None:
    page = opened(open_as, site, javascript=False)
    expect(page.locator(".monitoring-chart svg[role=img]:visible")).to_have_count(7)
    expect(page.get_by_role("slider")).to_have_count(0)
    page.get_by_role("link", name="Hineinzoomen").click()
    assert "from=" in page.url
    expect(page.locator(".monitoring-table tbody tr")).to_have_count(8)
