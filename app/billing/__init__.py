"""Money: a double-entry ledger, wallets, usage rated over intervals, vouchers and payments.

Promises: every nano-euro is booked once and can be recomputed; a balance never goes below zero; what a wallet cannot
pay stays due and is shown; nobody loses a world over money.
"""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Plug billing into the application."""
    from app.billing import models  # noqa: F401
    from app.billing.policies import grant_all

    grant_all()
