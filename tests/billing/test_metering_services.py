"""Usage intervals through billing's door: charged once, exactly, whatever the jobs do; never below zero."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.billing import api
from app.billing.errors import AlreadyMetered, KeyReused, NoPrice
from app.billing.models import Charge, Transfer, UsageInterval, Wallet
from app.billing.queries.metering import undone
from app.billing.services.metering import open_interval
from app.billing.services.reconcile import find_differences
from app.billing.services.settlement import settle
from app.billing.services.watch import due_wallets
from app.kit import clock
from app.kit.db import db, transaction
from jobs.billing.wallet import watch
from tests.billing.conftest import EUR, House
from tests.threads import at_once

HOUR_OF_4_GB = 80_000_000


@pytest.fixture(autouse=True)
def _clock(frozen: datetime) -> None:
    """Time moves only when a test says so."""


def spent(house: House) -> int:
    return -house.balance("funding") - house.balance("wallet")


def test_a_stopped_server_has_cost_its_time(db_app: Flask, house: House) -> None:
    house.fund(10 * EUR)
    server = house.server()
    house.start(server)
    clock.advance(hours=1, minutes=32, seconds=10)
    house.stop(server)
    assert spent(house) == 122_888_888
    assert house.balance("revenue") == 122_888_888
    row = db.session.scalars(select(UsageInterval)).one()
    assert row.done
    assert find_differences() == []


def test_settling_often_late_or_twice_changes_nothing(db_app: Flask, house: House) -> None:
    house.fund(100 * EUR)
    server = house.server()
    house.start(server, mb=3001)
    for seconds in (0, 1, 0, 59, 901, 86_400, 3, 777_777):
        clock.advance(seconds=seconds)
        settle(house.id)
        settle(house.id, clock.now() - timedelta(hours=5))
    house.stop(server)
    total = 1 + 59 + 901 + 86_400 + 3 + 777_777
    assert spent(house) == 3001 * total * 20_000_000 // (1024 * 3600)
    assert find_differences() == []


def test_parallel_settlements_charge_once(db_app: Flask, house: House) -> None:
    house.fund(100 * EUR)
    for _ in range(3):
        house.start(house.server())
    at = clock.advance(hours=2)

    def work(_: int) -> object:
        with clock.freeze(at):
            return settle(house.id)

    results = at_once(db_app, 20, work)
    assert sum(result.booked for result in results) == 6 * HOUR_OF_4_GB
    assert spent(house) == 6 * HOUR_OF_4_GB
    assert find_differences() == []


def test_each_charge_lies_within_one_local_day_and_sums_are_the_ledger(db_app: Flask, house: House) -> None:
    house.fund(100 * EUR)
    server = house.server()
    house.start(server)
    clock.advance(days=2, hours=3)
    settle(house.id)
    rows = db.session.execute(select(Charge.day, Charge.amount_nanos).order_by(Charge.day)).all()
    assert [str(day) for day, _ in rows] == ["2026-11-21", "2026-11-22", "2026-11-23"]
    assert [nanos for _, nanos in rows] == [11 * HOUR_OF_4_GB, 24 * HOUR_OF_4_GB, 16 * HOUR_OF_4_GB]
    assert db.session.scalar(select(func.count(Transfer.id)).where(Transfer.kind == "usage")) == 1


def test_doubled_starts_and_stops_count_once(db_app: Flask, house: House) -> None:
    house.fund(10 * EUR)
    server = house.server()
    first = house.start(server, key="start-1")
    assert house.start(server, key="start-1") == first
    with pytest.raises(AlreadyMetered):
        house.start(server, key="start-2")
    with pytest.raises(KeyReused):
        house.start(server, mb=8192, key="start-1")
    clock.advance(hours=1)
    ended = house.stop(server, key="stop-1")
    clock.advance(hours=1)
    assert house.stop(server, key="stop-1") == ended
    assert house.stop(server, key="stop-2") is None
    assert spent(house) == HOUR_OF_4_GB


def test_two_starts_at_once_open_one_interval(db_app: Flask, house: House) -> None:
    server, at = house.server(), clock.now()
    results = at_once(db_app, 10, lambda index: house.start(server, at=at, key=f"start-{index}"))
    assert sum(isinstance(result, AlreadyMetered) for result in results) == 9
    assert db.session.scalar(select(func.count(UsageInterval.id))) == 1


def test_an_exit_noticed_late_is_given_back(db_app: Flask, house: House) -> None:
    house.fund(10 * EUR)
    server, begin = house.server(), clock.now()
    house.start(server)
    clock.advance(minutes=30)
    settle(house.id)
    house.stop(server, at=begin + timedelta(minutes=20, seconds=1))
    assert spent(house) == 1201 * HOUR_OF_4_GB // 3600
    kinds = db.session.scalars(select(Transfer.kind).order_by(Transfer.id)).all()
    assert kinds == ["topup", "usage", "correction"]
    assert find_differences() == []


def test_a_start_before_the_last_end_is_not_charged_twice(db_app: Flask, house: House) -> None:
    house.fund(10 * EUR)
    server, begin = house.server(), clock.now()
    house.start(server)
    clock.advance(hours=1)
    house.stop(server)
    house.start(server, at=begin)
    clock.advance(hours=1)
    house.stop(server)
    assert spent(house) == 2 * HOUR_OF_4_GB


def test_phases_change_without_gap(db_app: Flask, house: House) -> None:
    house.fund(10 * EUR)
    server = house.server()
    house.start(server)
    clock.advance(hours=1)
    house.switch(server, "hosting.sleep", 10 * 1024)
    clock.advance(hours=730)
    house.switch(server, "hosting.archive", 6 * 1024)
    clock.advance(hours=10_000)
    settle(house.id)
    assert spent(house) == HOUR_OF_4_GB + EUR
    assert api.open_usage(house.id, server).cost.nanos == 0
    assert find_differences() == []


def test_no_price_no_usage(app: Flask, house: House) -> None:
    with pytest.raises(NoPrice), transaction():
        open_interval(house.id, house.server(), "nothing.known", 1, clock.now(), "k")


def test_the_balance_stops_at_zero_and_the_rest_stays_due(db_app: Flask, house: House) -> None:
    house.fund(100_000_007)
    server = house.server()
    house.start(server)
    clock.advance(hours=2)
    settle(house.id)
    state = api.wallet(house.id)
    assert (state.balance.nanos, state.unbooked.nanos) == (0, 59_999_993)
    assert state.available.nanos == -59_999_993
    house.stop(server)
    assert not api.can_afford(house.id, "hosting.active", 1024)
    house.fund(EUR)  # pays the debt at once
    assert house.balance() == EUR - 59_999_993
    assert spent(house) == 2 * HOUR_OF_4_GB
    assert api.can_afford(house.id, "hosting.active", 1024)
    assert find_differences() == []


def test_a_start_needs_a_reserve_for_all_that_runs(app: Flask, house: House) -> None:
    assert not api.can_afford(house.id, "hosting.active", 1024)
    assert api.can_afford(house.id, "hosting.archive", 1024)  # free
    house.fund(25_000_000)  # 15 minutes of 4 GB cost 0.02 €
    assert api.can_afford(house.id, "hosting.active", 4096)
    assert not api.can_afford(house.id, "hosting.active", 4096, minutes=60)
    house.start(house.server())
    refused = api.can_afford(house.id, "hosting.active", 4096)
    assert not refused
    assert refused.missing.nanos == 15_000_000


def test_low_is_told_once_and_exhausted_until_servers_stop(app: Flask, house: House) -> None:
    house.fund(2 * EUR)  # 25 hours of 4 GB
    server = house.server()
    house.start(server)
    watch()
    assert house.events("billing.wallet.low") == []
    for _ in range(8):
        clock.advance(minutes=15)
        watch()
    assert len(house.events("billing.wallet.low")) == 1
    clock.advance(hours=22, minutes=40)
    watch()
    assert house.events("billing.wallet.exhausted") == []
    clock.advance(minutes=16)
    watch()
    assert [event["repeated"] for event in house.events("billing.wallet.exhausted")] == [False]
    clock.advance(minutes=1)
    watch()
    assert house.balance() > 0
    house.stop(server)
    clock.advance(minutes=30)
    watch()
    assert [event["repeated"] for event in house.events("billing.wallet.exhausted")] == [False]
    assert due_wallets() == []


def test_a_wallet_is_looked_at_before_it_can_be_empty(app: Flask, house: House) -> None:
    """From any balance, watching every minute as the clock does finds it exhausted while there is still money."""
    for cents in (3, 7, 11):
        own = House()
        own.fund(cents * 10_000_000)
        own.start(own.server(), mb=16 * 1024)
        for _ in range(60):
            clock.advance(minutes=1)
            watch()
            if own.events("billing.wallet.exhausted"):
                break
        state = api.wallet(own.id)
        assert state.available.nanos > 0
        assert state.runway_minutes <= state.stop_minutes


def test_topping_up_lets_the_next_crossing_be_told_again(app: Flask, house: House) -> None:
    house.fund(EUR)
    server = house.server()
    house.start(server)
    watch()
    assert len(house.events("billing.wallet.low")) == 1
    house.stop(server)
    house.start(server)
    watch()
    assert len(house.events("billing.wallet.low")) == 1  # stopping and starting does not warn again
    house.fund(5 * EUR)
    assert [event["amount_nanos"] for event in house.events("billing.wallet.topped_up")] == [EUR, 5 * EUR]
    clock.advance(hours=60)
    settle(house.id)
    assert len(house.events("billing.wallet.low")) == 2


def test_sleeping_disks_are_not_stopped_for_money(app: Flask, house: House) -> None:
    house.fund(1000)
    house.start(house.server(), meter="hosting.sleep", mb=10_240)
    for _ in range(4):
        clock.advance(minutes=15)
        watch()
    assert [event["repeated"] for event in house.events("billing.wallet.exhausted")] == [False]


def test_one_broken_wallet_does_not_hinder_the_others(app: Flask, house: House) -> None:
    other = House()
    for own in (house, other):
        own.fund(EUR)
        own.start(own.server())
    with db.engine.begin() as connection:
        connection.execute(
            text("UPDATE billing_usage_interval SET meter = 'lost' WHERE organisation_id = :id"),
            {"id": house.id.hex},
        )
    clock.advance(hours=1)
    db.session.rollback()
    assert watch() == {"settled": 1, "failed": 1}
    assert spent(other) == HOUR_OF_4_GB
    assert due_wallets() == []
    clock.advance(minutes=1)
    assert due_wallets() == [house.id]  # tried again in a minute


def test_the_clock_change_night_has_25_hours(db_app: Flask, house: House) -> None:
    with clock.freeze(datetime(2026, 10, 24, 22, 0, tzinfo=UTC)):  # local midnight
        house.fund(100 * EUR)
        house.start(house.server())
        clock.advance(hours=25)
        settle(house.id)
        rows = db.session.execute(select(Charge.day, Charge.amount_nanos, Charge.micros)).all()
    assert [(str(day), nanos, micros) for day, nanos, micros in rows] == [
        ("2026-10-25", 25 * HOUR_OF_4_GB, 25 * 3_600_000_000)
    ]


def test_next_check_is_planned_and_forgotten(app: Flask, house: House) -> None:
    house.fund(100 * EUR)
    server = house.server()
    house.start(server)
    assert due_wallets() == [house.id]
    watch()
    assert db.session.get(Wallet, house.id).next_check_at == clock.now() + timedelta(minutes=15)
    house.stop(server)
    db.session.expire_all()
    assert db.session.get(Wallet, house.id).next_check_at is None


def test_settling_reads_only_what_is_unpaid(app: Flask, house: House) -> None:
    """However long the history, the index of unpaid intervals is the one that is read."""
    statement = undone(house.id).compile(db.engine, compile_kwargs={"literal_binds": True})
    plan = db.session.execute(text(f"EXPLAIN QUERY PLAN {statement}")).all()
    assert [row[3] for row in plan] == [
        "SEARCH billing_usage_interval USING INDEX ix_billing_usage_interval_undone (organisation_id=?)"
    ]
