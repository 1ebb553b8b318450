"""The nightly reconcile: recompute everything from the entries and say where the books differ.

Each check is one statement, so it sees one moment of the database and needs no lock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.billing.events import LedgerAlarm
from app.billing.models import Account, Charge, Entry, Transfer, UsageInterval
from app.billing.models.ledger import WALLET
from app.billing.queries.metering import load_prices, usage_of
from app.billing.rules.pricing import accrued
from app.core.api import record
from app.kit import clock, observe
from app.kit.db import db, transaction

DIFFERENCES = observe.gauge(
    "kontor_billing_ledger_differences", "Differences the last reconcile found", across="livemostrecent"
)
LAST_RUN = observe.gauge(
    "kontor_billing_reconcile_timestamp_seconds",
    "When the ledger was last reconciled",
    across="livemostrecent",
)
MOST_ALARMS = 50


@dataclass(frozen=True)
class Difference:
    """A place where two figures that must agree do not: the row and how much it is off, in nano-euros."""

    check: str
    row_id: UUID
    difference: int


def _balance() -> Any:
    """Stored balance = sum of the entries."""
    total = func.coalesce(func.sum(Entry.amount_nanos), 0)
    return (
        select(Account.id, Account.balance_nanos - total)
        .outerjoin(Entry, Entry.account_id == Account.id)
        .group_by(Account.id, Account.balance_nanos)
        .having(Account.balance_nanos != total)
    )


def _sequence() -> Any:
    """No entry is missing or inserted."""
    count = func.count(Entry.id)
    return (
        select(Account.id, Account.last_sequence - count)
        .outerjoin(Entry, Entry.account_id == Account.id)
        .group_by(Account.id, Account.last_sequence)
        .having((Account.last_sequence != count) | (func.coalesce(func.max(Entry.sequence), 0) != count))
    )


def _transfer() -> Any:
    """Every transfer has two sides at least and sums to zero."""
    total = func.coalesce(func.sum(Entry.amount_nanos), 0)
    return (
        select(Transfer.id, total)
        .outerjoin(Entry, Entry.transfer_id == Transfer.id)
        .group_by(Transfer.id)
        .having((total != 0) | (func.count(Entry.id) < 2))
    )


def _chain() -> Any:
    """Each entry's balance = the sum up to it."""
    running = func.sum(Entry.amount_nanos).over(partition_by=Entry.account_id, order_by=Entry.sequence)
    chain = select(Entry.id, Entry.balance_nanos, running.label("running")).subquery()
    return select(chain.c.id, chain.c.balance_nanos - chain.c.running).where(
        chain.c.balance_nanos != chain.c.running
    )


def _charges() -> Any:
    """What left the wallet for usage = its charges."""
    charged = func.coalesce(func.sum(Charge.amount_nanos), 0)
    return (
        select(Entry.transfer_id, -Entry.amount_nanos - charged)
        .join(Account, (Account.id == Entry.account_id) & (Account.kind == WALLET))
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .outerjoin(Charge, Charge.transfer_id == Entry.transfer_id)
        .where(Transfer.kind.in_(("usage", "correction")))
        .group_by(Entry.id, Entry.transfer_id, Entry.amount_nanos)
        .having(-Entry.amount_nanos != charged)
    )


def _intervals() -> Any:
    """What an interval says is booked = its charges."""
    charged = func.coalesce(func.sum(Charge.amount_nanos), 0)
    return (
        select(UsageInterval.id, UsageInterval.booked_nanos - charged)
        .outerjoin(Charge, Charge.interval_id == UsageInterval.id)
        .group_by(UsageInterval.id, UsageInterval.booked_nanos)
        .having(UsageInterval.booked_nanos != charged)
    )


CHECKS: dict[str, Callable[[], Any]] = {
    "balance": _balance,
    "sequence": _sequence,
    "transfer": _transfer,
    "chain": _chain,
    "charges": _charges,
    "intervals": _intervals,
}
"""Each gives a statement whose rows (id, difference) should not exist."""


def find_differences() -> list[Difference]:
    """Every difference in the books; empty is how it must be."""
    found = [
        Difference(check, row_id, int(difference))
        for check, statement in CHECKS.items()
        for row_id, difference in db.session.execute(statement())
    ]
    return found + _rating_differences()


def _rating_differences() -> list[Difference]:
    """Intervals whose booked amount is not what their time costs, by the pricing rule."""
    prices = load_prices()
    found = []
    for row in db.session.scalars(select(UsageInterval).execution_options(yield_per=500)):
        usage = usage_of(row)
        own = prices.get(row.meter, [])
        wanted = accrued(usage.quantity_mb, usage.started, usage.booked_until, own)
        if wanted != row.booked_nanos:
            found.append(Difference("rating", row.id, row.booked_nanos - wanted))
    return found


def reconcile() -> list[Difference]:
    """Check the books; each difference is an event for the operator, their number a metric."""
    found = find_differences()
    DIFFERENCES.set(len(found))
    LAST_RUN.set(clock.now().timestamp())
    for difference in found[:MOST_ALARMS]:
        observe.log.error("ledger_difference", check=difference.check, row=str(difference.row_id))
        with transaction():
            record(LedgerAlarm(difference.check, difference.row_id, difference.difference))
    return found
