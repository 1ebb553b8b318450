"""What a server of some size costs an hour."""

from __future__ import annotations

from app.billing import api as billing
from app.kit.money import Money


def price_of(memory_mb: int) -> Money:
    """While it runs."""
    return billing.rate_per_hour("hosting.active", memory_mb)
