"""Keeping the index in step with what modules hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from app.core import tasks
from app.core.gateways.search import search_backend
from app.core.rules.finding import Document
from app.kit.db import transaction
from app.kit.observe import log

BATCH = 200

Source = Callable[[UUID | None, int], Sequence[Document]]
_sources: dict[str, Source] = {}


def search_source(kind: str, source: Source) -> None:
    """Say where the documents of a kind come from; done in `register`.

    `source(after, limit)` gives those whose keys, written as text, come after `after`, in that order. It is only asked
    when everything is indexed anew; single changes come by `index_documents`.
    """
    _sources[kind] = source


def index_documents(documents: Iterable[Document]) -> int:
    """Add documents, or replace those with the same kind and key, in the caller's transaction; returns how many changed.

    Call it once in a transaction, with all that changed: two calls could wait for each other across transactions.
    """
    return search_backend().put(list(documents))


def forget_documents(kind: str, keys: Iterable[UUID]) -> None:
    """Take documents out of the index, in the caller's transaction."""
    search_backend().remove(kind, list(keys))


def index_anew(kind: str) -> tuple[int, int]:
    """Compare the whole index of a kind with its source, batch by batch. Returns how many were written and taken out.

    It may stop anywhere and begin again: what is right already costs one comparison.
    """
    source = _sources[kind]
    written = removed = 0
    after: UUID | None = None
    while True:
        with transaction():
            # Before the source: what is indexed after this look is new, and not gone because the source did not have it yet.
            held = search_backend().keys(kind, after, BATCH)
            documents = list(source(after, BATCH))
            last = _reached(held, [one.key for one in documents])
            there = [one for one in documents if last is None or one.key <= last]
            written += index_documents(there)
            gone = {key for key in held if last is None or key <= last} - {one.key for one in there}
            if gone:
                forget_documents(kind, sorted(gone))
                removed += len(gone)
        if last is None:
            refresh_search()
            log.info("search.indexed_anew", kind=kind, written=written, removed=removed)
            return written, removed
        after = last


def _reached(*several: Sequence[UUID]) -> UUID | None:
    """Up to where all of these lists are complete: a full one may go on. None to the end. Keys sort as their texts do."""
    return min((keys[-1] for keys in several if len(keys) == BATCH), default=None)


def refresh_search() -> None:
    """Have the database look at its statistics: after much was written it would plan for the little there was before."""
    with transaction():
        search_backend().refresh()


def index_all_anew() -> None:
    """Ask for everything to be indexed anew: a job for each kind, in the caller's transaction."""
    for kind in sorted(_sources):
        tasks.index_anew.later(dedupe=f"search:{kind}", kind=kind)


def begin_anew() -> None:
    """The same in a transaction of its own: what an operator asks for."""
    with transaction():
        index_all_anew()


def tidy_search() -> None:
    """Forget words that no document has any more, and split all compounds with what is known now; piece by piece."""
    position: int | None = 0
    while position is not None:
        with transaction():
            position = search_backend().tidy(position)
