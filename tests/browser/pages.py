"""The pages that are opened in the browser. Pages without arguments are found by themselves (test_pages.py);
those that need an id, a query or a special person are listed here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.browser.site import Site


@dataclass(frozen=True)
class Page:
    """A page: its name in the test's report, its path (or how to get it from the site), and who opens it."""

    name: str
    path: str | Callable[[Site], str]
    as_: str = "alice"

    def url(self, site: Site) -> str:
        return site.url + (self.path if isinstance(self.path, str) else self.path(site))


PAGES: list[Page] = [
    *(
        Page(f"style guide: {part}", f"/_ui?section={part}")
        for part in ("controls", "data", "charts", "forms", "feedback", "live")
    ),
    Page("style guide in English", "/_ui?section=controls&lang=en"),
    Page("not found", "/there-is-nothing-here"),
    Page("not found, signed out", "/there-is-nothing-here", as_=""),
    Page("style guide, signed out", "/_ui?section=controls", as_=""),
]
