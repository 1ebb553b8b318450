"""Two moderators in two browsers: each sees at once what the other holds and decides; a guest without script gives notice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from app.accounts.api import create_person
from app.kit.db import db
from app.nanos.models import Case
from app.nanos.services.publishing import submit
from tests.browser.test_chat import Talk, connected, open_live, talk  # noqa: F401 - fixtures
from tests.nanos import rig
from tests.people import Someone
from tests.services.closing import put_away

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def nanos_are_live(monkeypatch: pytest.MonkeyPatch) -> None:
    """The live process reads its products from the environment."""
    monkeypatch.setenv("KONTOR_MODULES", "hosting,nanos")


def test_two_moderators_see_each_other(talk: Talk, open_live: Callable[..., Page]) -> None:  # noqa: F811
    site = talk.site
    with site.app.app_context():
        nano_id = rig.drafted(site.people.alice.actor)
        submit(site.people.alice.actor, nano_id)
        item = db.session.scalars(select(Case.id).where(Case.subject_id == nano_id)).one()
        otto = create_person(
            email="otto@example.org", name="Otto", password="vier Katzen auf dem Dach", is_operator=True
        )
    site.made["otto"] = Someone(otto, "Otto", "otto@example.org", None)
    address = f"{site.url}/nanos/moderation/cases/{item}"
    one, two, queue = (
        open_live("olga", address),
        open_live("otto", address),
        open_live("otto", f"{site.url}/nanos/moderation"),
    )
    connected(one, two, queue)
    expect(queue.get_by_text("1 Vorgang offen")).to_be_visible()
    one.get_by_role("button", name="Übernehmen").click()
    expect(one.get_by_role("button", name="Veröffentlichen")).to_be_visible()
    expect(two.locator(".nanos-mod-state")).to_contain_text("Olga bearbeitet das")
    expect(queue.get_by_role("cell").get_by_text("Olga")).to_be_visible()
    two.get_by_role("button", name="Übernehmen").click()  # still on the page; the server says no
    expect(two.get_by_text("Olga bearbeitet das gerade.").first).to_be_visible()
    one.get_by_role("button", name="Veröffentlichen").click()
    expect(two.locator(".nanos-mod-state")).to_contain_text("Veröffentlichen")
    expect(queue.get_by_text("0 Vorgänge offen")).to_be_visible()
    expect(queue.get_by_role("cell").get_by_text("erledigt")).to_be_visible()


def test_a_guest_without_script_gives_notice(browser: Browser, talk: Talk) -> None:  # noqa: F811
    site = talk.site
    with site.app.app_context():
        nano_id = rig.published(site.people)
    context = browser.new_context(
        java_script_enabled=False, locale="de-DE", viewport={"width": 390, "height": 800}
    )
    page = context.new_page()
    page.goto(f"{site.url}/nanos/report?url={site.url}/nanos/{nano_id}")
    page.get_by_label("Worum geht es?").select_option(label="Urheber-, Marken- oder andere Schutzrechte")
    page.get_by_label("Warum ist das rechtswidrig?").fill("Das Bild auf Seite 2 ist von mir.")
    page.get_by_role("button", name="Melden").click()
    expect(page.locator(".error-summary")).to_be_visible()
    page.get_by_label("Ihr Name").fill("Mia Muster")
    page.get_by_label("Ihre E-Mail-Adresse").fill("mia@example.net")
    page.get_by_label("Ich erkläre nach bestem Wissen").check()
    page.get_by_role("button", name="Melden").click()
    expect(page.get_by_role("heading", name="Meldung M-")).to_be_visible()
    expect(page.get_by_text("Wird geprüft")).to_be_visible()
    put_away(context)
