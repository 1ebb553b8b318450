"""Live fragments: a topic is a dom id. Who may see it and how it looks is registered here; the `live` process
renders it once per language for all who watch, and again whenever it `changed`. Writing is always a POST.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from app.kit import cache, db
from app.kit.authz import Actor, on_subjects
from app.kit.dom import dom_id, parse_dom_id

CHANNEL = "kontor:live"
MOST_AT_ONCE = 1000  # topics in a message


@dataclass(frozen=True)
class Fragment:
    """One kind of live fragment. `authorise(actor, id)` when subscribed; `render(id)` inside the viewer's locale and
    time zone gives the element with that dom id. A stream instead appends lines; `render` then gives its snapshot.
    `subject` is the kind of thing the id names, as in `authz.grant_on`: what is granted on it counts here too.
    `plain` streams have `lines` that need neither application nor language: thousands a second are cheap.
    """

    prefix: str
    aspect: str
    authorise: Callable[[Actor, UUID], bool]
    render: Callable[[UUID], str]
    stream: bool = False
    lines: Callable[[list[str]], str] | None = None
    subject: str = ""
    plain: bool = False

    def viewed_by(self, actor: Actor, row_id: UUID) -> Actor | None:
        """The actor as this thing sees them, None for who may not watch it. Raises NotFound for the same."""
        actor = on_subjects(actor, {self.subject: row_id})
        return actor if self.authorise(actor, row_id) else None


_fragments: dict[tuple[str, str], Fragment] = {}


def fragment(
    *,
    prefix: str,
    aspect: str,
    authorise: Callable[[Actor, UUID], bool],
    render: Callable[[UUID], str],
    stream: bool = False,
    lines: Callable[[list[str]], str] | None = None,
    subject: str = "",
    plain: bool = False,
) -> None:
    """Register a live fragment; done in a module's `register`. `lines` renders a stream's new lines, escaped."""
    _fragments[prefix, aspect] = Fragment(prefix, aspect, authorise, render, stream, lines, subject, plain)


def find(topic: str) -> tuple[Fragment, UUID] | None:
    """The fragment behind a topic and the row's id, or None for a topic nobody registered."""
    parts = parse_dom_id(topic)
    if parts is None or (parts[0], parts[2]) not in _fragments:
        return None
    return _fragments[parts[0], parts[2]], parts[1]


def _publish(message: dict[str, object]) -> None:
    """Viewers poll or reconnect when Redis is gone; the truth is in the database."""
    with suppress(*cache.REDIS_DOWN):
        cache.client().publish(CHANNEL, json.dumps(message | {"at": time.time()}))


def changed(prefix: str, row_id: UUID, *aspects: str) -> None:
    """Tell the viewers of these fragments that they are old; after the commit when a transaction is open."""
    for aspect in aspects:
        message: dict[str, object] = {"topic": dom_id(prefix, row_id, aspect)}
        if db.in_transaction():
            db.after_commit(lambda message=message: _publish(message))  # type: ignore[misc]
        else:
            _publish(message)


def changed_for(prefix: str, row_ids: Iterable[UUID], *aspects: str, within: float = 0.0) -> None:
    """The same fragments of many rows are old, told in few messages; after the commit when a transaction is open.

    With `within` they are rendered that many seconds later: who tells at most once in this time has told of everything.
    """
    topics = [dom_id(prefix, row_id, aspect) for row_id in row_ids for aspect in aspects]

    def tell() -> None:
        for start in range(0, len(topics), MOST_AT_ONCE):
            _publish({"topics": topics[start : start + MOST_AT_ONCE], "within": within})

    if not topics:
        return
    if db.in_transaction():
        db.after_commit(tell)
    else:
        tell()


def authorise_again(prefix: str, row_id: UUID, *aspects: str) -> None:
    """Who may see these fragments has changed: whoever watches one is looked at anew; after the commit when a transaction
    is open. Who may not see it any more gets an empty element with `data-gone` in its place, and nothing after it."""
    for aspect in aspects:
        message: dict[str, object] = {"topic": dom_id(prefix, row_id, aspect), "again": True}
        if db.in_transaction():
            db.after_commit(lambda message=message: _publish(message))  # type: ignore[misc]
        else:
            _publish(message)


def append(prefix: str, row_id: UUID, aspect: str, lines: list[str], *, position: int | None = None) -> None:
    """Send new lines of a stream (plain text; the live process escapes them).

    `position` is the number of the last line, counted from anywhere. A snapshot whose element says
    `data-position="<number of its last line>"` is then never followed by a line it already shows.
    """
    _publish({"topic": dom_id(prefix, row_id, aspect), "lines": lines, "position": position})
