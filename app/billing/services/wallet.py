"""What an organisation and the operator choose about wallets."""

from __future__ import annotations

from flask_babel import gettext as _

from app.billing.events import WalletSettingsChanged
from app.billing.models import Wallet
from app.billing.policies import P
from app.billing.queries.settings import KEY, operator_thresholds
from app.billing.rules.wallet import Thresholds
from app.billing.services.posting import lock_accounts
from app.billing.services.settlement import settle_here
from app.core.api import put_setting, record
from app.kit.authz import Actor, require
from app.kit.db import transaction
from app.kit.errors import Invalid, NotFound

LONGEST_WARNING = 60 * 24 * 60
"""Sixty days, in minutes."""


def set_warning(actor: Actor, *, minutes: int) -> None:
    """Warn when the money lasts for less than this; a wallet already below is told at once."""
    require(actor, P.WALLET_MANAGE)
    if actor.organisation_id is None:
        raise NotFound
    least = operator_thresholds().stop_minutes
    if not least < minutes <= LONGEST_WARNING:
        raise Invalid(fields={"warn_hours": _("Möglich sind 1 Stunde bis 60 Tage (1.440 Stunden).")})
    with transaction() as session:
        lock_accounts(actor.organisation_id)
        wallet = session.get(Wallet, actor.organisation_id, populate_existing=True)
        assert wallet is not None
        before = wallet.warn_minutes
        wallet.warn_minutes = minutes
        session.flush()
        settle_here(actor.organisation_id)
        record(
            WalletSettingsChanged(minutes),
            actor=actor,
            subject=("billing.wallet", actor.organisation_id),
            before={"warn_minutes": before},
        )


def set_thresholds(actor: Actor, thresholds: Thresholds) -> None:
    """The operator's minutes for all wallets."""
    require(actor, P.PRICE_MANAGE)
    with transaction():
        put_setting(
            None,
            KEY,
            {
                "warn_minutes": thresholds.warn_minutes,
                "stop_minutes": thresholds.stop_minutes,
                "reserve_minutes": thresholds.reserve_minutes,
            },
        )
