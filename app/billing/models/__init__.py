"""Tables of billing."""

from app.billing.models.funding import Payment, Redemption, Voucher
from app.billing.models.ledger import Account, Entry, Transfer
from app.billing.models.metering import Charge, Price, UsageInterval
from app.billing.models.wallet import Wallet

__all__ = [
    "Account",
    "Charge",
    "Entry",
    "Payment",
    "Price",
    "Redemption",
    "Transfer",
    "UsageInterval",
    "Voucher",
    "Wallet",
]
