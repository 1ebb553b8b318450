"""Looking after wallets."""

from __future__ import annotations

from dataclasses import asdict

from app.billing.services.watch import watch_wallets


def watch() -> dict[str, int]:
    """Settle every wallet that is due."""
    return asdict(watch_wallets())
