"""What the hub knows of a watched fragment."""

from __future__ import annotations

from typing import Any

from app.kit.live import Fragment
from app.kit.websocket import Link, text_frame


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

    __slots__ = ("asked_at", "busy", "due", "fragment", "groups", "key", "lines", "old", "row_id", "shown_at")

    def __init__(self, key: str, fragment: Fragment, row_id: Any) -> None:
        self.key, self.fragment, self.row_id = key, fragment, row_id
        self.groups: dict[Any, Group] = {}
        self.lines: list[tuple[int, str]] = []
        self.old = self.busy = False
        self.due: float | None = None
        self.shown_at = self.asked_at = 0.0

    def group_of(self, view: Any) -> Group:
        if view not in self.groups:
            self.groups[view] = Group(view)
        return self.groups[view]


def partial_frame(key: str, swap: str, html: str) -> bytes:
    """One text frame that htmx swaps into the element `key`."""
    return text_frame(f'<hx-partial hx-target="#{key}" hx-swap="{swap}">{html}</hx-partial>')
