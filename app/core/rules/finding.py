"""What can be found, what is asked, and how much a hit counts: plain data and numbers, no database."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import blake2b
from uuid import UUID

from app.core.rules.german import ASKING, meaningful, words

PUBLIC = "public"
MOST_TEXT = 20_000  # letters of the running text that are indexed and kept
MOST_WORDS = 12  # words of a question that count
PAGE, MOST_PAGE, DEEPEST = 20, 100, 10_000

Value = str | float


class Sort(StrEnum):
    RELEVANCE = "relevance"
    NEWEST = "newest"
    RATING = "rating"


class How(StrEnum):
    """Why a word was found, best first."""

    EXACT = "exact"
    STEM = "stem"
    PART = "part"  # of a compound
    TYPO = "typo"
    BEGINNING = "beginning"


# Hundredths of what the word itself would count.
QUALITY = {How.EXACT: 100, How.STEM: 85, How.PART: 45, How.TYPO: 35, How.BEGINNING: 20}
HEAD = 55  # a part that is the head of its compound: a Sicherheitsprüfung is a Prüfung
KIN = 60  # what the noun of a typed verb counts of what the word itself would: prüfen, Prüfung
TITLE, KEYWORDS, DESCRIPTION, TEXT = 40, 20, 10, 5


@dataclass(frozen=True)
class Document:
    """Something that can be found.

    `kind` names what it is (`nanos.unit`), `key` is its id there. `visibility` is `PUBLIC` or the one organisation that may
    find it (`str(id)`). `facets` filter and count: words, several of them, or numbers. `rating` is any number, more is better.
    """

    kind: str
    key: UUID
    title: str
    keywords: tuple[str, ...] = ()
    description: str = ""
    text: str = ""
    visibility: str = PUBLIC
    facets: Mapping[str, Value | tuple[Value, ...]] = field(default_factory=dict)
    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    rating: float = 0.0

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("naive time refused: use app.kit.clock")
        if not 0 < len(self.kind) <= 40 or not 0 < len(self.visibility) <= 64:
            raise ValueError("kind has at most 40 letters, visibility 64")
        if not math.isfinite(self.rating):
            raise ValueError("a rating is a finite number")


@dataclass(frozen=True)
class Question:
    """What somebody looks for. `visible` are the visibilities they may see; nothing else is looked at.

    `filters`: one of the values of each named field. `ranges`: number fields between two ends, None is open. `facets`: the
    fields to count; a field's own filter is left out of its counts, so that another value can be chosen.
    `typing`: asked at each letter, so that one look-up has to do: beginnings count, mistakes are not looked for.
    """

    text: str
    kinds: tuple[str, ...]
    visible: tuple[str, ...] = (PUBLIC,)
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    facets: tuple[str, ...] = ()
    sort: Sort = Sort.RELEVANCE
    page: int = 1
    size: int = PAGE
    typing: bool = False

    @property
    def window(self) -> tuple[int, int]:
        """How many rows to take and how many to skip; both within bounds."""
        size = max(1, min(self.size, MOST_PAGE))
        return size, min(max(0, self.page - 1) * size, DEEPEST)


@dataclass(frozen=True)
class Mark:
    """A stretch of text; with `how`, it is why the document was found, by `asked`, the typed word."""

    text: str
    how: How | None = None
    asked: str = ""


@dataclass(frozen=True)
class Hit:
    """A found document: its title and a part of its text in stretches, and every word of it that was asked for."""

    kind: str
    key: UUID
    score: float
    title: tuple[Mark, ...]
    excerpt: tuple[Mark, ...]
    reasons: tuple[Mark, ...]


@dataclass(frozen=True)
class Found:
    """The answer: how many in all, this page of them, counts by field (most frequent first), misspelt words as read.

    `page` is the one shown: behind the last one there is the last one.
    """

    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[tuple[str, int], ...]]
    corrected: Mapping[str, str]
    page: int = 1


def shelf(kind: str, visibility: str) -> int:
    """The number that stands for a kind and a visibility in the index: 63 bits of a hash."""
    digest = blake2b(f"{kind}\0{visibility}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def weights(document: Document) -> dict[str, int]:
    """What each folded word of the document counts. A word in a short title says more about it than one in a long title."""
    found: dict[str, int] = {}
    title = [w.folded for w in words(document.title) if meaningful(w.folded)]
    _add(found, title, TITLE + TITLE // max(1, len(title)))
    _add(found, _folded(" | ".join(document.keywords)), KEYWORDS)
    _add(found, _folded(document.description), DESCRIPTION)
    _add(found, _folded(document.text[:MOST_TEXT]), TEXT)
    return found


def _folded(text: str) -> list[str]:
    return [word.folded for word in words(text) if meaningful(word.folded)]


def _add(found: dict[str, int], several: Iterable[str], weight: int) -> None:
    """Add a field: the weight for a word that occurs, a half more each time their number doubles, at most twice the weight."""
    counts: dict[str, int] = {}
    for word in several:
        counts[word] = counts.get(word, 0) + 1
    for word, count in counts.items():
        found[word] = found.get(word, 0) + min(2 * weight, weight + int(weight / 2 * math.log2(count)))


def asked(text: str) -> list[str]:
    """The folded words of a question that count, each once. What only makes it a sentence is left out if more is there."""
    found: dict[str, None] = {}
    for word in words(text[: 40 * MOST_WORDS]):
        if not word.joined and meaningful(word.folded):
            found.setdefault(word.folded)
    return ([word for word in found if word not in ASKING] or list(found))[:MOST_WORDS]


def facet_rows(document: Document) -> list[tuple[str, str, float | None]]:
    """The document's fields as rows (field, value as text, number or None)."""
    rows: dict[tuple[str, str], float | None] = {}
    for name, given in document.facets.items():
        for value in given if isinstance(given, tuple) else (given,):
            number = None if isinstance(value, str) else float(value)
            if number is not None and not math.isfinite(number):
                raise ValueError(f"{name}: {number} is not a number that can be compared")
            rows[name[:40], (value if isinstance(value, str) else f"{value:g}")[:120]] = number
    return [(name, value, number) for (name, value), number in rows.items()]
