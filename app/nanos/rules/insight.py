"""What is counted, and which typed words may be kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Counted(StrEnum):
    """What happens with a nano. Its own organisation's people are counted when they look at it, apart, and else not."""

    found = "found"
    """It was in a list somebody was shown."""
    viewed = "viewed"
    viewers = "viewers"
    """Different people among the views of one day."""
    own = "own"
    """Views from its own organisation."""
    played = "played"
    """Its content was begun."""
    players = "players"
    completed = "completed"
    exported = "exported"
    exchanged = "exchanged"
    rated = "rated"


PEOPLE = {Counted.viewed: Counted.viewers, Counted.played: Counted.players}
"""Where different people are counted, too, and as what."""
FUNNEL = (Counted.found, Counted.viewed, Counted.played, Counted.completed)
RANGES = (30, 90, 365)
WORD_FLOOR = 3
"""Different organisations that must have typed something before anybody is shown it."""
DAYS_KEPT = 400
MONTHS_KEPT = 13
_LONGEST, _SHORTEST, _MOST_WORDS = 30, 3, 4
_PRIVATE = re.compile(r"[@\d]|://|www\.|\w\.\w")
_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset({
    "der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "einem", "einer", "und", "oder",
    "fuer", "mit", "von", "vom", "zum", "zur", "auf", "aus", "bei", "ist", "sind", "wie", "was",
    "wer", "the", "and", "for", "with", "from", "how", "what", "who", "are",
})  # fmt: skip


def kept_words(typed: str) -> tuple[str, ...]:
    """The words of a query that may be kept: small, without anything that looks like an address or a number."""
    plain = " ".join(part for part in typed.split() if not _PRIVATE.search(part))
    small = unicodedata.normalize("NFKC", plain).lower()
    found = (
        word for word in _WORD.findall(small) if _SHORTEST <= len(word) <= _LONGEST and word not in _EMPTY
    )
    found = (word for word in found if word.isalpha())  # some scripts have other digits
    return tuple(dict.fromkeys(found))[:_MOST_WORDS]


def kept_phrase(typed: str) -> str:
    """All of it as one, where nothing was found: the words in the order of the alphabet. Empty: nothing to keep."""
    return " ".join(sorted(kept_words(typed)))[:80]


def month_of(day: date) -> date:
    """The first of its month."""
    return day.replace(day=1)


def days_until(last: date, length: int) -> list[date]:
    """So many days, the last one included."""
    return [last - timedelta(days=length - 1 - number) for number in range(length)]


@dataclass(frozen=True)
class Step:
    """A step of the funnel: how many, and how many in a hundred of the step before (None: there was nothing before)."""

    kind: Counted
    count: int
    share: float | None


def funnel(sums: Mapping[str, int]) -> list[Step]:
    """From found to completed."""
    made: list[Step] = []
    for kind in FUNNEL:
        count, before = sums.get(kind, 0), made[-1].count if made else 0
        made.append(Step(kind, count, count / before if before else None))
    return made


def weekly(values: Sequence[int]) -> list[int]:
    """Sums of seven days each, the last week whole: for small lines."""
    cut = len(values) % 7
    weeks = [sum(values[start : start + 7]) for start in range(cut, len(values), 7)]
    return ([sum(values[:cut])] if cut else []) + weeks
