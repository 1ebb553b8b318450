"""Everybody at once: starts, stops, settlements, top-ups, vouchers and reads of several organisations in parallel."""

from __future__ import annotations

import random
from itertools import pairwise
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.billing import api
from app.billing.errors import AlreadyMetered
from app.billing.models import Entry, UsageInterval
from app.billing.services.reconcile import find_differences
from app.billing.services.settlement import settle
from app.billing.services.voucher import issue_vouchers, redeem_voucher
from app.kit import clock
from app.kit.db import db
from app.kit.money import euros
from tests.billing.conftest import EUR, House
from tests.threads import at_once


def _act(dice: random.Random, house: House, server: tuple[str, UUID], codes: list[str]) -> None:
    """One random thing somebody does."""
    acts = (
        lambda: house.start(server, mb=dice.choice([1024, 3001])),
        lambda: house.stop(server),
        lambda: house.switch(server, dice.choice(["hosting.active", "hosting.sleep"]), 2048),
        lambda: settle(house.id),
        lambda: house.fund(dice.randrange(1, EUR), f"fund-{dice.randrange(200)}"),
        lambda: redeem_voucher(house.owner, dice.choice(codes)),
        lambda: api.wallet(house.id),
    )
    dice.choice(acts)()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_crowd_leaves_clean_books(db_app: Flask, seed: int) -> None:
    """No deadlock, no lost or doubled nano-euro, no open interval twice, whatever the threads do."""
    houses = [House() for _ in range(4)]
    codes = issue_vouchers(houses[0].operator, amount=euros(3), count=20, max_uses=2)
    begin = clock.now()
    servers = {house.id: [house.server() for _ in range(3)] for house in houses}

    def work(number: int) -> list[Exception]:
        dice, wrong = random.Random(seed * 1000 + number), []
        for turn in range(12):
            house = dice.choice(houses)
            server = dice.choice(servers[house.id])
            try:
                # Everyone lives at a slightly other time, as processes on several machines do.
                with clock.freeze(begin):
                    clock.advance(seconds=turn * 600 + dice.uniform(-30, 30))
                    _act(dice, house, server, codes)
            except Exception as error:
                wrong.append(error)
        return wrong

    results = at_once(db_app, 16, work)
    crashed = [result for result in results if isinstance(result, Exception)]
    errors = [error for result in results if isinstance(result, list) for error in result]
    unexpected = [
        e for e in errors if type(e).__name__ not in {"AlreadyMetered", "VoucherRefused", "KeyReused"}
    ]
    assert crashed + unexpected == []
    assert any(isinstance(error, AlreadyMetered) for error in errors)

    with clock.freeze(begin):
        clock.advance(days=1)
        for house in houses:
            house.fund(100 * EUR)
            assert settle(house.id).unpaid == 0
    assert db.session.scalar(select(func.sum(Entry.amount_nanos))) == 0
    assert find_differences() == []
    _no_time_twice()


def _no_time_twice() -> None:
    rows = db.session.execute(
        select(UsageInterval.subject_id, UsageInterval.started_at, UsageInterval.ended_at).order_by(
            UsageInterval.subject_id, UsageInterval.started_at, UsageInterval.id
        )
    ).all()
    assert len(rows) > 10
    for (subject, _start, end), (following, start, _end) in pairwise(rows):
        if subject == following:
            assert end is not None
            assert end <= start
