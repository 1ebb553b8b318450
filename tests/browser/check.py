"""What every page must keep: axe finds nothing, nothing scrolls sideways, targets are large enough, no console errors."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import ConsoleMessage, Page

WIDTHS = (1280, 390, 320)
THEMES = ("light", "dark")
NARROWEST_LAYOUT = 390  # no rule of our style sheets looks at widths below this one
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SMALLEST_TARGET = 24

_SMALL_TARGETS = """(smallest) => {
  const found = [];
  for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
    const box = e.getBoundingClientRect();
    const style = getComputedStyle(e);
    if (!box.width || !box.height || style.visibility === "hidden" || style.display === "inline") continue;
    if (style.clipPath !== "none" || e.closest(".sr-only, [hidden]")) continue;
    const label = e.matches("input[type=checkbox], input[type=radio]") ? e.labels[0]?.getBoundingClientRect() : null;
    const height = Math.max(box.height, label ? label.height : 0);
    const width = Math.max(box.width, label ? label.width : 0);
    if (Math.round(height) < smallest || Math.round(width) < smallest) {
      found.push(`${e.outerHTML.slice(0, 120)} ${Math.round(width)}x${Math.round(height)}`);
    }
  }
  return found;
}"""

# A value that a grid has squeezed until it reads from top to bottom; two entries of the menu that both say "you are here".
_ODD = """() => {
  const menu = document.querySelector(".nav-list")?.parentElement;
  const here = [...(menu?.querySelectorAll(".nav-item[aria-current]") ?? [])];
  const found = here.slice(1).map((e) => `also here: ${e.textContent.trim()}`);
  for (const e of document.querySelectorAll("main :is(p, dd, dt, td, th, li, span, a, label)")) {
    if (e.children.length || e.textContent.trim().length < 4 || e.closest(".sr-only, [hidden]")) continue;
    const box = e.getBoundingClientRect(), style = getComputedStyle(e), size = parseFloat(style.fontSize);
    const squeezed = box.width && box.width < 2 * size && box.height > 4 * size;
    if (squeezed && style.writingMode === "horizontal-tb") found.push(`squeezed: ${e.outerHTML.slice(0, 120)}`);
  }
  return found;
}"""

SIDEWAYS = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const out = (e) => e.getBoundingClientRect().right > root.clientWidth + 1;
  const wide = [...document.querySelectorAll("body *")].filter((e) => out(e) && ![...e.children].some(out));
  return [`page is ${root.scrollWidth} wide`, ...wide.slice(0, 6).map((e) => e.outerHTML.slice(0, 120))];
}"""


@dataclass
class Listener:
    """Collects what the browser complains about while a page is open."""

    complaints: list[str] = field(default_factory=list)

    def attach(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        page.on("requestfailed", lambda r: self.complaints.append(f"request failed: {r.url} {r.failure}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"console: {message.text} ({message.location.get('url', '')})")


def until(page: Page, holds: str, seconds: float = 30.0) -> None:
    """Wait for an expression to hold. The driver's own way looks once and then has the page evaluate a string, which our
    policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(holds):
        assert time.monotonic() < end, f"never: {holds}"
        page.wait_for_timeout(30)


def axe_violations(page: Page, axe: str, *, colours_only: bool = False) -> list[str]:
    """Rule, number of nodes and the first node of each violation."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe)
    only = {"type": "rule", "values": COLOUR_RULES} if colours_only else {"type": "tag", "values": TAGS}
    result: dict[str, Any] = page.evaluate(
        "(only) => axe.run(document, {runOnly: only, resultTypes: ['violations']})", only
    )
    return [
        f"{v['id']} ({len(v['nodes'])}): {v['nodes'][0]['html'][:160]} {json.dumps(v['nodes'][0]['any'][:1])[:240]}"
        for v in result["violations"]
    ]


def check_page(
    page: Page, axe: str, *, widths: tuple[int, ...] = WIDTHS, themes: tuple[str, ...] = THEMES
) -> list[str]:
    """Everything wrong with the page that is open, in each theme and width; empty is good.

    A theme changes colours and nothing else: further ones are looked at once, on the telephone, where all content is.
    """
    wrong: list[str] = []
    for width in widths:
        _show(page, themes[0], width)
        here = f"{themes[0]} {width}"
        if width >= NARROWEST_LAYOUT:
            wrong += [f"{here}: axe {v}" for v in axe_violations(page, axe)]
        wrong += [f"{here}: sideways {v}" for v in _sideways(page)]
        wrong += [f"{here}: small target {v}" for v in page.evaluate(_SMALL_TARGETS, SMALLEST_TARGET)]
        wrong += [f"{here}: {v}" for v in page.evaluate(_ODD)]
    narrow = min((width for width in widths if width >= NARROWEST_LAYOUT), default=min(widths))
    for theme in themes[1:]:
        _show(page, theme, narrow)
        wrong += [f"{theme} {narrow}: axe {v}" for v in axe_violations(page, axe, colours_only=True)]
    return wrong


def _sideways(page: Page) -> list[str]:
    """What is too wide when the page has come to rest: charts take a moment to follow."""
    found: list[str] = []
    for _ in range(4):
        found = page.evaluate(SIDEWAYS)
        if not found:
            break
        page.wait_for_timeout(250)
    return found


def _show(page: Page, theme: str, width: int) -> None:
    page.evaluate("(theme) => { document.documentElement.dataset.theme = theme }", theme)
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
    )
