"""Charts as SVG, the same for page and PDF. Pure: everything shown is passed in.

Presentation attributes carry the print colours, classes the page's: CSS beats the attributes, and WeasyPrint does not
apply page CSS inside SVG. Lines differ by dash as well as by colour and are named at their end. A missing value is a gap.
Draw each chart twice, `width=WIDE` and `width=NARROW`; `ui.chart` shows the one that fits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import partial

from markupsafe import Markup

from app.kit.chart_parts import (
    AXIS,
    COLOURS,
    DASHES,
    INK,
    NARROW,
    WIDE,
    Box,
    Format,
    grid,
    nothing,
    num,
    plain,
    rule,
    shorten,
    svg,
    text,
    width_of,
)
from app.kit.chart_scale import day_label, nice_ticks, time_ticks

__all__ = [
    "NARROW",
    "WIDE",
    "Series",
    "bars",
    "line_chart",
    "runs",
    "sparkline",
    "spread",
    "stacked_days",
    "thin",
]


@dataclass(frozen=True)
class Series:
    """One line: a short name and (aware time, value or None) in order of time."""

    name: str
    points: Sequence[tuple[datetime, float | None]]
    fill: bool = False


def thin(points: Sequence[tuple[datetime, float | None]], most: int) -> list[tuple[datetime, float | None]]:
    """At most `most` points: means of neighbours; a stretch without any value stays without."""
    if len(points) <= most:
        return list(points)
    found: list[tuple[datetime, float | None]] = []
    for i in range(most):
        part = points[i * len(points) // most : (i + 1) * len(points) // most]
        values = [value for _at, value in part if value is not None]
        found.append((part[len(part) // 2][0], sum(values) / len(values) if values else None))
    return found


def runs(points: Sequence[tuple[datetime, float | None]]) -> list[list[tuple[datetime, float]]]:
    """The stretches between gaps."""
    found: list[list[tuple[datetime, float]]] = [[]]
    for at, value in points:
        if value is None:
            if found[-1]:
                found.append([])
        else:
            found[-1].append((at, value))
    return [run for run in found if run]


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions close to the wanted ones, at least `gap` apart, between low and high where that is possible."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed = [0.0] * len(wanted)
    before = low - gap
    for i in order:
        before = placed[i] = max(wanted[i], before + gap)
    after = high + gap
    for i in reversed(order):
        after = placed[i] = min(placed[i], after - gap)
    return placed


def line_chart(
    series: Sequence[Series],
    *,
    title: str,
    zone: tzinfo | str,
    width: int = WIDE,
    height: int = 0,
    language: str = "de",
    tick: Format | None = None,
    low: float = 0,
    high: float | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    empty: str = "Noch keine Werte",
) -> Markup:
    """Up to four lines over time. `tick` writes the numbers of the axis; `high` fixes its top (100 for percent)."""
    tick = tick or partial(plain, language=language)
    height = height or (220 if width <= NARROW else 250)
    values = [value for one in series for _at, value in one.points if value is not None]
    times = [at for one in series for at, _value in one.points]
    start, end = start or min(times, default=None), end or max(times, default=None)
    if not values or start is None or end is None or end <= start:
        return nothing(width, height, title, empty)
    ticks = nice_ticks(min(low, *values), max([*values, *([high] if high is not None else [])]), 4)
    names = max(width_of(one.name) for one in series) * 1.2 + 14
    box = Box(
        max(width_of(tick(value)) for value in ticks) + 10,
        width - names,
        10,
        height - 24,
        ticks[0],
        ticks[-1],
    )
    seconds = (end - start).total_seconds()

    def x(at: datetime) -> float:
        return box.left + (at - start).total_seconds() / seconds * (box.right - box.left)

    parts = grid(box, ticks, tick)
    count = int((box.right - box.left) / 64)
    for at, words in time_ticks(start, end, count, zone, language):
        parts.append(text(min(max(x(at), 18), width - 18), height - 6, words, anchor="middle"))
    ends: list[tuple[int, str, float]] = []
    for i, one in enumerate(series):
        drawn = runs(thin([p for p in one.points if start <= p[0] <= end], int(box.right - box.left)))
        parts += [_line(run, i, one.fill, box, x) for run in drawn]
        if drawn:
            ends.append((i, one.name, box.y(drawn[-1][-1][1])))
    placed = spread([y for _i, _name, y in ends], 16, box.top + 4, box.bottom)
    for (i, name, _y), y in zip(ends, placed, strict=True):
        parts.append(text(box.right + 8, y + 4, name, style=f"c-fill-{i + 1}", fill=COLOURS[i], weight=600))
    return svg(width, height, title, parts)


def _line(
    run: Sequence[tuple[datetime, float]], i: int, fill: bool, box: Box, x: Callable[[datetime], float]
) -> str:
    corners = [(x(at), box.y(value)) for at, value in run]
    if len(corners) == 1:
        cx, cy = corners[0]
        return f'<circle cx="{num(cx)}" cy="{num(cy)}" r="2.5" class="c-fill-{i + 1}" fill="{COLOURS[i]}"/>'
    path = "M" + "L".join(f"{num(px)} {num(py)}" for px, py in corners)
    dash = f' stroke-dasharray="{DASHES[i]}"' if DASHES[i] else ""
    drawn = (
        f'<path d="{path}" fill="none" class="c-line-{i + 1}" stroke="{COLOURS[i]}" stroke-width="2" '
        f'stroke-linejoin="round" stroke-linecap="round"{dash}/>'
    )
    if not fill:
        return drawn
    area = f"{path}L{num(corners[-1][0])} {num(box.bottom)}L{num(corners[0][0])} {num(box.bottom)}Z"
    return f'<path d="{area}" class="c-fill-{i + 1}" fill="{COLOURS[i]}" fill-opacity="0.1"/>{drawn}'


def stacked_days(
    days: Sequence[date],
    series: Sequence[tuple[str, Sequence[float]]],
    *,
    title: str,
    width: int = WIDE,
    height: int = 0,
    language: str = "de",
    tick: Format | None = None,
    empty: str = "Noch keine Werte",
) -> Markup:
    """One bar a day, made of up to four parts; the legend stands in the order of the stack, bottom first."""
    tick = tick or partial(plain, language=language)
    height = height or (230 if width <= NARROW else 260)
    sums = [sum(max(0.0, values[i]) for _name, values in series) for i in range(len(days))]
    if not days or max(sums, default=0) <= 0:
        return nothing(width, height, title, empty)
    ticks = nice_ticks(0, max(sums), 4)
    top = 30 if len(series) > 1 else 10
    box = Box(max(width_of(tick(v)) for v in ticks) + 10, width - 4, top, height - 24, ticks[0], ticks[-1])
    slot = (box.right - box.left) / len(days)
    bar = max(1.0, min(36.0, slot * 0.7))
    parts = grid(box, ticks, tick)
    labels = [day_label(datetime(day.year, day.month, day.day), language) for day in days]  # noqa: DTZ001
    every = max(1, math.ceil((max(map(width_of, labels)) + 8) / slot))
    for i, label in enumerate(labels):
        left = box.left + slot * (i + 0.5) - bar / 2
        if i % every == 0:
            parts.append(text(left + bar / 2, height - 6, label, anchor="middle"))
        below = 0.0
        for number, (_name, values) in enumerate(series):
            value = max(0.0, values[i])
            if value:
                parts.append(
                    _block(left, box.y(below + value), bar, box.y(below) - box.y(below + value), number)
                )
            below += value
    parts.append(rule(box.left, box.bottom, box.right, box.bottom, "c-axis", AXIS))
    return svg(
        width, height, title, parts + (_legend([n for n, _v in series], box.left) if len(series) > 1 else [])
    )


def _block(x: float, y: float, width: float, height: float, number: int) -> str:
    return (
        f'<rect x="{num(x)}" y="{num(y)}" width="{num(width)}" height="{num(max(height, 0.5))}" '
        f'class="c-fill-{number + 1} c-gap" fill="{COLOURS[number]}" stroke="#ffffff" stroke-width="1"/>'
    )


def _legend(names: Sequence[str], left: float) -> list[str]:
    parts, x = [], left
    for number, name in enumerate(names):
        parts.append(_block(x, 6, 11, 11, number))
        parts.append(text(x + 16, 16, name, style="c-ink", fill=INK))
        x += 16 + width_of(name) + 18
    return parts


def bars(
    rows: Sequence[tuple[str, float]],
    *,
    title: str,
    width: int = WIDE,
    value: Format = plain,
    empty: str = "Noch keine Werte",
) -> Markup:
    """Horizontal bars with name and value written out; on narrow charts the name stands above its bar."""
    if not rows:
        return nothing(width, 60, title, empty)
    stacked = width <= NARROW
    room = max(width_of(value(v)) for _n, v in rows) + 12
    side = 0.0 if stacked else min(max(width_of(name) for name, _v in rows) + 12, width * 0.35)
    most = max((v for _n, v in rows), default=0) or 1
    pitch, thick = (44, 14) if stacked else (30, 18)
    parts = []
    for i, (name, amount) in enumerate(rows):
        y = i * pitch + 4
        length = max(2.0, max(0.0, amount) / most * (width - side - room))
        if stacked:
            parts.append(text(0, y + 12, shorten(name, width - 8), style="c-ink", fill=INK))
            y += 18
        else:
            parts.append(
                text(side - 10, y + 13.5, shorten(name, side - 12), anchor="end", style="c-ink", fill=INK)
            )
        parts.append(
            f'<rect x="{num(side)}" y="{num(y)}" width="{num(length)}" height="{thick}" rx="3" class="c-fill-1" '
            f'fill="{COLOURS[0]}"/>'
        )
        parts.append(
            text(side + length + 6, y + thick / 2 + 4.5, value(amount), style="c-ink", fill=INK, weight=600)
        )
    return svg(width, len(rows) * pitch + 8, title, parts)


def sparkline(values: Sequence[float | None], *, title: str, width: int = 120, height: int = 28) -> Markup:
    """A word-sized line without axes, lowest value at the bottom."""
    known = [v for v in values if v is not None]
    if len(known) < 2:
        return svg(width, height, title, [rule(0, height / 2, width, height / 2)], "sparkline")
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    step = (width - 4) / (len(values) - 1)
    paths, pen = [], False
    for i, v in enumerate(values):
        if v is None:
            pen = False
            continue
        paths.append(
            f"{'L' if pen else 'M'}{num(2 + i * step)} {num(height - 3 - (v - low) / span * (height - 6))}"
        )
        pen = True
    line = (
        f'<path d="{"".join(paths)}" fill="none" class="c-line-1" stroke="{COLOURS[0]}" stroke-width="1.75" '
        'stroke-linejoin="round" stroke-linecap="round"/>'
    )
    return svg(width, height, title, [line], "sparkline")
