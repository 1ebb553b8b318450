"""Thirty days through the real services and both databases: drift 0 nano-euro, ledger sum 0, never below zero."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.billing import api
from app.billing.models import Account, Charge, Entry, Price, UsageInterval
from app.billing.services.price import announce_price
from app.billing.services.reconcile import find_differences
from app.billing.services.settlement import settle
from app.kit import clock
from app.kit.db import db
from app.kit.money import Money
from jobs.billing.wallet import watch
from tests.billing.conftest import EUR, House

METERS = ("hosting.active", "hosting.sleep", "hosting.archive")


def exact(row: UsageInterval, until: datetime) -> int:
    """What the interval costs, from the price rows alone: fractions, floored once."""
    total = Fraction(0)
    end = row.ended_at or until
    for price in db.session.scalars(select(Price).where(Price.meter == row.meter)):
        low, high = max(row.started_at, price.valid_from), min(end, price.valid_to or end)
        if high > low:
            length = high - low
            micros = (length.days * 86_400 + length.seconds) * 10**6 + length.microseconds
            total += Fraction(
                row.quantity_mb * micros * price.nanos, price.unit_mb * price.unit_seconds * 10**6
            )
    return int(total)


def live_through(house: House, dice: random.Random, begin: datetime) -> None:
    """Thirty days of starts, stops, phase changes and sizes, with a scheduler nobody can rely on."""
    servers = [house.server() for _ in range(3)]
    end = begin + timedelta(days=30)
    announced = begin + timedelta(days=dice.uniform(3, 27))
    announce_price(house.operator, meter="hosting.active", amount=Money(23_456_789), valid_from=announced)
    while clock.now() < end:
        # Jobs are lost for minutes or days; times carry odd microseconds.
        step = timedelta(
            seconds=dice.choice([1, 59, 900, 7_200, 40_000, 170_000]), microseconds=dice.randrange(10**6)
        )
        clock.advance(min(step, end - clock.now()).total_seconds())
        server, what = dice.choice(servers), dice.random()
        at = clock.now() - timedelta(seconds=dice.choice([0, 0, 0, 45, 4_000]))
        running = api.open_usage(house.id, server)
        if what < 0.35 and running is None:
            house.start(server, mb=dice.choice([1024, 4096, 3001]), at=at)
        elif what < 0.5 and running is not None:
            house.stop(server, at=at, key=(key := f"stop-{dice.random()}"))
            house.stop(server, at=at, key=key)
        elif what < 0.7:
            house.switch(server, dice.choice(METERS), dice.choice([700, 10_240]), at=at)
        elif what < 0.85:
            for _ in range(dice.choice([1, 2])):
                settle(house.id, clock.now() - timedelta(seconds=dice.choice([0, 0, 3_600, 200_000])))
        elif what < 0.95:
            watch()
        if dice.random() < 0.1:
            house.fund(dice.randrange(1, 3 * EUR))
        assert house.balance() >= 0
    house.fund(1_000 * EUR)
    settle(house.id)
    settle(house.id)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("begin", ["2026-10-10T22:30:00.000123+00:00", "2026-03-12T05:00:00+00:00"])
def test_thirty_days(db_app: Flask, house: House, seed: int, begin: str) -> None:
    start = datetime.fromisoformat(begin)
    dice = random.Random(seed)
    with clock.freeze(start):
        live_through(house, dice, start)
        rows = list(db.session.scalars(select(UsageInterval)))
        assert len(rows) > 5
        wanted = {row.id: exact(row, clock.now()) for row in rows}
        assert {row.id: row.booked_nanos for row in rows} == wanted
        charged: dict[UUID, int] = dict(
            db.session.execute(
                select(Charge.interval_id, func.sum(Charge.amount_nanos)).group_by(Charge.interval_id)
            ).all()
        )
        assert {key: charged.get(key, 0) for key in wanted} == wanted
        assert house.balance("revenue") == sum(wanted.values())
        assert db.session.scalar(select(func.sum(Entry.amount_nanos))) == 0
        assert db.session.scalar(select(func.sum(Account.balance_nanos))) == 0
        assert (
            db.session.scalar(
                select(func.min(Entry.balance_nanos)).join(Account).where(Account.kind == "wallet")
            )
            >= 0
        )
        assert find_differences() == []
        _reports_equal_the_ledger(house, start, sum(wanted.values()))


def _reports_equal_the_ledger(house: House, start: datetime, total: int) -> None:
    """Every way to cut the thirty days gives the same sum."""
    end = clock.now()
    for by in (
        (),
        (api.By.DAY,),
        (api.By.METER,),
        (api.By.SUBJECT,),
        (api.By.DAY, api.By.METER, api.By.SUBJECT),
    ):
        costs = api.costs(house.id, start - timedelta(days=1), end, by).values()
        assert sum(cost.total.nanos for cost in costs) == total
        assert sum(cost.unbooked.nanos for cost in costs) == 0
    dice = random.Random(7)
    edges = sorted(start + (end - start) * dice.random() for _ in range(40))
    edges = [start - timedelta(days=1), *edges, end]
    windows = [api.costs(house.id, low, high).get(api.Key(), api.Cost()) for low, high in pairwise(edges)]
    assert sum(cost.total.nanos for cost in windows) == total
