"""Money coming in, from whatever source."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.billing.events import WalletToppedUp
from app.billing.models import Wallet
from app.billing.models.ledger import FUNDING, WALLET
from app.billing.rules.wallet import Level
from app.billing.services.posting import Posted, lock_accounts, post
from app.billing.services.settlement import settle_here
from app.core.api import record
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.money import Money


def credit(
    organisation_id: UUID,
    amount: Money,
    *,
    key: str,
    kind: str,
    actor: Actor,
    memo: dict[str, Any] | None = None,
) -> Posted:
    """Add money and pay with it what is still open. Joins the caller's transaction; the key credits once for ever."""
    if amount.nanos <= 0:
        raise ValueError("a credit is more than nothing")
    legs = {WALLET: amount.nanos, FUNDING: -amount.nanos}
    posted = post(organisation_id, key=key, kind=kind, legs=legs, actor_id=actor.person_id, memo=memo)
    if not posted.fresh:
        return posted
    settlement = settle_here(organisation_id)
    wallet = db.session.get(Wallet, organisation_id)
    if wallet is not None and settlement.rate_per_hour == 0 and settlement.level is Level.OK:
        wallet.level = Level.OK.value  # nothing runs: the next crossing may be told again
    balance = lock_accounts(organisation_id)[WALLET].balance_nanos
    record(
        WalletToppedUp(kind, amount.nanos, balance, posted.transfer_id),
        actor=actor,
        organisation_id=organisation_id,
        subject=("billing.wallet", organisation_id),
    )
    return posted
