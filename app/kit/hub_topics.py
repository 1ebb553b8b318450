"""What the hub knows of a watched fragment."""

from __future__ import annotations

from typing import Any

from app.kit.live import Fragment
from app.kit.websocket import Link, text_frame

STREAM_GAP = 0.1  # seconds between two frames of new lines, at most
LEAST_GAP = 0.01  # and at least: a flood of lines must not become a flood of frames


class Group:
    """The viewers of a topic who see the same rendering. `view` is what the rendering depends on."""

    __slots__ = ("at", "frame", "links", "position", "view", "waiting")

    def __init__(self, view: Any) -> None:
        self.view = view
        self.links: dict[Link, None] = {}
        self.waiting: dict[Link, None] = {}
        self.frame: bytes | None = None
        self.at = 0.0
        self.position = -1


class Topic:
    """A watched fragment and what is to be done about it."""

    __slots__ = ("asked_at", "busy", "cost", "due", "fragment", "groups", "key", "late_at", "late_until", "lines", "old",
                 "row_id", "shown_at")  # fmt: skip

    def __init__(self, key: str, fragment: Fragment, row_id: Any) -> None:
        self.key, self.fragment, self.row_id = key, fragment, row_id
        self.groups: dict[Any, Group] = {}
        self.lines: list[tuple[int, str]] = []
        self.old = self.busy = False
        self.due: float | None = None
        self.shown_at = self.asked_at = self.late_at = self.late_until = self.cost = 0.0

    @property
    def stream_gap(self) -> float:
        """Seconds until the next frame of new lines: as long as three of them take. A room of two hears at once; one of
        thousands never takes more than a quarter of the process, and what comes meanwhile goes in one frame."""
        return min(STREAM_GAP, max(LEAST_GAP, 3 * self.cost))

    def group_of(self, view: Any) -> Group:
        if view not in self.groups:
            self.groups[view] = Group(view)
        return self.groups[view]


def gone_frame(key: str) -> bytes:
    """Who may not see a fragment any more gets this in its place."""
    return partial_frame(key, "outerMorph", f'<div hidden id="{key}" data-gone></div>')


def partial_frame(key: str, swap: str, html: str) -> bytes:
    """One text frame that htmx swaps into the element `key`."""
    return text_frame(f'<hx-partial hx-target="#{key}" hx-swap="{swap}">{html}</hx-partial>')
