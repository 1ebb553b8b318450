"""Every page keeps the promises of the interface, in light and dark at 1280, 390 and 320 px."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page as BrowserPage

from tests.browser.check import Listener, check_page, until
from tests.browser.pages import PAGES, Page
from tests.browser.site import Site

pytestmark = pytest.mark.browser

PARTS = 4  # so that the processes of a test run can share them

OTHER_THAN_PAGES = (
    "/static/",
    "/vendor/",
    "/api/",
    "/metrics",
    "/healthz",
    "/readyz",
    "/accent.css",
    "/_live/",
    "/_ui",
)


def plain_pages(site: Site, person: str) -> list[str]:
    """Paths of all pages without arguments that answer this person with HTML."""
    client = site.app.test_client()
    if person:
        token = site.token(getattr(site.people, person))
        client.set_cookie("kontor_session", token, domain="127.0.0.1")
    found = []
    for rule in site.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.arguments or rule.rule.startswith(OTHER_THAN_PAGES):
            continue
        answer = client.get(rule.rule, base_url=site.url)
        if (
            answer.status_code == 200
            and answer.mimetype == "text/html"
            and answer.data.lstrip().startswith(b"<!doctype")
        ):
            found.append(rule.rule)
        answer.close()
    return sorted(set(found))


def look_at(page: BrowserPage, url: str, axe: str, status: int = 200) -> list[str]:
    """What is wrong with a page. Looks again when the machine's network interfaces changed meanwhile: that says nothing."""
    wrong: list[str] = []
    for _ in range(5):
        try:
            wrong = look_once(page, url, axe, status)
        except PlaywrightError as error:
            wrong = [str(error)]
        if not any("ERR_NETWORK_CHANGED" in complaint for complaint in wrong):
            break
    return wrong


def look_once(page: BrowserPage, url: str, axe: str, status: int) -> list[str]:
    listener = Listener()
    listener.attach(page)
    answer = page.goto(url)
    assert answer is not None
    assert answer.status == status
    until(page, "() => document.fonts.status === 'loaded'")
    wrong = check_page(page, axe)
    # A page that is an error page says so in the console by its own status; that is not a fault of the page.
    return wrong + [c for c in listener.complaints if f"({url})" not in c or "status of 4" not in c]


@pytest.mark.parametrize("listed", PAGES, ids=lambda p: p.name)
def test_listed_page_is_clean(
    listed: Page, site: Site, visit_as: Callable[[str], BrowserPage], axe: str
) -> None:
    page = visit_as(listed.as_)
    wrong = look_at(page, listed.url(site), axe, listed.status)
    page.close()
    assert wrong == []


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("person", ["alice", "bob", "olga", ""])
def test_every_page_without_arguments_is_clean(
    person: str, part: int, site: Site, visit_as: Callable[[str], BrowserPage], axe: str
) -> None:
    wrong = {}
    already = set(plain_pages(site, "alice")) if person in ("bob", "olga") else set()
    paths = [path for path in plain_pages(site, person) if path not in already]
    for path in paths[part::PARTS]:
        page = visit_as(person)
        found = look_at(page, site.url + path, axe)
        page.close()
        if found:
            wrong[path] = found
    assert wrong == {}
