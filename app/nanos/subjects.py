"""What can be moderated: each kind of thing says what it is called, where it stands, what it says and what may be done to it.

Nanos register themselves in `register`. Modules and what people say at nanos do the same in their own files and then have
the whole of it: the queue, notices, statements of reasons, appeals. See docs/adr/0015-moderation.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from app.kit.authz import Actor
from app.nanos.rules.case import Kind
from app.nanos.rules.measure import Measure, measures_for


@dataclass(frozen=True)
class Subject:
    """One thing as moderators see it. `texts` are its words by the name of the place they stand in."""

    label: str
    link: str
    organisation_id: UUID | None
    texts: Mapping[str, str]
    content_types: tuple[str, ...] = ("CONTENT_TYPE_TEXT",)
    content_date: date | None = None
    language: str = "DE"
    bar: str = ""
    """What is forbidden already."""
    number: int | None = None
    """The revision these words are of."""
    revision_id: UUID | None = None
    person_id: UUID | None = None
    """Who is told what was decided, where that is a person and not the organisation."""
    known: tuple[tuple[str, str], ...] = ()
    """What helps to judge it, as words and values."""

    @property
    def text(self) -> str:
        """All its words."""
        return "\n".join(self.texts.values())


@dataclass(frozen=True)
class SubjectKind:
    """How one kind of thing is moderated. All functions that write join the caller's transaction.

    `hold(id)` locks the thing; it is called before anything else, so that who decides and who changes it wait for each
    other in one order. `load(id, number)` gives the thing at a revision (None: what is public) or None where it is gone;
    `titles(ids)` names many at once. `apply(actor, id, number, measure, reason)` takes a measure and returns what it
    replaced; `undo(actor, id, number, measure, before)` puts that back. `measures(kind)` says which exist for it.
    """

    name: str
    label: Any
    hold: Callable[[UUID], object]
    load: Callable[[UUID, int | None], Subject | None]
    titles: Callable[[list[UUID]], Mapping[UUID, str]]
    apply: Callable[[Actor, UUID, int | None, Measure, str], dict[str, Any]]
    undo: Callable[[Actor, UUID, int | None, Measure, dict[str, Any]], None]
    measures: Callable[[Kind], tuple[Measure, ...]] = field(default=measures_for)
    place: str = "/nanos/"
    """Its address on the site, without its id."""


_kinds: dict[str, SubjectKind] = {}


def moderation_subject(
    name: str,
    *,
    label: Any,
    hold: Callable[[UUID], object],
    load: Callable[[UUID, int | None], Subject | None],
    titles: Callable[[list[UUID]], Mapping[UUID, str]],
    apply: Callable[[Actor, UUID, int | None, Measure, str], dict[str, Any]],
    undo: Callable[[Actor, UUID, int | None, Measure, dict[str, Any]], None],
    measures: Callable[[Kind], tuple[Measure, ...]] = measures_for,
    place: str = "/nanos/",
) -> None:
    """Register a kind of thing ("nanos.nano"); done in `register`. See `SubjectKind` for the functions."""
    _kinds[name] = SubjectKind(name, label, hold, load, titles, apply, undo, measures, place)


def subject_kind(name: str) -> SubjectKind:
    """One kind. KeyError for a kind nobody registered: a programming error."""
    return _kinds[name]


def subject_labels() -> dict[str, Any]:
    """What each kind is called."""
    return {name: kind.label for name, kind in _kinds.items()}


def subject_titles(ids: list[UUID], names: Iterable[str] | None = None) -> dict[UUID, str]:
    """Titles by id; `names`: the kinds they may be of, where that is known. Kinds that share a function are asked at once."""
    found: dict[UUID, str] = {}
    wanted = _kinds if names is None else {name: _kinds[name] for name in sorted(set(names))}
    for titles in dict.fromkeys(kind.titles for kind in wanted.values()):
        left = [one for one in ids if one not in found]
        if left:
            found |= titles(left)
    return found
