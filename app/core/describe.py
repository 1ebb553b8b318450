"""How events read: each module registers a sentence per event name, and names for the things it records about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask_babel import gettext, lazy_gettext

from app.core.events import Recorded

Names = Callable[[Iterable[UUID]], Mapping[UUID, str]]


@dataclass(frozen=True)
class Sentence:
    """How one kind of event reads. `text` may hold %(name)s for a value of the event's data, before or after."""

    text: Any
    icon: str = "dot"
    tone: str = ""
    values: Callable[[dict[str, Any]], Mapping[str, Any]] | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """A kind of thing events are about: its German word, names by id, and where it can be seen."""

    label: Any
    names: Names | None = None
    url: Callable[[UUID], str] | None = None


@dataclass(frozen=True)
class Directory:
    """Who people are; accounts plugs it in."""

    names: Names = lambda ids: {}
    members: Callable[[UUID], list[tuple[UUID, str]]] = lambda organisation_id: []


_sentences: dict[str, Sentence] = {}
_areas: dict[str, Any] = {}
_subjects: dict[str, Subject] = {}
_directory: list[Directory] = []


def describe_event(
    name: str,
    text: Any,
    *,
    icon: str = "dot",
    tone: str = "",
    values: Callable[[dict[str, Any]], Mapping[str, Any]] | None = None,
    fields: Mapping[str, Any] | None = None,
) -> None:
    """Register how an event reads, e.g. ("hosting.server.started", lazy_gettext("Server gestartet")).

    A text with a percent sign of its own writes it twice. `values(data)` turns raw values into words (money, states);
    `fields` names the keys of before and after. Done in `register`.
    """
    _sentences[name] = Sentence(text, icon, tone, values, fields or {})


def describe_area(prefix: str, label: Any) -> None:
    """Name the events of a module for the filter, e.g. ("hosting", lazy_gettext("Server"))."""
    _areas[prefix] = label


def describe_subject(
    kind: str, label: Any, *, names: Names | None = None, url: Callable[[UUID], str] | None = None
) -> None:
    """Name a kind of subject, e.g. ("hosting.server", lazy_gettext("Server"), names=server_names, url=…)."""
    _subjects[kind] = Subject(label, names, url)


def use_directory(*, names: Names, members: Callable[[UUID], list[tuple[UUID, str]]]) -> None:
    """Accounts plugs in the names of people: of any ids, and of an organisation's members."""
    _directory[:] = [Directory(names, members)]


def directory() -> Directory:
    return _directory[0] if _directory else Directory()


def subject_of(kind: str | None) -> Subject | None:
    return _subjects.get(kind or "")


def subject_names(wanted: Iterable[tuple[str, UUID]]) -> dict[tuple[str, UUID], str]:
    """Names of (kind, id) pairs, one query a kind; what has no name any more is left out."""
    by_kind: dict[str, set[UUID]] = {}
    for kind, one in wanted:
        by_kind.setdefault(kind, set()).add(one)
    found: dict[tuple[str, UUID], str] = {}
    for kind, ids in by_kind.items():
        subject = _subjects.get(kind)
        if subject is not None and subject.names is not None:
            found.update({(kind, one): name for one, name in subject.names(ids).items()})
    return found


def areas() -> list[tuple[str, str]]:
    """(prefix, label) for the filter."""
    return sorted(
        ((prefix, str(label)) for prefix, label in _areas.items()), key=lambda pair: pair[1].casefold()
    )


def described() -> dict[str, Sentence]:
    """All registered sentences, for the filter and for the test that wants one per event."""
    return dict(_sentences)


class _Gaps(dict[str, Any]):
    """A release may know other values than the event that was written: show a dash, not an error."""

    def __missing__(self, key: str) -> str:
        return "–"


def sentence(event: Recorded) -> str:
    """The event as a sentence; an event nobody described reads as its name."""
    known = _sentences.get(event.name)
    if known is None:
        return event.name
    values = _Gaps({**(event.before or {}), **(event.after or {}), **event.data})
    if known.values is not None:
        with suppress(KeyError, TypeError, ValueError):  # an old event with other data: the gaps stay dashes
            values.update(known.values(event.data))
    try:
        return str(known.text) % values
    except (TypeError, ValueError):
        return str(known.text)


def look(event: Recorded) -> Sentence:
    """Icon and tone of an event."""
    return _sentences.get(event.name, Sentence(event.name))


def changes(event: Recorded) -> list[tuple[str, Any, Any]]:
    """(what, before, after) for each value that differs."""
    known = look(event)
    before, after = _worded(known, event.before), _worded(known, event.after)
    labels = known.fields
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return [(str(labels.get(key, key)), _word(before.get(key)), _word(after.get(key))) for key in keys]


def _worded(known: Sentence, raw: dict[str, Any] | None) -> dict[str, Any]:
    """The values of before or after, in words where the sentence has words for them."""
    found = dict(raw or {})
    if known.values is not None:
        with suppress(KeyError, TypeError, ValueError):
            words = known.values(found)
            found.update({key: words[key] for key in found if key in words})
    return found


def _word(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return gettext("ja") if value else gettext("nein")
    return str(value)


def describe_own() -> None:
    """What core itself records."""
    describe_area("core", lazy_gettext("Plattform"))
