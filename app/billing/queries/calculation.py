"""A charge's calculation in the reader's language: 4 GB × 1 h 32 min 10 s × 0,02 €/GB-h = 0,122888888 €."""

from __future__ import annotations

from flask_babel import format_decimal, get_locale
from flask_babel import gettext as _

from app.billing.rules.calculation import Calculation, decimal_places, duration_parts
from app.billing.rules.pricing import MB_PER_GB
from app.kit import formats
from app.kit.money import NANOS

NBSP = "\u00a0"
"""Between a figure and its unit: they stay on one line."""


def localised(text: str) -> str:
    """A plain decimal number ("1234.5") with the reader's decimal sign; no digits are lost."""
    locale = get_locale()
    sign = locale.number_symbols.get("latn", locale.number_symbols).get("decimal", ".") if locale else ","
    return text.replace(".", sign)


def quantity(quantity_mb: int) -> str:
    """Megabytes as GB (1 GB = 1024 MB), exact; below 1 GB in MB."""
    if quantity_mb < MB_PER_GB:
        return f"{format_decimal(quantity_mb)}{NBSP}MB"
    return f"{localised(decimal_places(quantity_mb, MB_PER_GB, 10))}{NBSP}GB"


def length_of_time(micros: int) -> str:
    """Hours, minutes and seconds, exact to the microsecond; parts that are zero are left out."""
    hours, minutes, seconds = duration_parts(micros)
    parts = [f"{hours}{NBSP}h" if hours else "", f"{minutes}{NBSP}min" if minutes else ""]
    if seconds != "0" or not any(parts):
        parts.append(f"{localised(seconds)}{NBSP}s")
    return NBSP.join(part for part in parts if part)


def amount(nanos: int) -> str:
    """Euros with all their digits, at least two decimals."""
    text = decimal_places(nanos, NANOS, 9)
    whole, _dot, fraction = text.partition(".")
    digits = localised(whole + "." + fraction.ljust(2, "0"))
    if formats.language() == "en":
        return f"-€{digits[1:]}" if digits.startswith("-") else f"€{digits}"
    return f"{digits}{NBSP}€"


def unit_price(nanos: int, unit: str, unit_mb: int, unit_seconds: int) -> str:
    """A price with its unit."""
    euros = amount(nanos)
    if unit == "gb_hour":
        return _("%(euros)s/GB-h", euros=euros)
    if unit == "gb_month":
        return _("%(euros)s/GB-Monat", euros=euros)
    return _("%(euros)s je %(mb)s MB und %(seconds)s s", euros=euros, mb=unit_mb, seconds=unit_seconds)


def spell_out(made: Calculation) -> str:
    """quantity × time × price = amount. A correction shows its time and amount with a minus sign."""
    price = unit_price(made.price_nanos, made.unit, made.unit_mb, made.unit_seconds)
    sign = "−" if made.nanos < 0 else ""
    time = sign + length_of_time(made.micros)
    return f"{quantity(made.quantity_mb)} × {time} × {price} = {sign}{amount(abs(made.nanos))}"
