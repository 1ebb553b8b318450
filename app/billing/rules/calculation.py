"""The calculation behind a charge, as parts that a page or a report puts into its language."""

from __future__ import annotations

from dataclasses import dataclass

from app.billing.rules.pricing import HOURS_PER_GB_MONTH, MB_PER_GB, Price

HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Calculation:
    """quantity × time × price = amount. `unit` is "gb_hour", "gb_month" or "other"."""

    quantity_mb: int
    micros: int
    price_nanos: int
    unit: str
    unit_mb: int
    unit_seconds: int
    nanos: int


def unit_of(price: Price) -> str:
    """The name of a price's unit, for people."""
    if price.unit_mb == MB_PER_GB and price.unit_seconds == HOUR_SECONDS:
        return "gb_hour"
    if price.unit_mb == MB_PER_GB and price.unit_seconds == HOURS_PER_GB_MONTH * HOUR_SECONDS:
        return "gb_month"
    return "other"


def calculation_of(price: Price, quantity_mb: int, micros: int, nanos: int) -> Calculation:
    """Spell a charge out. `nanos` may differ by one from the product: what is cut off is carried to the next charge."""
    return Calculation(
        quantity_mb, micros, price.nanos, unit_of(price), price.unit_mb, price.unit_seconds, nanos
    )


def decimal_places(value: int, divisor: int, places: int) -> str:
    """`value / divisor` written with a dot, without floats and without trailing zeros."""
    whole, rest = divmod(abs(value) * 10**places // divisor, 10**places)
    fraction = str(rest).rjust(places, "0").rstrip("0") if places else ""
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def duration_parts(micros: int) -> tuple[int, int, str]:
    """Hours, minutes and seconds (with up to six decimals, no trailing zeros) of a length of time; exact."""
    minutes, rest = divmod(abs(micros), 60_000_000)
    hours, minutes = divmod(minutes, 60)
    return hours, minutes, decimal_places(rest, 1_000_000, 6)
