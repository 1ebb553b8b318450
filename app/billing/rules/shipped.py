"""The price list that ships with the product. An operator announces other prices; these stay as history."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from app.billing.rules.pricing import HOURS_PER_GB_MONTH, MB_PER_GB, Price

EVER = 946_684_800_000_000
"""1 January 2000: before anything was used."""

_HOUR = 3600
_MONTH = HOURS_PER_GB_MONTH * _HOUR


def _price(meter: str, nanos: int, unit_seconds: int) -> Price:
    return Price(uuid5(NAMESPACE_URL, f"kontor:price:{meter}"), meter, nanos, MB_PER_GB, unit_seconds, EVER)


SHIPPED = (
    _price("hosting.active", 20_000_000, _HOUR),  # 0.02 € per GB of memory and hour
    _price("hosting.archive", 0, _MONTH),  # free
    _price("hosting.sleep", 100_000_000, _MONTH),  # 0.10 € per GB of disk and GB-month
)
