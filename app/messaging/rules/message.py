"""Messages: what may be sent, who is mentioned, how lines stand together."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Protocol
from uuid import UUID

LONGEST = 4000
SAME_BREATH = timedelta(minutes=5)
CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_BLANK = re.compile(r"\n{4,}")
# Letters that change the direction of what follows them could make a name or an address read as another one.
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def normal(text: str) -> str:
    """A text as it is kept: composed letters, plain line breaks, nothing invisible at its ends, no control characters."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).translate(_TURNING)
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Cn", "Co"))
    lines = "\n".join(line.rstrip() for line in kept.split("\n"))
    return _BLANK.sub("\n\n\n", lines).strip()


def fault_of(text: str) -> str | None:
    """What is wrong with a normal text: "empty", "long" or nothing."""
    if not any(not c.isspace() and unicodedata.category(c) != "Cf" for c in text):
        return "empty"
    return "long" if len(text) > LONGEST else None


def digest_of(text: str) -> str:
    """By which a repeated sending of the same text is recognised."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Mention:
    """@Name in a text: `text[first:last]`."""

    person_id: UUID
    first: int
    last: int


def mentions_in(text: str, names: Mapping[UUID, str]) -> list[Mention]:
    """Who is mentioned: @ and a whole name, or a first name that only one of these people has. The longest name wins."""
    wanted = _callable(names)
    found, at = [], text.find("@")
    while at >= 0:
        before_ok = at == 0 or not (text[at - 1].isalnum() or text[at - 1] in "._-")
        for name, person_id in wanted if before_ok else ():
            end = at + 1 + len(name)
            if text[at + 1 : end].casefold() == name and not text[end : end + 1].isalnum():
                found.append(Mention(person_id, at, end))
                break
        at = text.find("@", found[-1].last if found and found[-1].first == at else at + 1)
    return found


def _callable(names: Mapping[UUID, str]) -> list[tuple[str, UUID]]:
    """What people can be called by, longest first. A name that means two people means nobody."""
    people: dict[str, set[UUID]] = {}
    for person_id, name in names.items():
        whole = " ".join(name.split())
        for called in {whole, whole.partition(" ")[0]}:
            # Letters that change their number when case is put aside would shift the places.
            if called and len(called.casefold()) == len(called):
                people.setdefault(called.casefold(), set()).add(person_id)
    known = [(name, next(iter(ids))) for name, ids in people.items() if len(ids) == 1]
    return sorted(known, key=lambda one: (-len(one[0]), one[0]))


def pieces(text: str, spans: Iterable[Sequence[object]]) -> list[tuple[str, str]]:
    """The text cut into (words, person id of the mention or "")."""
    cut, at = [], 0
    for person_id, first, last in spans:
        first, last = int(str(first)), int(str(last))
        if not at <= first < last <= len(text):
            continue
        cut += [(text[at:first], ""), (text[first:last], str(person_id))]
        at = last
    return [piece for piece in [*cut, (text[at:], "")] if piece[0]]


class Said(Protocol):
    """What grouping looks at."""

    @property
    def author_id(self) -> UUID: ...
    @property
    def created_at(self) -> datetime: ...


@dataclass(frozen=True)
class Place:
    """How a line stands under the one before: whether a new day begins with it, and whether it goes on speaking."""

    new_day: bool
    follows: bool


def places(lines: Iterable[Said], zone: tzinfo) -> list[Place]:
    """For each line in order. It follows when the same person said the line before, the same day, within five minutes."""
    found: list[Place] = []
    before: Said | None = None
    for line in lines:
        day = line.created_at.astimezone(zone).date()
        new_day = before is None or before.created_at.astimezone(zone).date() != day
        follows = (
            before is not None
            and not new_day
            and before.author_id == line.author_id
            and timedelta(0) <= line.created_at - before.created_at <= SAME_BREATH
        )
        found.append(Place(new_day, follows))
        before = line
    return found
