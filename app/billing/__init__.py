"""Money: a double-entry ledger, wallets, usage rated over intervals, vouchers and payments.

Promises: every nano-euro is booked once and can be recomputed; a balance never goes below zero; what a wallet cannot
pay stays due and is shown; nobody loses a world over money.
"""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Plug billing into the application."""
    from flask_babel import lazy_gettext as _l

    from app.accounts.api import add_scope
    from app.billing import models, tasks  # noqa: F401
    from app.billing.describe import describe_events
    from app.billing.metrics import wallet_metrics
    from app.billing.policies import P, grant_all
    from app.billing.queries.personal import ACTIVITIES, RETENTION, export_bookings
    from app.billing.views import api  # noqa: F401
    from app.billing.views.history import wallet_history
    from app.billing.views.price import prices
    from app.billing.views.voucher import vouchers
    from app.billing.views.wallet import may_watch, render_balance, wallet
    from app.core.api import contributor
    from app.kit import live, observe
    from app.kit.nav import nav

    grant_all()
    describe_events()
    add_scope("costs:read", label=_l("Kosten und Guthaben lesen"), permissions=[P.WALLET_SEE], order=40)
    contributor("billing", export=export_bookings, retention=RETENTION, activities=ACTIVITIES)
    for blueprint in (wallet, wallet_history, vouchers, prices):
        app.register_blueprint(blueprint)
    live.fragment(prefix="billing-wallet", aspect="balance", authorise=may_watch, render=render_balance)
    observe.on_scrape("billing", wallet_metrics)
    nav.add(module="organisation", label=_l("Guthaben"), icon="wallet", endpoint="wallet.show",
            permission=P.WALLET_SEE, order=20, match="wallet")  # fmt: skip
    nav.add(module="operation", label=_l("Gutscheine"), icon="ticket", endpoint="vouchers.index",
            permission=P.VOUCHER_ISSUE, operator=True, order=40, match="vouchers.")  # fmt: skip
    nav.add(module="operation", label=_l("Preise"), icon="tags", endpoint="prices.index",
            permission=P.PRICE_MANAGE, operator=True, order=41, match="prices.")  # fmt: skip
