"""The list of servers: one form around all rows, and the pressed button says what to do with which."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.hosting.services.server import create_server
from tests.browser.furnish import settle
from tests.browser.site import Site

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("javascript", [True, False])
def test_a_server_is_started_and_stopped_from_the_list(
    site: Site, open_as: Callable[..., Page], javascript: bool
) -> None:
    name = f"Aus der Liste {'mit' if javascript else 'ohne'} Skript"
    with site.app.app_context():
        create_server(site.people.alice.actor, name=name, template="flying-squid", deploy=True)
        settle(site.app)
    page = open_as("alice", javascript=javascript)
    page.goto(f"{site.url}/hosting/servers?q={name}")
    stop = page.get_by_role("button", name=f"{name} stoppen")
    stop.click(click_count=2 if javascript else 1)  # a hasty second click asks for nothing
    expect(page.locator(".toast")).to_have_count(1)
    with site.app.app_context():
        settle(site.app)
    page.goto(f"{site.url}/hosting/servers?q={name}")
    row = page.get_by_role("row", name=name)
    expect(row).to_contain_text("Gestoppt")
    page.get_by_role("button", name=f"{name} starten").click()
    expect(page.locator(".toast")).to_contain_text(name)
    row = page.get_by_role("row", name=name)
    expect(row).to_contain_text("Startet")
    row.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
