"""Waiting times and limits."""

from __future__ import annotations

from datetime import datetime, timedelta

GRACE = timedelta(days=14)  # between asking to be erased and being erased
EXPORT_KEPT = timedelta(days=7)
EXPORTS_A_DAY = 3


def due_at(asked_at: datetime) -> datetime:
    """When an account asked to be erased now is erased."""
    return asked_at + GRACE


def may_export(earlier: list[datetime], now: datetime) -> bool:
    """Whether another copy may be asked for, given when the last ones were."""
    return sum(1 for at in earlier if now - at < timedelta(days=1)) < EXPORTS_A_DAY
