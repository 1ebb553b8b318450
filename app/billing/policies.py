"""Who may do what with money."""

from __future__ import annotations

from enum import StrEnum

from app.kit.authz import OPERATOR, grant


class P(StrEnum):
    """Permissions of billing."""

    WALLET_SEE = "billing:wallet:see"
    """Balance, history, price list and costs of the organisation."""

    WALLET_MANAGE = "billing:wallet:manage"
    """Top up, redeem vouchers, choose the warning time."""

    VOUCHER_ISSUE = "billing:voucher:issue"
    """Make and withdraw vouchers."""

    PRICE_MANAGE = "billing:price:manage"
    """Announce prices."""


def grant_all() -> None:
    """Put the permissions into the role tables."""
    grant(P.WALLET_SEE, "owner", "admin", "member")
    grant(P.WALLET_MANAGE, "owner", "admin")
    grant(P.VOUCHER_ISSUE, OPERATOR)
    grant(P.PRICE_MANAGE, OPERATOR)
