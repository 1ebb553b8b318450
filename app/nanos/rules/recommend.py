"""What lies near what: by what nanos say, and by who was through both. And which of that to show."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from app.nanos.rules.insight import kept_words
from app.nanos.rules.outcome import words_of

FLOOR = 3
"""So many different people must have been through both before that says anything."""
NEAREST = 10
MOST_USES = 100
"""Of one person: whoever does everything says nothing about what belongs together."""
MOST_PER_PROVIDER = 2
_COMMON = 0.2
_WORDS, _SUBJECT, _LEVEL, _USE = 1.0, 0.15, 0.05, 2.0
_NEW, _OPEN = 0.05, 0.05
_BEGUN = 0.6
"""What somebody only began says less than what they finished."""

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Item:
    """A nano as it is compared. `words`: folded, with weights; `open`: anybody may use it; `fresh`: published of late."""

    words: Mapping[str, float]
    subject: str
    level: str
    open: bool
    fresh: bool


@dataclass(frozen=True)
class Near:
    """How near, whether because of people (`used`), and up to three words both have."""

    score: float
    used: bool
    words: tuple[str, ...]


# How long something takes says nothing about what it is about.
_UNITS = frozenset(
    "sekunden minute minuten stunde stunden tag tage seconds minutes hour hours day days".split()  # noqa: SIM905
)


def weigh_words(title: str, text: str) -> dict[str, float]:
    """Words of a nano: those of its title count double, each more the more often, but less and less."""
    counted = Counter([*words_of(title) * 2, *words_of(text)])
    return {
        word: 1 + math.log(count)
        for word, count in counted.items()
        if word in kept_words(word) and word not in _UNITS
    }


def neighbours(items: Mapping[Key, Item], used: Iterable[Collection[Key]]) -> dict[Key, dict[Key, Near]]:
    """The nearest of each, at most `NEAREST`. `used`: what each person was through, the last first."""
    vectors, shared = _vectors(items), _couples(used)
    posted: dict[str, list[Key]] = defaultdict(list)
    for key, vector in vectors.items():
        for word in vector:
            posted[word].append(key)
    return {key: _nearest(key, items, vectors, posted, shared.get(key, {})) for key in items}


def _vectors(items: Mapping[Key, Item]) -> dict[Key, dict[str, float]]:
    """Words that tell something, the rarer the more; each vector has length one."""
    often = Counter(word for item in items.values() for word in item.words)
    most = max(12.0, _COMMON * len(items))
    found = {}
    for key, item in items.items():
        raw = {
            word: weight * math.log(1 + len(items) / often[word])
            for word, weight in item.words.items() if 1 < often[word] <= most
        }  # fmt: skip
        length = math.sqrt(sum(weight * weight for weight in raw.values())) or 1.0
        found[key] = {word: weight / length for word, weight in raw.items()}
    return found


def _couples(used: Iterable[Collection[Key]]) -> dict[Key, dict[Key, float]]:
    """How much more often two were finished by the same people than each by anybody; none below the floor."""
    alone: Counter[Key] = Counter()
    both: Counter[tuple[Key, Key]] = Counter()
    for each in used:
        mine = list(dict.fromkeys(each))[:MOST_USES]
        alone.update(mine)
        both.update((one, other) for one in mine for other in mine if one != other)
    found: dict[Key, dict[Key, float]] = defaultdict(dict)
    for (one, other), people in both.items():
        if people >= FLOOR:
            found[one][other] = people / math.sqrt(alone[one] * alone[other])
    return found


def _nearest(
    key: Key, items: Mapping[Key, Item], vectors: Mapping[Key, Mapping[str, float]], posted: Mapping[str, list[Key]],
    shared: Mapping[Key, float],
) -> dict[Key, Near]:  # fmt: skip
    mine, said = vectors[key], Counter[Key]()
    for word, weight in mine.items():
        for other in posted[word]:
            if other != key:
                said[other] += weight * vectors[other][word]  # type: ignore[assignment]
    found: dict[Key, Near] = {}
    for other in {*said, *(one for one in shared if one in items)}:
        one, there = items[key], items[other]
        content = _WORDS * said[other]
        content += _SUBJECT * (one.subject == there.subject) + _LEVEL * (one.level == there.level)
        use = _USE * shared.get(other, 0.0)
        score = (content + use) * (1 + _NEW * there.fresh + _OPEN * there.open)
        found[other] = Near(score, use > content, ())
    best = sorted(found, key=lambda other: (-found[other].score, str(other)))[:NEAREST]
    return {
        other: Near(found[other].score, found[other].used, _common(mine, vectors[other])) for other in best
    }


def _common(one: Mapping[str, float], other: Mapping[str, float]) -> tuple[str, ...]:
    both = [word for word in one if word in other]
    return tuple(sorted(both, key=lambda word: (-one[word] * other[word], word))[:3])


@dataclass(frozen=True)
class Reason:
    """Somebody's own nano that leads to another. `done`: they finished it."""

    source: Hashable
    score: float
    done: bool


def rank(
    reasons: Mapping[Key, Sequence[Reason]], providers: Mapping[Key, Hashable], most: int
) -> list[tuple[Key, Reason]]:
    """What to show, with the strongest reason of each: the sum of all reasons decides; a provider has at most two."""
    weight = {
        key: sum(one.score * (1 if one.done else _BEGUN) for one in each) for key, each in reasons.items()
    }  # fmt: skip
    shown: list[tuple[Key, Reason]] = []
    taken: Counter[Hashable] = Counter()
    for key in sorted(weight, key=lambda one: (-weight[one], str(one))):
        if taken[providers.get(key)] < MOST_PER_PROVIDER and len(shown) < most:
            taken[providers.get(key)] += 1
            shown.append((key, max(reasons[key], key=lambda one: one.score * (1 if one.done else _BEGUN))))
    return shown
