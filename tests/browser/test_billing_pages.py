"""Billing's pages with money in them: clean in every look, and a top-up without and with JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect

from app.billing.api import settle, switch_interval
from app.billing.services.credit import credit
from app.billing.services.voucher import issue_vouchers
from app.kit import clock
from app.kit.authz import SYSTEM
from app.kit.db import db, transaction
from app.kit.ids import new_id
from app.kit.money import euros
from tests.browser.site import Site
from tests.browser.test_pages import look_at

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def spent(site: Site) -> Site:
    """Alice's organisation has played and slept for two days and is nearly broke; Olga has issued vouchers."""
    with site.app.app_context():
        organisation_id, server = site.people.organisation_id, ("hosting.server", new_id())
        begin = clock.now() - timedelta(days=2, hours=3)
        with transaction():
            credit(organisation_id, euros(4), key="browser", kind="topup", actor=SYSTEM)
            for hours, meter, mb in (
                (0, "hosting.active", 4096),
                (30, "hosting.sleep", 1536),
                (31, "hosting.active", 3001),
            ):
                switch_interval(
                    organisation_id, server, meter, mb, begin + timedelta(hours=hours), f"browser-{hours}"
                )
        settle(organisation_id)
        issue_vouchers(site.people.olga.actor, amount=euros(25), count=3, purpose="Messe im Mai")
        db.session.remove()
    return site


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/guthaben", "alice"),
        ("/guthaben", "bob"),
        ("/guthaben/verlauf", "alice"),
        ("/guthaben/verlauf?kind=voucher", "alice"),
        ("/betrieb/gutscheine", "olga"),
        ("/betrieb/preise", "olga"),
    ],
)
def test_pages_with_money_are_clean(
    path: str, who: str, spent: Site, open_as: Callable[..., BrowserPage], axe: str
) -> None:
    assert look_at(open_as(who), spent.url + path, axe) == []


@pytest.mark.parametrize("javascript", [True, False])
def test_topping_up(javascript: bool, spent: Site, open_as: Callable[..., BrowserPage]) -> None:
    """A wrong amount is explained at its field; a right one arrives, with JavaScript and without."""
    page = open_as("alice", javascript=javascript)
    page.goto(f"{spent.url}/guthaben")
    form = page.locator("#top-up-form")
    form.get_by_label("Betrag in Euro").fill("viel")
    form.get_by_role("button").click()
    expect(page.locator("#top-up-form .field-error")).to_contain_text("12,50")
    page.locator("#top-up-form").get_by_label("Betrag in Euro").fill("7,50")
    page.locator("#top-up-form").get_by_role("button").click()
    expect(page.get_by_text("7,50 € sind deinem Guthaben gutgeschrieben")).to_be_visible()
