"""What happened to money: ids and values, no personal text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.api import Fact


@dataclass(frozen=True)
class WalletToppedUp(Fact):
    """Money came in. `kind` is "voucher" or "topup"."""

    name: ClassVar[str] = "billing.wallet.topped_up"
    kind: str
    amount_nanos: int
    balance_nanos: int
    transfer_id: UUID


@dataclass(frozen=True)
class WalletLow(Fact):
    """The money lasts for less than the chosen time. Told once a crossing."""

    name: ClassVar[str] = "billing.wallet.low"
    available_nanos: int
    rate_nanos_per_hour: int
    runway_minutes: int


@dataclass(frozen=True)
class WalletExhausted(Fact):
    """The money lasts only for the minutes it takes to stop servers: whoever runs them must stop them now.

    Told at the crossing and, with `repeated`, at every check while something that costs still runs.
    """

    name: ClassVar[str] = "billing.wallet.exhausted"
    available_nanos: int
    rate_nanos_per_hour: int
    repeated: bool


@dataclass(frozen=True)
class WalletSettingsChanged(Fact):
    """The organisation chose another warning time."""

    name: ClassVar[str] = "billing.wallet.settings_changed"
    warn_minutes: int


@dataclass(frozen=True)
class VoucherIssued(Fact):
    """The operator made vouchers."""

    name: ClassVar[str] = "billing.voucher.issued"
    amount_nanos: int
    count: int
    max_uses: int


@dataclass(frozen=True)
class VoucherWithdrawn(Fact):
    """A voucher can no longer be used."""

    name: ClassVar[str] = "billing.voucher.withdrawn"
    voucher_id: UUID


@dataclass(frozen=True)
class PriceAnnounced(Fact):
    """A new price is in the list."""

    name: ClassVar[str] = "billing.price.announced"
    meter: str
    nanos: int
    price_id: UUID


@dataclass(frozen=True)
class LedgerAlarm(Fact):
    """The nightly reconcile found a difference: somebody must look."""

    name: ClassVar[str] = "billing.ledger.alarm"
    check: str
    row_id: UUID
    difference_nanos: int
