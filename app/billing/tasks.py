"""Background work of billing."""

from __future__ import annotations

from app.kit.jobref import job

watch_wallets = job("jobs.billing.wallet.watch", timeout=120, retries=0)
"""Every minute: settle the wallets whose check is due."""

reconcile = job("jobs.billing.ledger.reconcile", timeout=900, retries=2)
"""Every night: recompute the ledger and compare."""

SCHEDULE = [
    ("billing.watch_wallets", watch_wallets, 60),
    ("billing.reconcile", reconcile, "03:20"),
]
