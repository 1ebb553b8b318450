"""The console of a container: the engine's log, read on from a position.

A position is <run>:<time of the last line>:<lines of that very time>. The engine's times have nanoseconds and only rise, so
this finds its place again after a rotation of the log, which is the engine's own affair.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import docker

from app.hosting.gateways.docker.client import Engine
from app.hosting.gateways.docker.container import Found
from app.hosting.gateways.runtime import ConsoleChunk
from app.hosting.rules.console import clean

LINES = 5000
"""Lines in one answer."""
TAIL = 1000
"""Lines asked for first: the engine reads these from the end of its log instead of parsing all of it."""
LONGEST = 16 * 1024

LIST_AGE = 0.5
"""Seconds for which one list of the containers serves the tails of all servers."""

Stamped = tuple[str, str]
"""Time and text of a line."""
Mark = tuple[str, str, int, int]
"""Container, its state, and its log file as it was when everything in it had been read."""


class Consoles:
    """The consoles of many servers. Most are silent most of the time, and a silent one of a near engine costs no question:
    its log file has not grown.
    """

    def __init__(
        self,
        engine: Engine,
        listed: Callable[[], dict[UUID, Mapping[str, Any]]],
        find: Callable[[UUID], tuple[Found | None, Found | None]],
    ) -> None:
        self._engine = engine
        self._listed = listed
        self._find = find
        self._list: tuple[float, dict[UUID, Mapping[str, Any]]] = (0.0, {})
        self._read: dict[UUID, tuple[str, str, Mark]] = {}

    def tail(self, server_id: UUID, position: str | None) -> ConsoleChunk:
        """See `Runtime.console_tail`. Called inside `answers()`."""
        if position and self._silent(server_id, position):
            return ConsoleChunk((), position)
        current, old = self._find(server_id)
        # Before reading: what is written meanwhile makes the next look a real one.
        path = str(current.raw.get("LogPath") or "") if current else ""
        mark = _mark(current.id, current.status, path) if current else None
        chunk = tail(self._engine.api, current, old, position)
        if mark is not None and not chunk.more and self._engine.local:
            self._read[server_id] = (chunk.position, path, mark)
        else:
            self._read.pop(server_id, None)
        return chunk

    def _silent(self, server_id: UUID, position: str) -> bool:
        known = self._read.get(server_id)
        if known is None or known[0] != position:
            return False
        made, found = self._list
        if time.monotonic() - made > LIST_AGE:
            found = self._listed()
            self._list = (time.monotonic(), found)
        entry = found.get(server_id)
        return entry is not None and _mark(entry["Id"], entry["State"], known[1]) == known[2]


def _mark(container: str, state: str, path: str) -> Mark | None:
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return container, state, stat.st_ino, stat.st_size


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
    since, _, told = place.rpartition(":") if place else ("", "", "0")
    known = int(told) if told.isdecimal() else 0
    lines, whole = _collect(_lines(api, found, since, TAIL if since else None))
    if since and whole and len(lines) >= TAIL and lines[0][0] > since:
        lines, whole = _collect(_lines(api, found, since, None))  # more was said than the tail holds
    fresh = [line for line in lines if line[0] > since]
    again = [line for line in lines if line[0] == since][known:]
    new = again + fresh
    if not new:
        return ConsoleChunk((), _position(found.run_id, place), more=not whole)
    last = new[-1][0]
    count = sum(line[0] == last for line in new) + (known if last == since else 0)
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


def _lines(api: docker.APIClient, found: Found, since: str, count: int | None) -> Iterator[Stamped]:
    """Whole lines since a time (the time itself included); a line still being written is left for later."""
    options = {"since": _seconds(since)} if since else {}
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
            if not since or begun >= since:
                yield begun, text.rstrip("\n")
            begun, text = "", ""
    finally:
        frames.close()
    if text and not found.alive and (not since or begun >= since):
        yield begun, text


def _seconds(time: str) -> float:
    """A little earlier than a time: a float cannot hold its nanoseconds."""
    return datetime.fromisoformat(time[:26] + "+00:00").timestamp() - 0.001
