"""From lifecycle intervals to charges, without ticks.

An interval says: this quantity was used from then to then. `booked` nano-euros of it have been charged, which covers
exactly the time until `booked_until`: `booked == accrued(started, booked_until)` always holds. A charge is the step
to another moment, so a job that runs late, twice or never changes when money is booked, not how much.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from uuid import UUID

from app.billing.rules.moments import local_day, next_midnight
from app.billing.rules.pricing import Prices, accrued, affordable_until, price_at, price_borders


@dataclass(frozen=True, slots=True)
class Usage:
    """A usage interval as the rules see it; `ended` is None while it runs."""

    id: UUID
    meter: str
    quantity_mb: int
    started: int
    ended: int | None
    booked_until: int
    booked: int

    def due_until(self, until: int) -> int:
        """The moment up to which usage counts when one looks at `until`.

        What is booked stays booked when a late job looks back; only an end before the booked time goes backwards.
        """
        if self.ended is not None and self.ended <= self.booked_until:
            return self.ended
        return max(self.booked_until, until if self.ended is None else min(until, self.ended))


@dataclass(frozen=True, slots=True)
class Step:
    """One charge: `nanos` (negative for a correction) for the time `since`..`until`, within one day and one price."""

    usage_id: UUID
    since: int
    until: int
    day: date
    price_id: UUID
    nanos: int


def due(usage: Usage, until: int, prices: Prices) -> int:
    """What is not yet booked of the interval at `until`; negative where it ended before the time already booked."""
    return accrued(usage.quantity_mb, usage.started, usage.due_until(until), prices) - usage.booked


def is_settled(usage: Usage, prices: Prices) -> bool:
    """Whether the interval has ended and is booked to the last nano-euro."""
    return usage.ended is not None and due(usage, usage.ended, prices) == 0


def pieces(since: int, until: int, prices: Prices, zone: str) -> Iterator[tuple[int, int]]:
    """The time cut at local midnights and at price changes."""
    borders = set(price_borders(prices, since, until))
    at = next_midnight(since, zone)
    while at < until:
        borders.add(at)
        at = next_midnight(at, zone)
    edges = [since, *sorted(borders), until]
    yield from pairwise(edges)


def steps(usage: Usage, target: int, prices: Prices, zone: str) -> list[Step]:
    """The charges that move `booked_until` to `target`; backwards they are corrections with negative amounts.

    Pieces that cost nothing are left out: the time of a free or very short use needs no row.
    """
    forward = target >= usage.booked_until
    since, until = sorted((usage.booked_until, target))
    found = []
    for start, end in pieces(since, until, prices, zone):
        before = accrued(usage.quantity_mb, usage.started, start, prices)
        nanos = accrued(usage.quantity_mb, usage.started, end, prices) - before
        if nanos:
            signed = nanos if forward else -nanos
            found.append(
                Step(usage.id, start, end, local_day(start, zone), price_at(prices, start).id, signed)
            )
    return found


def reachable(usage: Usage, until: int, prices: Prices, budget: int) -> int:
    """How far the interval can be booked with `budget` nano-euros: the latest covered moment up to `until`."""
    target = usage.due_until(until)
    if target <= usage.booked_until or due(usage, until, prices) <= budget:
        return target
    return affordable_until(
        usage.quantity_mb, usage.started, usage.booked_until, target, prices, usage.booked + budget
    )


def cost_between(quantity_mb: int, started: int, ended: int, since: int, until: int, prices: Prices) -> int:
    """The cost of an interval inside a window: neighbouring windows add up to the whole, to the nano-euro."""
    first = accrued(quantity_mb, started, min(max(since, started), ended), prices)
    return accrued(quantity_mb, started, max(started, min(until, ended)), prices) - first
