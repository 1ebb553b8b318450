"""Credit for tests of hosting, through the ledger like any other."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select

from app.billing import api as billing
from app.billing.models import Account, Charge, Entry, UsageInterval
from app.billing.services.credit import credit
from app.kit import clock
from app.kit.authz import SYSTEM
from app.kit.db import db, transaction
from app.kit.money import euros
from tests.hosting.conftest import Host
from tests.people import People

PRICES = {
    "hosting.active": (20_000_000, 1024 * 3_600_000_000),
    "hosting.sleep": (100_000_000, 1024 * 730 * 3_600_000_000),
    "hosting.archive": (0, 1),
}
"""Nano-euros, and the MB × microseconds they are for (the price list in the issue, not the code that charges)."""
FUNDED = 100 * 10**9
"""What `Host.fund` put into the wallet, in nano-euros."""


def give_credit(people: People, amount: int = 20) -> None:
    """Euros into the wallet of Nordlicht."""
    with transaction():
        credit(people.organisation_id, euros(amount), key=f"test:{uuid4()}", kind="test", actor=SYSTEM)


def intervals_of(host: Host, server_id: UUID) -> list[UsageInterval]:
    """What was used, settled until now, the oldest first."""
    billing.settle(host.organisation_id, clock.now())
    db.session.rollback()
    rows = db.session.scalars(
        select(UsageInterval)
        .where(UsageInterval.subject_id == server_id)
        .order_by(UsageInterval.started_at, UsageInterval.id)
    )
    return list(rows)


def check_charges(host: Host, server_id: UUID) -> dict[str, int]:
    """Each interval costs price × amount × time to the nano-euro, and the wallet lacks exactly that. Returns the sums."""
    sums: dict[str, int] = {}
    for one in intervals_of(host, server_id):
        micros = ((one.ended_at or one.booked_until) - one.started_at) // timedelta(microseconds=1)
        nanos, unit = PRICES[one.meter]
        charged = db.session.scalar(
            select(func.coalesce(func.sum(Charge.amount_nanos), 0)).where(Charge.interval_id == one.id)
        )
        assert charged == nanos * one.quantity_mb * micros // unit, (one.meter, micros)
        sums[one.meter] = sums.get(one.meter, 0) + int(charged)
    everything = db.session.scalar(select(func.sum(Entry.amount_nanos)))
    assert everything == 0, "the ledger adds up to zero"
    spent = db.session.scalar(select(func.sum(Charge.amount_nanos)))
    wallet = select(Account.balance_nanos).where(
        Account.organisation_id == host.organisation_id, Account.kind == "wallet"
    )
    assert db.session.scalar(wallet) == FUNDED - (spent or 0)
    db.session.rollback()  # until here all of it was read at one moment: others book meanwhile
    return sums
