"""What is said about a nano, after the profile of AMB, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

LONGEST = {"title": 120, "description": 4000, "outcome": 300, "terms": 1000}
SHORTEST_MINUTES, LONGEST_MINUTES = 1, 20
VOCABULARY = {
    "subject": "subjects", "type": "types", "level": "levels", "language": "languages", "licence": "licences",
    "region": "regions",
}  # fmt: skip
"""Field: the vocabulary its value comes from."""
BARTER = "barter"
MOST_AUDIENCES = 6


@dataclass(frozen=True)
class Details:
    """All of it. Empty means not said yet: a draft may have gaps, what is sent to review may not."""

    title: str = ""
    description: str = ""
    outcome: str = ""
    subject: str = ""
    type: str = ""
    level: str = ""
    minutes: int | None = None
    language: str = ""
    licence: str = ""
    terms: str = ""
    """What is asked for in exchange; only where the licence is barter."""
    region: str = ""
    audience: tuple[str, ...] = ()
    preview: bool = False
    """Everybody who is signed in may look at the content on the page, also where it may only be had in exchange."""
    listed: bool = False
    """What is said, never the content, is for everybody without signing in, and for harvesters; only with an open licence."""


FIELDS = tuple(one.name for one in fields(Details))


class Fault(StrEnum):
    """What is wrong with a field; pages find the words."""

    MISSING = "missing"
    LONG = "long"
    UNKNOWN = "unknown"
    MINUTES = "minutes"
    CONTROL = "control"


def cleaned(details: Details) -> Details:
    """Needless blanks away, line breaks alike, terms only where there is barter, each audience once."""
    return Details(
        title=" ".join(details.title.split()),
        description=_lines(details.description),
        outcome=" ".join(details.outcome.split()),
        subject=details.subject.strip(),
        type=details.type.strip(),
        level=details.level.strip(),
        minutes=details.minutes,
        language=details.language.strip(),
        licence=details.licence.strip(),
        terms=_lines(details.terms) if details.licence.strip() == BARTER else "",
        region=details.region.strip(),
        audience=tuple(dict.fromkeys(one for one in details.audience if one)),
        preview=details.preview,
        listed=details.listed and details.licence.strip() != BARTER,
    )


def _lines(text: str) -> str:
    return "\n".join(
        line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ).strip()


def storable(details: Details, known: Mapping[str, frozenset[str]]) -> dict[str, Fault]:
    """What may not even stand in a draft, by field: too long, not in the vocabulary, no number, control characters."""
    found: dict[str, Fault] = {}
    for name, most in LONGEST.items():
        text = getattr(details, name)
        if len(text) > most:
            found[name] = Fault.LONG
        elif any(ord(c) < 32 and c not in "\n\t" for c in text):
            found[name] = Fault.CONTROL
    for name, vocabulary in VOCABULARY.items():
        value = getattr(details, name)
        if value and value not in known[vocabulary]:
            found[name] = Fault.UNKNOWN
    if not set(details.audience) <= known["audiences"] or len(details.audience) > MOST_AUDIENCES:
        found["audience"] = Fault.UNKNOWN
    if details.minutes is not None and not SHORTEST_MINUTES <= details.minutes <= LONGEST_MINUTES:
        found["minutes"] = Fault.MINUTES
    return found


def complete(details: Details, known: Mapping[str, frozenset[str]]) -> dict[str, Fault]:
    """What keeps it from being published, by field."""
    found = storable(details, known)
    for name in ("title", "description", "outcome", *VOCABULARY):
        if not getattr(details, name):
            found.setdefault(name, Fault.MISSING)
    if details.minutes is None:
        found.setdefault("minutes", Fault.MISSING)
    if not details.audience:
        found.setdefault("audience", Fault.MISSING)
    if details.licence == BARTER and not details.terms:
        found.setdefault("terms", Fault.MISSING)
    return found
