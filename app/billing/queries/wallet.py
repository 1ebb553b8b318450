"""How a wallet stands, without writing anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select

from app.billing.models import Account, Wallet
from app.billing.models.ledger import WALLET
from app.billing.queries.metering import Rates, load_prices, running_rates, undone_usages
from app.billing.queries.settings import KEY, thresholds_of
from app.billing.rules.metering import due
from app.billing.rules.moments import micros
from app.billing.rules.pricing import Prices, hourly_rate, price_at
from app.billing.rules.wallet import Level, Thresholds, level_of, may_start, runway_minutes
from app.core.api import setting_column
from app.kit import clock
from app.kit.db import db
from app.kit.money import Money


@dataclass(frozen=True)
class WalletState:
    """A wallet at one moment.

    `balance` is in the ledger; `unbooked` was used but is not booked yet; `available` is the difference and may be
    negative (an open amount) although the balance never is. `runway_minutes` is None while nothing costs anything.
    """

    balance: Money
    unbooked: Money
    available: Money
    rate_per_hour: Money
    stoppable_per_hour: Money
    runway_minutes: int | None
    level: Level
    warn_minutes: int
    reserve_minutes: int
    stop_minutes: int
    at: datetime


@dataclass(frozen=True)
class _Snapshot:
    balance: int
    unbooked: int
    unpaid: int
    rates: Rates
    thresholds: Thresholds
    prices: Mapping[str, Prices]
    now: datetime


# Built once: putting a statement together costs as much as running it.
_ACCOUNT = (
    select(Account.balance_nanos, Wallet.warn_minutes, setting_column(KEY))
    .outerjoin(Wallet, Wallet.organisation_id == Account.organisation_id)
    .where(Account.organisation_id == bindparam("organisation_id"), Account.kind == WALLET)
)


def _snapshot(organisation_id: UUID) -> _Snapshot:
    now = clock.now()
    row = db.session.execute(_ACCOUNT, {"organisation_id": organisation_id}).first()
    balance, warn = (row[0], row[1]) if row else (0, None)
    thresholds = thresholds_of(warn, row[2]) if row else thresholds_of(warn)
    usages = [one.usage for one in undone_usages(organisation_id)]
    prices = load_prices()
    dues = [(usage, due(usage, micros(now), prices[usage.meter])) for usage in usages]
    return _Snapshot(
        balance,
        sum(amount for _, amount in dues),
        sum(amount for usage, amount in dues if usage.ended is not None and usage.ended <= micros(now)),
        running_rates(usages, prices, micros(now)),
        thresholds,
        prices,
        now,
    )


def wallet_state(organisation_id: UUID) -> WalletState:
    """The organisation's wallet now. An organisation without bookings has an empty one."""
    seen = _snapshot(organisation_id)
    available = seen.balance - seen.unbooked
    return WalletState(
        balance=Money(seen.balance),
        unbooked=Money(seen.unbooked),
        available=Money(available),
        rate_per_hour=Money(seen.rates.total),
        stoppable_per_hour=Money(seen.rates.stoppable),
        runway_minutes=runway_minutes(available, seen.rates.total),
        level=level_of(available, seen.rates.total, seen.thresholds),
        warn_minutes=seen.thresholds.warn_minutes,
        reserve_minutes=seen.thresholds.reserve_minutes,
        stop_minutes=seen.thresholds.stop_minutes,
        at=seen.now,
    )


@dataclass(frozen=True)
class Affordable:
    """Whether something may start, and what it would need: `missing` is zero when it may."""

    ok: bool
    rate_per_hour: Money
    available: Money
    needed: Money

    def __bool__(self) -> bool:
        return self.ok

    @property
    def missing(self) -> Money:
        return Money(0) if self.ok else Money(max(1, self.needed.nanos - self.available.nanos))


def affordable(organisation_id: UUID, meter: str, quantity_mb: int, minutes: int | None = None) -> Affordable:
    """Whether the wallet covers `minutes` (the operator's reserve by default) of all that runs and this beside it.

    Usage that has ended and could not be paid must be paid first.
    """
    seen = _snapshot(organisation_id)
    added = hourly_rate(quantity_mb, price_at(seen.prices.get(meter, ()), micros(seen.now)))
    wanted = minutes if minutes is not None else seen.thresholds.reserve_minutes
    available = seen.balance - seen.unbooked
    needed = -(-(seen.rates.total + added) * wanted // 60)
    ok = may_start(available, seen.rates.total, added, wanted, max(0, seen.unpaid) if available <= 0 else 0)
    return Affordable(ok, Money(added), Money(available), Money(needed))
