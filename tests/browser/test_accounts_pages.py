"""Accounts in a browser: pages behind links and forms are clean, and the way in works with and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pyotp
import pytest
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect

from app.accounts.services import invitation, sign_in
from app.accounts.services.person import create_person
from app.accounts.services.session import Visitor
from app.kit.db import db
from tests.accounts.mailbox import last
from tests.browser.check import check_page
from tests.browser.site import Site
from tests.browser.test_pages import look_at
from tests.people import PASSWORD

pytestmark = pytest.mark.browser
Open = Callable[..., BrowserPage]


def somebody(site: Site) -> str:
    """A fresh person's address; the password is everybody's."""
    email = f"p{uuid4().hex[:10]}@example.org"
    with site.app.app_context():
        create_person(email=email, name="Paula Probe", password=PASSWORD)
        db.session.remove()
    return email


def mailed(site: Site, email: str) -> str:
    """The address of the link in the newest mail."""
    with site.app.app_context():
        path = last(email).path
        db.session.remove()
    return site.url + path


def link(site: Site, kind: str, email: str) -> str:
    with site.app.app_context():
        sign_in.mail_link(email, kind=kind, visitor=Visitor(f"10.9.8.{len(email)}"), locale="de")
        db.session.remove()
    return mailed(site, email)


def invite(site: Site, email: str) -> str:
    with site.app.app_context():
        invitation.invite(site.people.alice.actor, email=email, role="member")
        db.session.remove()
    return mailed(site, email)


def fill_sign_in(page: BrowserPage, site: Site, email: str, password: str = PASSWORD) -> None:
    page.goto(f"{site.url}/anmelden")
    page.get_by_label("E-Mail-Adresse").fill(email)
    page.get_by_label("Passwort", exact=True).fill(password)
    page.get_by_role("button", name="Anmelden", exact=True).click()


@pytest.mark.parametrize("kind", ["magic", "reset"])
def test_pages_behind_mailed_links_are_clean(kind: str, site: Site, open_as: Open, axe: str) -> None:
    assert look_at(open_as(""), link(site, kind, somebody(site)), axe) == []


def test_pages_of_an_invitation_are_clean(site: Site, open_as: Open, axe: str) -> None:
    url = invite(site, f"n{uuid4().hex[:10]}@example.org")
    assert look_at(open_as(""), url, axe) == []
    assert look_at(open_as("cleo"), url, axe) == []


def test_pages_about_one_person_are_clean(site: Site, open_as: Open, axe: str) -> None:
    bob = site.people.bob.id
    for path in (
        f"/organisation/mitglieder/{bob}",
        f"/organisation/mitglieder/{bob}/ende",
        "/organisation/mitglieder",
    ):
        assert look_at(open_as("alice"), site.url + path, axe) == []


@pytest.mark.parametrize("javascript", [True, False])
def test_signing_up_with_a_mistake_first(javascript: bool, site: Site, open_as: Open, axe: str) -> None:
    page = open_as("", javascript=javascript)
    email = f"s{uuid4().hex[:10]}@example.org"
    page.goto(f"{site.url}/registrieren")
    page.get_by_label("Dein Name").fill("Sina Neu")
    page.get_by_label("E-Mail-Adresse").fill(email)
    page.get_by_label("Passwort").fill("kurz")
    page.get_by_label("Name deiner Organisation").fill("Sinas Server")
    page.get_by_role("button", name="Konto anlegen").click()
    expect(page.locator("#password-error")).to_contain_text("mindestens 10 Zeichen")
    expect(page.get_by_label("Dein Name")).to_have_value("Sina Neu")
    if javascript:
        expect(page.locator("[data-error-summary]")).to_be_focused()
        assert check_page(page, axe) == []
    page.get_by_label("Passwort").fill("ein langes Passwort")
    page.get_by_role("button", name="Konto anlegen").click()
    expect(page.get_by_role("heading", name="Schau in dein Postfach")).to_be_visible()
    page.goto(mailed(site, email))
    page.get_by_role("button", name="Bestätigen und anmelden").click()
    expect(page.get_by_text("Willkommen, dein Konto ist eingerichtet.")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_the_second_factor_from_the_first_scan_to_the_next_sign_in(
    javascript: bool, site: Site, open_as: Open, axe: str
) -> None:
    email = somebody(site)
    page = open_as("", javascript=javascript)
    fill_sign_in(page, site, email, "falsch, ganz falsch")
    expect(page.get_by_text("E-Mail-Adresse oder Passwort stimmt nicht.")).to_be_visible()
    page.get_by_label("Passwort", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Anmelden", exact=True).click()
    page.wait_for_url(lambda url: "/anmelden" not in url)
    page.goto(f"{site.url}/konto/zweiter-faktor")
    expect(page.get_by_role("img", name="QR-Code für die Authenticator-App")).to_be_visible()
    secret = (page.locator(".copy code").text_content() or "").replace(" ", "")
    page.get_by_label("Code aus der App").fill(pyotp.TOTP(secret).now())
    page.get_by_label("Jetziges Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Einschalten").click()
    expect(page.get_by_role("heading", name="Deine Ersatzcodes")).to_be_visible()
    codes = (page.locator("pre code").text_content() or "").split()
    if javascript:
        assert check_page(page, axe) == []
    with page.expect_download() as started:
        page.get_by_role("button", name="Als Datei laden").click()
    assert all(code in started.value.path().read_text("utf-8") for code in codes)
    page.goto(f"{site.url}/konto/profil")
    page.context.clear_cookies()
    fill_sign_in(page, site, email)
    expect(page.get_by_role("heading", name="Zweiter Faktor")).to_be_visible()
    if javascript:
        assert check_page(page, axe) == []
    page.get_by_label("Code aus der App oder Ersatzcode").fill(codes[0])
    page.get_by_role("button", name="Weiter").click()
    page.wait_for_url(lambda url: "/anmelden" not in url)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_token_is_shown_once(javascript: bool, site: Site, open_as: Open, axe: str) -> None:
    page = open_as("dora", javascript=javascript)
    page.goto(f"{site.url}/organisation/token/neu")
    page.get_by_label("Name", exact=True).fill("Trainings-Bot")
    page.get_by_role("button", name="Token anlegen").click()
    expect(page.locator("#scopes-error")).to_be_visible()
    page.get_by_label("Mitglieder lesen").check()
    page.get_by_role("button", name="Token anlegen").click()
    expect(page.get_by_role("heading", name="Dein neues Token")).to_be_visible()
    if javascript:
        assert check_page(page, axe) == []
    page.get_by_role("link", name="Fertig").click()
    expect(page.get_by_role("rowheader", name="Trainings-Bot").first).to_be_visible()


def test_the_page_before_is_gone_after_signing_out(site: Site, open_as: Open) -> None:
    page = open_as("bob")
    page.goto(f"{site.url}/konto/profil")
    page.locator("summary.avatar-button").click()
    page.get_by_role("button", name="Abmelden").click()
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
