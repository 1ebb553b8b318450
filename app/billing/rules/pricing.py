"""What usage costs: a price has a validity, and what is due is one floor over everything used so far.

The only rounding in metering is here: `accrued` adds the exact shares of all price periods and cuts once, down to
whole nano-euros. Everything else takes differences of it, which therefore add up without drift, however often,
late or irregularly somebody asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from app.billing.rules.moments import HOUR, SECOND

MB_PER_GB = 1024
HOURS_PER_GB_MONTH = 730
"""A "GB-month" is 730 hours (365 days / 12) in every month of the year, so a price does not change with the month."""


class PriceMissing(LookupError):
    """No price covers the time: the price list has a hole, which must stop rating, not make usage free."""


@dataclass(frozen=True, slots=True)
class Price:
    """`nanos` for `unit_mb` megabytes over `unit_seconds`, from `valid_from` until before `valid_to` (None: open)."""

    id: UUID
    meter: str
    nanos: int
    unit_mb: int
    unit_seconds: int
    valid_from: int
    valid_to: int | None = None

    def over(self, quantity_mb: int, micro: int) -> Fraction:
        """The exact cost of that quantity over that many microseconds."""
        return Fraction(quantity_mb * micro * self.nanos, self.unit_mb * self.unit_seconds * SECOND)


Prices = Sequence[Price]
"""Prices of one meter, ordered by `valid_from`, without holes or overlaps."""


def price_at(prices: Prices, micro: int) -> Price:
    """The price valid at that moment. Raises PriceMissing."""
    for price in prices:
        if price.valid_from <= micro and (price.valid_to is None or micro < price.valid_to):
            return price
    raise PriceMissing(f"no price at {micro}")


def price_borders(prices: Prices, since: int, until: int) -> list[int]:
    """Moments strictly between the two at which the price changes."""
    return [price.valid_from for price in prices if since < price.valid_from < until]


def accrued(quantity_mb: int, started: int, until: int, prices: Prices) -> int:
    """Nano-euros due for `quantity_mb` from `started` to `until`, piecewise over the prices, cut down once.

    Zero where `until` is not after `started`. Raises PriceMissing where a part of the time has no price.
    """
    if until <= started:
        return 0
    first = price_at(prices, started)
    if first.valid_to is None or until <= first.valid_to:  # nearly always: one price, whole numbers
        return quantity_mb * (until - started) * first.nanos // (first.unit_mb * first.unit_seconds * SECOND)
    total = Fraction(0)
    at = started
    while at < until:
        price = price_at(prices, at)
        end = until if price.valid_to is None else min(until, price.valid_to)
        total += price.over(quantity_mb, end - at)
        at = end
    return total.numerator // total.denominator


def affordable_until(
    quantity_mb: int, started: int, since: int, until: int, prices: Prices, budget: int
) -> int:
    """The latest moment in `since`..`until` at which `accrued` is at most `budget` (which covers `since`)."""
    low, high = since, until
    while low < high:  # accrued never falls, so halving finds the border to the microsecond
        middle = (low + high + 1) // 2
        if accrued(quantity_mb, started, middle, prices) <= budget:
            low = middle
        else:
            high = middle - 1
    return low


def hourly_rate(quantity_mb: int, price: Price) -> int:
    """Nano-euros an hour, rounded up: what checks and displays use, never what is charged."""
    return -(-quantity_mb * HOUR * price.nanos // (price.unit_mb * price.unit_seconds * SECOND))
