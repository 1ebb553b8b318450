"""What every chart is drawn from: texts, rules, axes, as strings of SVG. Pure.

Presentation attributes carry the print colours, classes the page's: CSS beats the attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDE = 720
NARROW = 340
FONT = "Inter, system-ui, sans-serif"
COLOURS = ("#2f4ac9", "#b3470b", "#0b6e5a", "#7a2f9e")
DASHES = ("", "7 5", "2 4", "10 4 2 4")
TEXT, INK, GRID, AXIS = "#55606e", "#1b2430", "#d5dae1", "#7b8592"
SIZE = 12.5
Format = Callable[[float], str]


def plain(value: float, language: str = "de") -> str:
    """A tick's number without needless zeros."""
    text = f"{value:.10g}"
    return text if language == "en" else text.replace(".", ",")


def num(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def text(
    x: float,
    y: float,
    words: str,
    *,
    anchor: str = "start",
    style: str = "c-text",
    fill: str = TEXT,
    weight: int = 0,
) -> str:
    bold = f' font-weight="{weight}"' if weight else ""
    return f'<text x="{num(x)}" y="{num(y)}" text-anchor="{anchor}" class="{style}" fill="{fill}"{bold}>{escape(words)}</text>'


def rule(x1: float, y1: float, x2: float, y2: float, style: str = "c-grid", colour: str = GRID) -> str:
    where = f'x1="{num(x1)}" y1="{num(y1)}" x2="{num(x2)}" y2="{num(y2)}"'
    return f'<line {where} class="{style}" stroke="{colour}" stroke-width="1"/>'


def svg(width: float, height: float, title: str, parts: Sequence[str], style: str = "") -> Markup:
    look = f' class="{style}"' if style else ""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {num(width)} {num(height)}" width="{num(width)}" '
        f'height="{num(height)}" role="img" font-family="{FONT}" font-size="{SIZE}"{look}><title>{escape(title)}</title>'
    )
    return Markup(head + "".join(parts) + "</svg>")  # noqa: S704 - every text went through escape()


def width_of(words: str) -> float:
    """Roughly how wide a text is drawn."""
    return len(words) * SIZE * 0.58


def shorten(words: str, room: float) -> str:
    most = max(3, int(room / (SIZE * 0.58)))
    return words if len(words) <= most else words[: most - 1] + "…"


@dataclass(frozen=True)
class Box:
    """The plotting area and its scales."""

    left: float
    right: float
    top: float
    bottom: float
    low: float
    high: float

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.bottom - share * (self.bottom - self.top)


def grid(box: Box, ticks: Sequence[float], tick: Format) -> list[str]:
    parts = []
    for value in ticks:
        y = box.y(value)
        base = value == box.low
        parts.append(rule(box.left, y, box.right, y, "c-axis" if base else "c-grid", AXIS if base else GRID))
        parts.append(text(box.left - 8, y + 4, tick(value), anchor="end"))
    return parts


def nothing(width: int, height: int, title: str, words: str) -> Markup:
    return svg(width, height, title, [text(width / 2, height / 2, words, anchor="middle")])
