"""A measurement as SVG: its mean as a line in the band between lowest and highest value, events as marks on the axis.

It is what people see who have no scripts, and everybody until the script has its values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup, escape

from app.hosting.rules.monitoring import Track
from app.kit import chart_parts as parts
from app.kit.chart_scale import nice_ticks, time_ticks

HEIGHT = 150
_TONES = {
    "ok": ("c-mark-ok", "#0b6e4f"),
    "warn": ("c-mark-warn", "#8a4b00"),
    "bad": ("c-mark-bad", "#b3261e"),
}
_PLAIN = ("c-mark", "#55606e")
Corner = tuple[float, float, float]


@dataclass(frozen=True)
class Frame:
    """What the charts of a page have in common: where points begin, how far the axis reaches, what happened."""

    at: Sequence[int]
    since: int
    until: int
    zone: str
    language: str
    events: Sequence[dict[str, Any]]


def band_chart(
    frame: Frame,
    tracks: Sequence[Track],
    *,
    title: str,
    width: int,
    write: Callable[[float | None], str],
    high: float | None = None,
    binary: bool = False,
    empty: str = "",
) -> Markup:
    """The tracks in one chart of `width`; `high` is what the axis reaches at least, `binary` counts in 1024."""
    most = [value for track in tracks for value in track.peak if value is not None]
    if not most:
        return parts.nothing(width, HEIGHT, title, empty)
    ticks = _ticks(max(*most, high or 0), binary)
    left = max(parts.width_of(write(value)) for value in ticks) + 10
    box = parts.Box(left, width - 8, 16, HEIGHT - 24, ticks[0], ticks[-1])
    seconds = max(1, frame.until - frame.since)

    def x(at: float) -> float:
        share = (min(max(at, frame.since), frame.until) - frame.since) / seconds
        return box.left + share * (box.right - box.left)

    drawn = parts.grid(box, ticks, write)
    since, until = (datetime.fromtimestamp(at, UTC) for at in (frame.since, frame.until))
    for moment, words in time_ticks(
        since, until, int((box.right - box.left) / 64), frame.zone, frame.language
    ):
        where = min(max(x(moment.timestamp()), 18), width - 18)
        drawn.append(parts.text(where, HEIGHT - 6, words, anchor="middle"))
    for event in frame.events:
        drawn.append(_mark(x(event["at"]), box, event))
    for number, track in enumerate(tracks):
        drawn += [_run(run, number, box) for run in _runs(frame.at, track, x)]
    return parts.svg(width, HEIGHT, title, drawn)


def _ticks(high: float, binary: bool) -> list[float]:
    """Round numbers in the unit they are written in."""
    unit = 1.0
    while binary and high / unit >= 1024:
        unit *= 1024
    return [tick * unit for tick in nice_ticks(0, high / unit, 3)]


def _runs(
    at: Sequence[int], track: Track, x: Callable[[float], float]
) -> Iterator[list[tuple[float, Corner]]]:
    """The stretches between gaps: where, and (lowest, mean, highest)."""
    run: list[tuple[float, Corner]] = []
    for moment, low, mean, peak in zip(at, track.low, track.mean, track.peak, strict=True):
        if low is None or mean is None or peak is None:
            if run:
                yield run
            run = []
        else:
            run.append((x(moment), (low, mean, peak)))
    if run:
        yield run


def _run(run: list[tuple[float, Corner]], number: int, box: parts.Box) -> str:
    def corner(where: float, value: float) -> str:
        return f"{parts.num(where)} {parts.num(box.y(value))}"

    colour = parts.COLOURS[number]
    if len(run) == 1:
        where, (low, mean, peak) = run[0]
        stick = parts.rule(where, box.y(low), where, box.y(peak), f"c-line-{number + 1}", colour)
        dot = f'<circle cx="{parts.num(where)}" cy="{parts.num(box.y(mean))}" r="2" class="c-fill-{number + 1}" fill="{colour}"/>'
        return stick + dot
    middle = "L".join(corner(where, mean) for where, (_low, mean, _peak) in run)
    upper = "L".join(corner(where, peak) for where, (_low, _mean, peak) in run)
    lower = "L".join(corner(where, low) for where, (low, _mean, _peak) in reversed(run))
    dash = f' stroke-dasharray="{parts.DASHES[number]}"' if parts.DASHES[number] else ""
    return (
        f'<path d="M{upper}L{lower}Z" class="c-fill-{number + 1}" fill="{colour}" fill-opacity="0.18"/>'
        f'<path d="M{middle}" fill="none" class="c-line-{number + 1}" stroke="{colour}" stroke-width="1.75" '
        f'stroke-linejoin="round"{dash}/>'
    )


def _mark(where: float, box: parts.Box, event: dict[str, Any]) -> str:
    """A line at its time; what went wrong has a triangle, the rest a dot."""
    style, colour = _TONES.get(event["tone"], _PLAIN)
    line = f'<line x1="{parts.num(where)}" y1="{parts.num(box.top)}" x2="{parts.num(where)}" y2="{parts.num(box.bottom)}" '
    line += f'class="{style}" stroke="{colour}" stroke-width="1" stroke-dasharray="2 3"/>'
    if event["tone"] == "bad":
        path = f"M{parts.num(where - 5)} 14L{parts.num(where + 5)} 14L{parts.num(where)} 5Z"
        sign = f'<path d="{path}" class="{style}" fill="{colour}"/>'
    else:
        sign = f'<circle cx="{parts.num(where)}" cy="10" r="3.5" class="{style}" fill="{colour}"/>'
    return f"<g>{line}{sign}<title>{escape(event['text'])}</title></g>"
