"""The queue of moderators: kinds of items, their order, and how long somebody holds one."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

CLAIM = timedelta(minutes=20)
"""How long an item is held; renewed by its holder, free afterwards."""
PER_RANK = timedelta(days=3)
"""A sure suspicion is worth this much waiting. Age wins in the end: nothing stays below for ever."""


class Kind(StrEnum):
    """Why something is in the queue."""

    REVIEW = "review"
    NOTICE = "notice"
    SAMPLE = "sample"
    FINDING = "finding"
    APPEAL = "appeal"


class Priority(int):
    """Days an item is moved forward."""


NORMAL, TRUSTED, URGENT = Priority(0), Priority(30), Priority(365)
"""Trusted flaggers (Art. 22) come first; danger to life or to children (Art. 18) before everything."""

_URGENT = frozenset({"PROTECTION_OF_MINORS", "SELF_HARM", "VIOLENCE", "RISK_FOR_PUBLIC_SECURITY"})


def priority_of(category: str, *, trusted: bool) -> Priority:
    """The priority of a notice by its category and who sent it."""
    if category.removeprefix("STATEMENT_CATEGORY_") in _URGENT:
        return URGENT
    return TRUSTED if trusted else NORMAL


def sort_at(created_at: datetime, priority: int, rank: float | None) -> datetime:
    """The place in the queue: the earlier, the sooner. Rank alone never moves an item by more than `PER_RANK`."""
    return created_at - timedelta(days=priority) - PER_RANK * min(1.0, max(0.0, rank or 0.0))


def open_key(kind: Kind, subject_id: object, reason: str = "") -> str:
    """What makes two items the same while one of them is open."""
    return f"{kind.value}:{subject_id}:{reason}"[:160]


def held(claimed_until: datetime | None, now: datetime) -> bool:
    """Whether a claim still stands."""
    return claimed_until is not None and claimed_until > now
