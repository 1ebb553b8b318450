"""Points and badges: what counts how much. Pure. Nobody is ranked by them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Deeds:
    """What somebody has done that counts."""

    completed: int = 0
    """Different nanos they were through."""
    repeated: int = 0
    """Valid certificates of repetitions."""
    in_time: int = 0
    """Assigned nanos that were done by their last day."""
    published: int = 0
    """Nanos they made that became public."""
    reviewed: int = 0
    """Revisions they reviewed for others."""


WORTH = {"completed": 10, "repeated": 5, "in_time": 5, "published": 25, "reviewed": 5}


class Badge(StrEnum):
    """What can be reached, in the order in which it is shown."""

    FIRST = "first"
    CURIOUS = "curious"
    LEARNED = "learned"
    RELIABLE = "reliable"
    GIVING = "giving"
    TEACHER = "teacher"
    CAREFUL = "careful"


NEEDS: dict[Badge, tuple[str, int]] = {
    Badge.FIRST: ("completed", 1),
    Badge.CURIOUS: ("completed", 5),
    Badge.LEARNED: ("completed", 25),
    Badge.RELIABLE: ("in_time", 5),
    Badge.GIVING: ("published", 1),
    Badge.TEACHER: ("published", 10),
    Badge.CAREFUL: ("reviewed", 10),
}


def points(deeds: Deeds) -> int:
    """The sum; never less with another deed."""
    return sum(worth * int(getattr(deeds, name)) for name, worth in WORTH.items())


def reached(deeds: Deeds) -> tuple[Badge, ...]:
    """Which badges somebody has."""
    return tuple(one for one, (name, least) in NEEDS.items() if getattr(deeds, name) >= least)


def step(deeds: Deeds, badge: Badge) -> tuple[int, int]:
    """How many of how many."""
    name, least = NEEDS[badge]
    return min(int(getattr(deeds, name)), least), least
