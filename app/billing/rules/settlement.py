"""One settlement of one wallet: what is booked now, with the money there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.billing.rules.metering import Step, Usage, due, is_settled, reachable, steps
from app.billing.rules.pricing import Prices


@dataclass(frozen=True, slots=True)
class Settled:
    """Where an interval stands after the settlement."""

    usage_id: UUID
    booked_until: int
    booked: int
    done: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What a settlement writes: `total` leaves the wallet (negative: comes back), `unpaid` stays due."""

    steps: tuple[Step, ...]
    settled: tuple[Settled, ...]
    total: int
    unpaid: int


def plan_settlement(
    usages: Iterable[Usage], until: int, balance: int, prices: Mapping[str, Prices], zone: str
) -> Plan:
    """Book every interval up to `until` as far as `balance` reaches: corrections first, then the oldest debt.

    The balance never goes below zero; what it does not cover stays on its interval, at a moment that is exactly paid.
    """
    ordered = sorted(
        usages, key=lambda usage: (due(usage, until, prices[usage.meter]) >= 0, usage.booked_until, usage.id)
    )
    all_steps: list[Step] = []
    settled: list[Settled] = []
    left, unpaid = balance, 0
    for usage in ordered:
        own = prices[usage.meter]
        target = reachable(usage, until, own, left)
        made = steps(usage, target, own, zone)
        paid = sum(step.nanos for step in made)
        after = Usage(
            usage.id, usage.meter, usage.quantity_mb, usage.started, usage.ended, target, usage.booked + paid
        )
        rest = due(after, until, own)
        done = is_settled(after, own)
        left -= paid
        unpaid += rest
        all_steps.extend(made)
        if made or done:
            settled.append(Settled(usage.id, target, after.booked, done))
    return Plan(tuple(all_steps), tuple(settled), balance - left, unpaid)
