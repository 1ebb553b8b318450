"""What every page must keep: axe finds nothing, nothing scrolls sideways, targets are large enough, no console errors."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import ConsoleMessage, Page

WIDTHS = (1280, 390, 320)
THEMES = ("light", "dark")
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

_SIDEWAYS = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const wide = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1);
  return [`page is ${root.scrollWidth} wide`, ...wide.slice(-3).map((e) => e.outerHTML.slice(0, 120))];
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


def axe_violations(page: Page, axe: str) -> list[str]:
    """Rule, number of nodes and the first node of each violation."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe)
    result: dict[str, Any] = page.evaluate(
        "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})",
        TAGS,
    )
    return [
        f"{v['id']} ({len(v['nodes'])}): {v['nodes'][0]['html'][:160]} {json.dumps(v['nodes'][0]['any'][:1])[:240]}"
        for v in result["violations"]
    ]


def check_page(
    page: Page, axe: str, *, widths: tuple[int, ...] = WIDTHS, themes: tuple[str, ...] = THEMES
) -> list[str]:
    """Everything wrong with the page that is open, in each theme and width; empty is good."""
    wrong: list[str] = []
    for theme in themes:
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme }", theme)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            here = f"{theme} {width}"
            wrong += [f"{here}: axe {v}" for v in axe_violations(page, axe)]
            wrong += [f"{here}: sideways {v}" for v in page.evaluate(_SIDEWAYS)]
            wrong += [f"{here}: small target {v}" for v in page.evaluate(_SMALL_TARGETS, SMALLEST_TARGET)]
    return wrong
