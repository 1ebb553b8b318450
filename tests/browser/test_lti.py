"""A nano in the frame of a foreign platform on another origin, without cookies: played to its end, and the score arrives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from playwright.sync_api import Page as BrowserPage

from app.kit.db import db
from app.nanos.models import Launch
from app.nanos.services import lti
from jobs.runtime import run
from tests.browser.site import Site
from tests.browser.test_nanos_play import origin, public
from tests.nanos import packages, rig
from tests.nanos.lti_platform import Moodle, running_platform
from tests.nanos.test_lti import at_home, typed
from tests.services.closing import put_away

pytestmark = pytest.mark.browser


@pytest.fixture
def moodle(site: Site) -> Iterator[Moodle]:
    """Connected with Alice's organisation."""
    with running_platform() as found, at_home(site.app):
        with site.app.app_context():
            alice = site.people.alice.actor
            made = lti.create_platform(alice, str(uuid4()), "Moodle")
            lti.connect_platform(alice, made, typed(found))
        found.registration.set_tool_key_set(site.app.test_client().get(f"/nanos/lti/{made}/jwks.json").json)
        found.login_url = f"{site.url}/nanos/lti/{made}/login"
        found.target = f"{site.url}/nanos/"
        yield found
        with site.app.app_context():
            lti.remove_platform(site.people.alice.actor, made)


@contextmanager
def stranger(browser: Browser) -> Iterator[tuple[BrowserContext, BrowserPage]]:
    """Somebody with a fresh browser."""
    context = browser.new_context(locale="de-DE", reduced_motion="reduce")
    try:
        yield context, context.new_page()
    finally:
        put_away(context)


def send_scores(site: Site) -> None:
    from app.core.models import Job

    with site.app.app_context():
        for job_id in db.session.scalars(
            db.select(Job.id).where(Job.path == "jobs.nanos.lti.send_score", Job.state == "queued")
        ).all():
            run(site.app, job_id)


def state_of(site: Site, nano_id: UUID) -> Any:
    with site.app.app_context():
        return db.session.query(Launch.state, Launch.sent).filter_by(nano_id=nano_id).one()


@pytest.mark.parametrize("apart", [True, False], ids=["own origin", "no origin"])
def test_a_package_plays_in_the_frame_of_a_platform(
    site: Site, browser: Browser, moodle: Moodle, apart: bool
) -> None:
    nano_id, _file = public(site, packages.lesson("2004"), f"Im LMS {apart}")
    moodle.target = f"{site.url}/nanos/{nano_id}"
    with origin(site, apart), stranger(browser) as (context, page):
        faults: list[str] = []
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.goto(f"{moodle.url}/course")
        tool = page.frame_locator("#tool")
        lesson = tool.frame_locator(".nanos-frame")
        lesson = lesson.frame_locator("#package") if apart else lesson
        expect(lesson.locator("#said")).to_have_text("at start ab-initio", timeout=15000)
        with page.expect_response(lambda got: "state" in (got.request.post_data or "") and got.ok):
            lesson.locator("#half").click()
        page.reload()
        expect(lesson.locator("#said")).to_have_text("at page 2 resume", timeout=15000)
        lesson.locator("#all").click()
        expect(tool.locator("[data-play-state]")).to_be_visible(timeout=15000)
        assert not [one for one in context.cookies() if site.url.startswith(f"http://{one['domain']}")], (
            "no cookie at all"
        )
        assert not faults, faults
    send_scores(site)
    assert [(one["userId"], one["scoreGiven"]) for one in moodle.scores] == [("4711", 85)], moodle.faults
    assert tuple(state_of(site, nano_id)) == ("sent", 85)


def test_a_teacher_chooses_and_a_learner_ticks_off(site: Site, browser: Browser, moodle: Moodle) -> None:
    nano_id, _file = public(site, rig.pdf(), "Für den Kurs gewählt", "blatt.pdf")
    with stranger(browser) as (_context, page):
        page.goto(f"{moodle.url}/teacher")
        tool = page.frame_locator("#tool")
        tool.get_by_label("Titel enthält").fill("kurs gewählt")
        tool.get_by_role("button", name="Suchen").click()
        tool.get_by_text("Für den Kurs gewählt").click()
        tool.get_by_role("button", name="In den Kurs übernehmen").click()
        expect(tool.locator("#back")).to_be_visible(timeout=15000)
        assert not moodle.faults and [one["title"] for one in moodle.items] == ["Für den Kurs gewählt"]
        moodle.target = moodle.items[0]["url"]
        page.goto(f"{moodle.url}/course")
        tool.get_by_role("button", name="Durchgearbeitet").click()
        expect(tool.get_by_text("erfährt das Ergebnis")).to_be_visible(timeout=15000)
    send_scores(site)
    assert [one["scoreGiven"] for one in moodle.scores] == [100] and tuple(state_of(site, nano_id)) == (
        "sent",
        100,
    )


def test_a_page_that_is_not_the_platform_shows_nothing(site: Site, browser: Browser, moodle: Moodle) -> None:
    """Another site frames the same launch: its own browser refuses to show it."""
    nano_id, _file = public(site, rig.pdf(), "Nicht im Rahmen anderer", "blatt.pdf")
    moodle.target = f"{site.url}/nanos/{nano_id}"
    with (
        stranger(browser) as (_context, page),
        running_platform(login_url=moodle.login_url, target=moodle.target) as evil,
    ):
        evil.login = moodle.login  # type: ignore[method-assign]
        page.goto(f"{evil.url}/course")
        page.wait_for_timeout(3000)
        assert not any(
            frame.url.startswith(f"{site.url}/nanos/lti/play") and "Nicht im Rahmen" in frame.content()
            for frame in page.frames
        )


def test_a_learner_on_a_phone(
    site: Site, browser: Browser, open_as: Callable[..., BrowserPage], axe: str
) -> None:
    page = open_as("")
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"{site.url}/nanos/lti/play/{site.made['lti_play']}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
