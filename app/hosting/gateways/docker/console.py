"""The console of a container: the engine's log, read on from a position.

A position is <run>:<time of the last line>:<lines of that very time>. The engine's times have nanoseconds and only rise, so
this finds its place again after a rotation of the log, which is the engine's own affair.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import docker

from app.hosting.gateways.docker.container import Found
from app.hosting.gateways.runtime import ConsoleChunk
from app.hosting.rules.console import clean

LINES = 5000
"""Lines in one answer."""
TAIL = 1000
"""Lines asked for first: the engine reads these from the end of its log instead of parsing all of it."""
LONGEST = 16 * 1024

Stamped = tuple[str, str]
"""Time and text of a line."""


def tail(
    api: docker.APIClient, current: Found | None, old: Found | None, position: str | None
) -> ConsoleChunk:
    """See `Runtime.console_tail`."""
    if current is None:
        return ConsoleChunk((), position or "")
    name, _, place = (position or "").partition(":")
    if old is not None and name == old.run_id.hex and old.run_id != current.run_id:
        chunk = _read(api, old, place)
        if chunk.more:
            return chunk
        return ConsoleChunk(chunk.lines, f"{current.run_id.hex}:", more=True)
    return _read(api, current, place if name == current.run_id.hex else "")


def _read(api: docker.APIClient, found: Found, place: str) -> ConsoleChunk:
    if not found.launched:
        return ConsoleChunk((), _position(found.run_id, place))
    time, _, told = place.rpartition(":") if place else ("", "", "0")
    known = int(told) if told.isdecimal() else 0
    lines, whole = _collect(_lines(api, found, time, TAIL if time else None))
    if time and whole and len(lines) >= TAIL and lines[0][0] > time:
        lines, whole = _collect(_lines(api, found, time, None))  # more was said than the tail holds
    fresh = [line for line in lines if line[0] > time]
    again = [line for line in lines if line[0] == time][known:]
    new = again + fresh
    if not new:
        return ConsoleChunk((), _position(found.run_id, place), more=not whole)
    last = new[-1][0]
    count = sum(line[0] == last for line in new) + (known if last == time else 0)
    return ConsoleChunk(
        tuple(clean(text) for _, text in new), f"{found.run_id.hex}:{last}:{count}", more=not whole
    )


def _position(run_id: UUID, place: str) -> str:
    return f"{run_id.hex}:{place}"


def _collect(lines: Iterator[Stamped]) -> tuple[list[Stamped], bool]:
    """Up to LINES lines, and whether these are all."""
    found = []
    for line in lines:
        found.append(line)
        if len(found) >= LINES:
            return found, False
    return found, True


def _lines(api: docker.APIClient, found: Found, time: str, count: int | None) -> Iterator[Stamped]:
    """Whole lines since a time (the time itself included); a line still being written is left for later."""
    options = {"since": _seconds(time)} if time else {}
    frames = api.logs(
        found.id,
        stdout=True,
        stderr=True,
        stream=True,
        follow=False,
        timestamps=True,
        tail="all" if count is None else count,
        **options,
    )
    begun, text = "", ""
    try:
        for frame in frames:
            stamp, _, part = frame.decode("utf-8", "replace").partition(" ")
            begun = begun or stamp
            text += part
            if not part.endswith("\n") and len(text) <= LONGEST:
                continue
            if not time or begun >= time:
                yield begun, text.rstrip("\n")
            begun, text = "", ""
    finally:
        frames.close()
    if text and not found.alive and (not time or begun >= time):
        yield begun, text


def _seconds(time: str) -> float:
    """A little earlier than a time: a float cannot hold its nanoseconds."""
    return datetime.fromisoformat(time[:26] + "+00:00").timestamp() - 0.001
