"""Looking after wallets."""

from __future__ import annotations

from app.billing.services.settlement import due_wallets, settle
from app.kit import observe


def watch() -> dict[str, int]:
    """Settle every wallet that is due; one that fails is left for the next minute and hinders nobody."""
    failed = 0
    wallets = due_wallets()
    for organisation_id in wallets:
        try:
            settle(organisation_id)
        except Exception:
            failed += 1
            observe.log.exception("settlement_failed", organisation_id=str(organisation_id))
    return {"settled": len(wallets) - failed, "failed": failed}
