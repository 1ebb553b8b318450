"""The life of an own domain: when DNS is asked again, what counts as a failure, when its route goes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.hosting.rules.domain import Verdict

DAY = timedelta(days=1)
EAGER = timedelta(days=2)
"""So long after it was entered somebody is waiting for it."""
FAILURES = 3
"""Daily looks that fail before a domain counts as leading elsewhere."""
KEPT = timedelta(days=7)
"""So long it keeps its route then."""
WARNED = timedelta(days=1)
"""So long before its end people hear of it once more."""


class State(StrEnum):
    """A domain's life. VERIFIED and ELSEWHERE have a route and the name for themselves."""

    PENDING = "pending"
    VERIFIED = "verified"
    ELSEWHERE = "elsewhere"
    LAPSED = "lapsed"


ROUTED = (State.VERIFIED, State.ELSEWHERE)


def look_again(state: State, created_at: datetime, now: datetime) -> datetime:
    """When DNS is asked next: daily, hourly while somebody waits for a new one."""
    waits = state is State.PENDING and now < created_at + EAGER
    return now + (timedelta(hours=1) if waits else DAY)


@dataclass(frozen=True)
class Step:
    """What a look changes. `warn`: people hear once more that the end is near."""

    state: State
    failures: int
    since: datetime | None
    """Since when it counts as leading elsewhere."""
    warn: bool = False


def after_look(
    state: State, failures: int, since: datetime | None, verdict: Verdict, now: datetime, *, daily: bool, warned: bool
) -> Step:  # fmt: skip
    """The step after a look. Only `daily` ones count as failures; a look without an answer decides nothing."""
    if verdict is Verdict.GOOD:
        return Step(State.VERIFIED, 0, None)
    if state is State.VERIFIED:
        counts = daily and verdict is not Verdict.UNCLEAR
        failures += counts
        if counts and failures >= FAILURES:
            return Step(State.ELSEWHERE, failures, now)
        return Step(state, failures, None)
    if state is State.ELSEWHERE and since is not None:
        if now >= since + KEPT and verdict is not Verdict.UNCLEAR:
            return Step(State.LAPSED, failures, since)
        return Step(state, failures, since, warn=not warned and now >= since + KEPT - WARNED)
    return Step(state, failures, since)
