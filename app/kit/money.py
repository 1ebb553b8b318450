"""Money as an integer number of nano-euros: prices per second need the digits, sums must not drift."""

from __future__ import annotations

import re
from dataclasses import dataclass

NANOS = 1_000_000_000
CENT = 10_000_000


@dataclass(frozen=True, order=True)
class Money:
    """An amount in billionths of the currency's main unit. Floats are refused."""

    nanos: int
    currency: str = "EUR"

    def __post_init__(self) -> None:
        if not isinstance(self.nanos, int) or isinstance(self.nanos, bool):
            raise TypeError(f"money is an integer number of nanos, not {self.nanos!r}")

    def _other(self, other: object) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"money and {type(other).__name__} do not mix")
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix")
        return other.nanos

    def __add__(self, other: Money) -> Money:
        return Money(self.nanos + self._other(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.nanos - self._other(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.nanos, self.currency)

    def __mul__(self, times: int) -> Money:
        if not isinstance(times, int):
            raise TypeError("money is multiplied by whole numbers only")
        return Money(self.nanos * times, self.currency)

    def __bool__(self) -> bool:
        return self.nanos != 0

    def cents(self) -> int:
        """Whole cents, rounded half up away from zero: the one rounding rule, for the invoice line."""
        sign = -1 if self.nanos < 0 else 1
        return sign * ((abs(self.nanos) + CENT // 2) // CENT)


ZERO = Money(0)


def euros(whole: int, cents: int = 0) -> Money:
    """Money from whole euros and cents."""
    return Money(whole * NANOS + cents * CENT)


_GERMAN = re.compile(r"^\d{1,3}(\.\d{3})+(,\d{1,9})?$|^\d+(,\d{1,9})?$")
_ENGLISH = re.compile(r"^\d{1,3}(,\d{3})+(\.\d{1,9})?$|^\d+(\.\d{1,9})?$")


def parse_money(text: str, currency: str = "EUR") -> Money:
    """What a person typed: 12,50 · 12.50 · 1.234,50 · 1,234.50. Raises ValueError for anything else.

    Three digits behind one lone separator are thousands only where a comma group would be (1.234 is German
    for one thousand two hundred thirty-four); amounts typed by people have at most two decimals.
    """
    plain = text.strip().replace("€", "").replace("\u00a0", "").replace(" ", "").replace("'", "")
    if _GERMAN.match(plain):
        plain = plain.replace(".", "").replace(",", ".")
    elif _ENGLISH.match(plain):
        plain = plain.replace(",", "")
    else:
        raise ValueError("not an amount of money")
    whole, _, fraction = plain.partition(".")
    if len(whole.lstrip("0")) > 9:  # a billion: what a database holds as nanos, with room for sums
        raise ValueError("an amount beyond what a ledger holds")
    return Money(int(whole) * NANOS + int((fraction + "0" * 9)[:9]), currency)
