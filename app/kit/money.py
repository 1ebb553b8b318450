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


_DRESS = re.compile(
    r"^(?:€|EUR\b)\s*|\s*(?:€|\bEUR)$|(?<=[0-9])[.,]\s?[-–—](?=\s*(?:€|EUR)?$)", re.IGNORECASE
)
_SPACES = re.compile("[\u00a0\u2009\u202f]")
_PLAIN = re.compile(r"(?P<whole>[0-9]*)(?:[.,](?P<rest>[0-9]+))?")
_GROUPED = re.compile(
    r"(?P<whole>[1-9][0-9]{0,2}(?P<by>[.,' ])[0-9]{3}(?:(?P=by)[0-9]{3})*)(?:(?!(?P=by))[.,](?P<rest>[0-9]+))?"
)
_LONGEST = 40


def parse_money(text: str, currency: str = "EUR", *, decimals: int = 2) -> Money:
    """What a person typed: 12,50 · 12.50 · ,50 · 1.234,50 · 1,234.50 · 1 234,50 · 1'234 · 12,– €.

    Raises ValueError for anything else: a slip must not become another amount. Three digits behind a lone point are
    thousands, as Germans write them; behind a lone comma they are refused (a thousand, or a digit too many?), and with
    more than two `decimals` behind a point as well (1.234; 0.002 is clear, and so is 1.2340).
    """
    plain = _SPACES.sub(" ", text.strip()).replace("\u2019", "'")
    if len(plain) > _LONGEST:
        raise ValueError("not an amount of money")
    for _ in range(2):  # "12,– €" wears two of them
        plain = _DRESS.sub("", plain)
    found = _GROUPED.fullmatch(plain)
    if found is not None and re.fullmatch("[0-9]+[.,][0-9]{3}" if decimals > 2 else "[0-9]+,[0-9]{3}", plain):
        raise ValueError("an amount of money that can be read in two ways")
    found = found or _PLAIN.fullmatch(plain)
    if found is None or not (found["whole"] or found["rest"]) or len(found["rest"] or "") > decimals:
        raise ValueError("not an amount of money")
    whole = re.sub("[^0-9]", "", found["whole"]) or "0"
    if len(whole.lstrip("0")) > 9:  # a billion: what a database holds as nanos, with room for sums
        raise ValueError("an amount beyond what a ledger holds")
    return Money(int(whole) * NANOS + int(f"{found['rest'] or '':0<9}"), currency)
