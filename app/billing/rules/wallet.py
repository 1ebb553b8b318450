"""When a wallet is low, when servers must stop, and whether something may start."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

HOUR_MINUTES = 60


class Level(StrEnum):
    """How a wallet stands; the order is from good to bad."""

    OK = "ok"
    LOW = "low"
    EXHAUSTED = "exhausted"


SEVERITY = {Level.OK: 0, Level.LOW: 1, Level.EXHAUSTED: 2}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Minutes of runway: warn below `warn_minutes`, stop at `stop_minutes`, start only with `reserve_minutes`."""

    warn_minutes: int = 24 * 60
    stop_minutes: int = 5
    reserve_minutes: int = 15

    def __post_init__(self) -> None:
        if not 0 < self.stop_minutes <= self.reserve_minutes:
            raise ValueError("the reserve for a start must cover the time in which servers are stopped")


def runway_minutes(available: int, rate_per_hour: int) -> int | None:
    """Whole minutes the money lasts at this rate; None where nothing costs anything."""
    if rate_per_hour <= 0:
        return None
    return max(0, available) * HOUR_MINUTES // rate_per_hour


def level_of(available: int, rate_per_hour: int, thresholds: Thresholds) -> Level:
    """How the wallet stands. `available` is the balance less what is due and not booked."""
    if rate_per_hour <= 0:
        return Level.OK if available >= 0 else Level.EXHAUSTED
    if available * HOUR_MINUTES <= rate_per_hour * thresholds.stop_minutes:
        return Level.EXHAUSTED
    if available * HOUR_MINUTES < rate_per_hour * thresholds.warn_minutes:
        return Level.LOW
    return Level.OK


def may_start(available: int, rate_per_hour: int, added_rate: int, minutes: int, unpaid: int = 0) -> bool:
    """Whether all that runs and what is to be added can run for `minutes`; unpaid debt always says no.

    Something free may always start, and a wallet at exactly zero may not start anything that costs.
    """
    if added_rate <= 0:
        return True
    if unpaid > 0:
        return False
    return available > 0 and available * HOUR_MINUTES >= (rate_per_hour + added_rate) * minutes


def next_check_in(available: int, rate_per_hour: int, thresholds: Thresholds, longest_minutes: int) -> int:
    """Minutes until the wallet must be looked at again: before it can cross a threshold, at most `longest_minutes`."""
    runway = runway_minutes(available, rate_per_hour)
    if runway is None:
        return longest_minutes
    # Compared exactly: half a minute above a mark is still above it, and the next look is in a minute.
    marks = (thresholds.warn_minutes, thresholds.stop_minutes)
    ahead = [runway - mark for mark in marks if available * HOUR_MINUTES > rate_per_hour * mark]
    return max(1, min([longest_minutes, *ahead]))
