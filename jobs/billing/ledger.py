"""Checking the books."""

from __future__ import annotations

from app.billing.services import reconcile as service


def reconcile() -> dict[str, int]:
    """Recompute the ledger and compare."""
    return {"differences": len(service.reconcile())}
