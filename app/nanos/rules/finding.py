"""What somebody looks for in the list: words, and one choice or several for each facet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.nanos.rules.near import RADII, Place, within
from app.nanos.rules.outcome import words_of
from app.nanos.rules.rating import AT_LEAST

FACETS = ("subject", "type", "level", "duration", "language", "licence", "region", "rating")
DURATIONS: dict[str, tuple[int, int]] = {"1-5": (1, 5), "6-10": (6, 10), "11-15": (11, 15), "16-20": (16, 20)}
CHOICES = (*FACETS, "around", "radius")
"""What an address says beside words, order and page."""
RATINGS = tuple(str(stars) for stars in AT_LEAST)
"""At least so many stars: who has four has three, too, and of two choices the lower one counts."""
SORTS = ("new", "rating", "title", "short", "long")
WORD_SORTS = ("relevance", "new", "rating")
"""With words typed: the search ranks, and what fits badly is of no use on top because it is short."""
PAGE = 12
MOST_PAGES = 500
LONGEST_QUERY = 100


@dataclass(frozen=True)
class Wish:
    """Cleaned: holds nothing that is not there."""

    text: str = ""
    """What was typed, with at least one letter or digit in it."""
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "new"
    page: int = 1
    around: str = ""
    """The region in the middle of a circle, empty for none."""
    radius: int = RADII[0]
    """Its kilometres."""
    reached: frozenset[str] = frozenset()
    """The regions within the circle."""

    def of(self, facet: str) -> tuple[str, ...]:
        """What is chosen of a facet; nothing is everything."""
        return self.chosen.get(facet, ())

    def allowed(self, facet: str) -> tuple[str, ...]:
        """What a facet may be, nothing is everything: what is chosen, of regions those in the circle as well, of stars all
        that are more."""
        chosen = self.of(facet)
        if facet == "rating":
            return at_least(chosen)
        return tuple(sorted({*chosen, *self.reached})) if facet == "region" and self.reached else chosen

    @property
    def choices(self) -> dict[str, list[str]]:
        """All choices as an address carries them, the circle among them."""
        circle = {"around": [self.around], "radius": [str(self.radius)]} if self.reached else {}
        return {**{facet: list(values) for facet, values in self.chosen.items()}, **circle}

    @property
    def narrowed(self) -> bool:
        return bool(self.text or self.reached or any(self.chosen.values()))


def read_wish(
    query: str, given: Mapping[str, Sequence[str]], sort: str, page: str, known: Mapping[str, frozenset[str]],
    *, around: str = "", radius: str = "", places: Mapping[str, Place] | None = None,
) -> Wish:  # fmt: skip
    """A wish out of an address that anybody may have written: what nobody knows is left out without a word.

    `places`: where the regions are that a circle can be drawn around.
    """
    chosen = {}
    for facet in FACETS:
        there = _BUCKETS[facet] if facet in _BUCKETS else known[_vocabulary(facet)]
        kept = tuple(dict.fromkeys(one for one in given.get(facet, ()) if one in there))
        if kept:
            chosen[facet] = kept
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    typed = query[:LONGEST_QUERY].strip()
    text = typed if words_of(typed) else ""
    offered = sorts_for(text)
    km = next((one for one in RADII if str(one) == radius), RADII[0])
    reached = within(around, km, places or {})
    return Wish(
        text, chosen, sort if sort in offered else offered[0], min(max(number, 1), MOST_PAGES),
        around if reached else "", km, reached,
    )  # fmt: skip


_BUCKETS = {"duration": frozenset(DURATIONS), "rating": frozenset(RATINGS)}
"""Facets whose values stand in no vocabulary."""


def at_least(chosen: Sequence[str]) -> tuple[str, ...]:
    """The levels of stars that are meant by what was chosen."""
    return tuple(name for name in RATINGS if chosen and int(name) >= min(map(int, chosen)))


def sorts_for(text: str) -> tuple[str, ...]:
    """The orders on offer, the first unless another is chosen."""
    return WORD_SORTS if text else SORTS


def _vocabulary(facet: str) -> str:
    return f"{facet}s"


def duration_of(minutes: int) -> str:
    """The bucket of so many minutes."""
    return next(name for name, (first, last) in DURATIONS.items() if first <= minutes <= last)
