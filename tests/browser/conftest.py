"""A real Chromium against a real web process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from app.kit import assets
from app.kit.config import ROOT
from tests.browser.site import Site, running_site
from tests.services.closing import put_away


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), furnished=True, redis_url=redis_url) as running:
        yield running


@pytest.fixture(scope="session")
def axe(site: Site) -> str:
    """The text of axe-core, fetched with its checksum."""
    vendor = assets.vendor_dir(ROOT / "var")
    return (vendor / assets.read_manifest(vendor)["axe"]["path"]).read_text("utf-8")


@pytest.fixture(scope="session")
def browser(chromium: Browser) -> Browser:
    """The one browser of this test process."""
    return chromium


@pytest.fixture(scope="module")
def visit_as(browser: Browser, site: Site) -> Iterator[Callable[[str], Page]]:
    """`visit_as("alice")` gives a page of that person, closed by who asked: for looking only, since all share what the browser
    keeps. Live connections are accepted and silent."""
    contexts: dict[str, BrowserContext] = {}

    def start(name: str) -> Page:
        if name not in contexts:
            contexts[name] = _context(browser, site, name)
        return _quiet(contexts[name])

    yield start
    for context in contexts.values():
        put_away(context)


def _context(browser: Browser, site: Site, name: str, **more: Any) -> BrowserContext:
    options = {"locale": "de-DE", "timezone_id": "Europe/Berlin", "reduced_motion": "reduce"} | more
    context = browser.new_context(**options)
    if name:
        token = site.token(site.person(name))
        context.add_cookies([{"name": "kontor_session", "value": token, "url": site.url}])
    return context


def _quiet(context: BrowserContext) -> Page:
    page = context.new_page()
    page.route_web_socket("**/live", lambda ws: None)
    return page


@pytest.fixture
def open_as(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """`open_as("alice")` gives a browser page of that person; "" is nobody. Live connections are accepted and silent."""
    contexts: list[BrowserContext] = []

    def start(name: str = "alice", *, javascript: bool = True, locale: str = "de-DE") -> Page:
        context = _context(browser, site, name, java_script_enabled=javascript, locale=locale)
        contexts.append(context)
        return _quiet(context)

    yield start
    for context in contexts:
        put_away(context)
