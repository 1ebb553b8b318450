"""Samples of what is public: whom to trust, what to draw, and what the result says about the rest. Pure.

The draw depends on the seed, the strata and nothing else: whoever has them gets the same nanos again.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

GOAL = 0.02
"""At most this share of what is public may be defective."""
NEW_FOR, PROVEN_AFTER, PROVEN_WITH, WATCHED_FOR = (
    timedelta(days=30),
    timedelta(days=90),
    10,
    timedelta(days=180),
)


class Trust(StrEnum):
    """A stratum: how a provider has done so far."""

    NEW = "new"
    WATCHED = "watched"
    USUAL = "usual"
    PROVEN = "proven"


WEIGHTS = {Trust.NEW: 3, Trust.WATCHED: 4, Trust.USUAL: 2, Trust.PROVEN: 1}
"""How much more often a nano of this stratum is drawn."""


@dataclass(frozen=True)
class Record:
    """What is known of a provider: published revisions, restrictions lately, and time since the first publication."""

    published: int
    restricted: int
    age: timedelta


def trust_of(record: Record) -> Trust:
    """Anybody restricted lately is watched; then time and number decide."""
    if record.restricted:
        return Trust.WATCHED
    if record.age < NEW_FOR or record.published < 3:
        return Trust.NEW
    if record.age >= PROVEN_AFTER and record.published >= PROVEN_WITH:
        return Trust.PROVEN
    return Trust.USUAL


def quotas(population: Mapping[Trust, int], size: int) -> dict[Trust, int]:
    """How many to draw of each stratum: by weight, at least one where there is one, never more than there are."""
    room = {stratum: count for stratum, count in population.items() if count > 0}
    if size >= sum(room.values()):
        return dict(room)
    drawn = dict.fromkeys(room, 0)
    order = sorted(room, key=lambda one: (-WEIGHTS[one], one.value))
    for stratum in order[:size]:
        drawn[stratum] = 1
    while sum(drawn.values()) < size:
        # the stratum that is furthest behind its share gets the next one
        best = max(
            (one for one in order if drawn[one] < room[one]),
            key=lambda one: (WEIGHTS[one] * room[one] / (drawn[one] + 1), one.value),
        )
        drawn[best] += 1
    return drawn


def draw(strata: Mapping[Trust, Sequence[UUID]], size: int, seed: str) -> list[tuple[UUID, Trust]]:
    """A random sample: each nano gets a number from the seed and its id, and the smallest of each stratum are drawn."""
    wanted = quotas({stratum: len(ids) for stratum, ids in strata.items()}, size)
    found = []
    for stratum in sorted(wanted):
        ranked = sorted(strata[stratum], key=lambda one: hashlib.sha256(f"{seed}:{one}".encode()).digest())
        found += [(one, stratum) for one in ranked[: wanted[stratum]]]
    return found


def upper_bound(defects: int, checked: int, confidence: float = 0.95) -> float:
    """The exact one-sided bound (Clopper-Pearson): with this confidence no more than this share is defective.

    It is the share at which `defects` or fewer would turn up with probability 1 - confidence. 0 of 149 is below 2 %.
    """
    if not 0 <= defects <= checked:
        raise ValueError("defects are among what was checked")
    if checked == 0 or defects == checked:
        return 1.0
    low, high, level = 0.0, 1.0, 1 - confidence
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if at_most(defects, checked, middle) > level else (low, middle)
    return high


def at_most(defects: int, checked: int, share: float) -> float:
    """The probability of `defects` or fewer among `checked` when `share` of all is defective."""
    if share <= 0:
        return 1.0
    if share >= 1:
        return float(defects >= checked)
    total = 0.0
    for k in range(defects + 1):
        log = math.lgamma(checked + 1) - math.lgamma(k + 1) - math.lgamma(checked - k + 1)
        total += math.exp(log + k * math.log(share) + (checked - k) * math.log1p(-share))
    return min(1.0, total)


def still_needed(defects: int, goal: float = GOAL, confidence: float = 0.95) -> int:
    """How many must be checked with no more defects than these until the bound is below the goal."""
    low, high = defects + 1, 200_000
    while low < high:
        middle = (low + high) // 2
        if upper_bound(defects, middle, confidence) < goal:
            high = middle
        else:
            low = middle + 1
    return low
