"""Looking after all wallets, a minute's worth at a time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update

from app.billing.models import Wallet
from app.billing.services.settlement import settle
from app.kit import clock, observe
from app.kit.db import db, transaction

BATCH = 200
BUDGET_SECONDS = 50.0
"""The job runs every minute; what is left over is due in the next one, the longest waiting first."""
TRY_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True)
class Watched:
    """How many wallets were settled, and how many could not be."""

    settled: int
    failed: int


def due_wallets(limit: int = BATCH) -> list[UUID]:
    """Organisations whose wallet must be looked at now, the longest waiting first."""
    return list(
        db.session.scalars(
            select(Wallet.organisation_id)
            .where(Wallet.next_check_at <= clock.now())
            .order_by(Wallet.next_check_at)
            .limit(limit)
        )
    )


def watch_wallets() -> Watched:
    """Settle every wallet that is due. One that fails is put off for a minute and hinders nobody."""
    settled = failed = 0
    deadline = time.monotonic() + BUDGET_SECONDS
    while time.monotonic() < deadline and (wallets := due_wallets()):
        for organisation_id in wallets:
            try:
                settle(organisation_id)
                settled += 1
            except Exception:
                failed += 1
                observe.log.exception("settlement_failed", organisation_id=str(organisation_id))
                _put_off(organisation_id)
    return Watched(settled, failed)


def _put_off(organisation_id: UUID) -> None:
    with transaction() as session:
        session.execute(
            update(Wallet)
            .where(Wallet.organisation_id == organisation_id)
            .values(next_check_at=clock.now() + TRY_AGAIN)
            .execution_options(synchronize_session=False)
        )
