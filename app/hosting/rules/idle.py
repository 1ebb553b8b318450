"""When a game that nobody plays stops by itself: never while somebody plays or nobody can tell, and never unannounced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

OFF = 0
LONGEST_MINUTES = 1440
UNSEEN = timedelta(seconds=60)
"""So long without an answer about players, and the time is not counted as empty: somebody may have come and gone."""


class Step(StrEnum):
    """What an empty game needs next."""

    WAIT = "wait"
    WARN = "warn"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Rest:
    """What is known about the players of a running game. Times are aware UTC."""

    minutes: int
    """Without players until it stops; OFF is never."""
    players: int | None
    """None when nobody can tell."""
    empty_since: datetime | None
    """Since when every answer said that nobody plays."""
    ready_at: datetime | None
    warned_at: datetime | None
    """When the game's console last said that it is going to stop."""


def chosen_minutes(own: int | None, usual: int) -> int:
    """The owner's choice, or what is usual on this installation."""
    return usual if own is None else own


def lead(minutes: int) -> timedelta:
    """Between the warning and the stop."""
    return min(timedelta(minutes=1), timedelta(minutes=minutes) / 2)


def _due(rest: Rest) -> datetime | None:
    if rest.minutes == OFF or rest.players != 0 or rest.empty_since is None or rest.ready_at is None:
        return None
    return max(rest.empty_since, rest.ready_at) + timedelta(minutes=rest.minutes)


def _warned(rest: Rest, due: datetime) -> datetime | None:
    """The warning of this stop. One given for an earlier moment, before the owner chose more minutes, is none."""
    before = lead(rest.minutes)
    return rest.warned_at if rest.warned_at is not None and rest.warned_at >= due - before else None


def stops_at(rest: Rest, now: datetime) -> datetime | None:
    """When it stops if nobody comes; None when it does not."""
    due = _due(rest)
    if due is None:
        return None
    warning = _warned(rest, due) or max(now, due - lead(rest.minutes))
    return max(due, warning + lead(rest.minutes))


def step(rest: Rest, now: datetime) -> Step:
    """Wait, warn, or stop."""
    due = _due(rest)
    if due is None:
        return Step.WAIT
    warning = _warned(rest, due)
    if warning is None:
        return Step.WARN if now >= due - lead(rest.minutes) else Step.WAIT
    return Step.STOP if now >= max(due, warning + lead(rest.minutes)) else Step.WAIT
