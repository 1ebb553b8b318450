"""From a pasted address to a message in the channel, with and without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from app.hosting.gateways.discord import Discord
from app.hosting.services.webhook import EXTENSION, use_discord
from tests.browser.check import Listener, axe_violations
from tests.browser.site import Site
from tests.services.discord import TOKEN, FakeDiscord
from tests.services.discord import discord as discord

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _discord(site: Site, discord: FakeDiscord) -> Iterator[None]:
    kept = site.app.extensions.get(EXTENSION)
    use_discord(site.app, Discord(discord.url))
    yield
    use_discord(site.app, kept)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_webhook_is_entered_tested_and_found_gone(
    site: Site, open_as: Callable[..., Page], discord: FakeDiscord, axe: str, javascript: bool
) -> None:
    label = "#neu mit Skript" if javascript else "#neu"
    number = 7 if javascript else 8
    page = open_as("alice", javascript=javascript)
    listener = Listener()
    page.goto(f"{site.url}/hosting/servers/{site.made['stopped']}/webhooks")
    page.get_by_label("Adresse des Webhooks").fill("https://evil.example/api/webhooks/1/2")
    page.get_by_label("Name für euch").fill(label)
    page.get_by_role("button", name="Eintragen").click()
    expect(page.locator(".error-summary")).to_contain_text("Das ist keine Adresse von Discord.")
    listener.attach(page)
    page.get_by_label("Adresse des Webhooks").fill(f" {discord.webhook(number)} ")
    page.get_by_role("button", name="Eintragen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(label)
    page.get_by_role("button", name="Testnachricht senden").click()
    expect(page.get_by_text("Angekommen. Schau in deinen Kanal.")).to_be_visible()
    expect(page.get_by_role("row", name="Testnachricht")).to_contain_text("Angekommen")
    assert [one["embeds"][0]["title"] for one in discord.messages(number)] == [
        "Testnachricht von SkyBlock Klasse 9b"
    ]
    if javascript:
        assert axe_violations(page, axe) == []
        page.get_by_role("button", name="Testnachricht senden").click()
        expect(page.get_by_role("row", name="Testnachricht")).to_have_count(2)
    discord.remove(number)
    page.get_by_role("button", name="Testnachricht senden").click()
    expect(page.get_by_text("Ausgeschaltet seit")).to_be_visible()
    expect(page.locator(".note.bad")).to_contain_text("gibt es in Discord nicht mehr")
    assert TOKEN not in page.content()
    page.get_by_role("link", name="Löschen …").click()
    page.get_by_role("button", name="Webhook löschen").click()
    expect(page.locator(".toast").last).to_contain_text("Webhook gelöscht.")
    assert listener.complaints == []
