"""Costs for other modules' pages and reports: exact in any window, booked or not, and the month's forecast."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from app.billing import api
from app.billing.api import By, Key
from app.billing.rules.forecast import Method, MonthSoFar, forecast_month
from app.kit import clock
from app.kit.db import db
from app.kit.money import Money
from tests.billing.conftest import EUR, House, plain

HOUR_OF_4_GB = 80_000_000


@pytest.fixture(autouse=True)
def _clock(frozen: datetime) -> None:
    """Time moves only when a test says so."""


def test_a_session_costs_the_same_booked_or_not(app: Flask, house: House) -> None:
    house.fund(100 * EUR)
    server, begin = house.server(), clock.now()
    house.start(server)
    clock.advance(hours=5, seconds=13)
    seen = api.cost_of(house.id, server, begin, clock.now())
    assert (seen.booked.nanos, seen.unbooked.nanos) == (0, 5 * HOUR_OF_4_GB + 288_888)
    api.settle(house.id)
    after = api.cost_of(house.id, server, begin, clock.now())
    assert (after.booked, after.unbooked) == (seen.unbooked, Money(0))
    assert after.seconds == 5 * 3600 + 13
    assert api.open_usage(house.id, server).cost == seen.total


def test_a_server_page_reads_session_and_month_at_once(app: Flask, house: House) -> None:
    house.fund(100 * EUR)
    server = house.server()
    house.start(server, at=clock.now() - timedelta(days=25))  # since 27 October, 12:00 UTC
    house.switch(server, "hosting.active", 1024)
    clock.advance(hours=3, seconds=1)
    seen = api.subject_costs(house.id, server)
    begin, end = api.month_bounds(clock.now(), "Europe/Berlin")
    assert seen.month == api.cost_of(house.id, server, begin, end).total
    assert seen.month.nanos == (20 * 24 + 13) * HOUR_OF_4_GB + 3 * 20_000_000 + 5555
    assert seen.running is not None
    assert (seen.running.cost.nanos, seen.running.rate_per_hour.nanos) == (60_005_555, 20_000_000)
    assert api.subject_costs(house.id, house.server()) == api.SubjectCosts(None, Money(0), begin)


def test_a_window_may_cut_a_charge(app: Flask, house: House) -> None:
    house.fund(100 * EUR)
    server, begin = house.server(), clock.now()
    house.start(server)
    clock.advance(hours=4)
    api.settle(house.id)
    clock.advance(hours=1)
    middle = begin + timedelta(hours=1, minutes=7, microseconds=11)
    first = api.cost_of(house.id, server, begin, middle)
    second = api.cost_of(house.id, server, middle, clock.now() + timedelta(days=3))
    assert (first.total + second.total).nanos == 5 * HOUR_OF_4_GB
    assert first.unbooked == Money(0)
    assert second.unbooked.nanos == HOUR_OF_4_GB


def test_costs_by_day_phase_and_server(app: Flask, house: House) -> None:
    house.fund(100 * EUR)
    one, two = house.server(), house.server()
    house.start(one)
    house.start(two, mb=1024)
    clock.advance(hours=12)  # 13:00 to 01:00 local: eleven hours of the first day
    house.switch(one, "hosting.sleep", 10_240)
    clock.advance(hours=1)
    since, until = datetime(2026, 11, 1, tzinfo=UTC), clock.now()
    by_day = api.costs(house.id, since, until, (By.DAY,))
    assert by_day[Key(day=date(2026, 11, 21))].total.nanos == 11 * (80_000_000 + 20_000_000)
    by_meter = api.costs(house.id, since, until, (By.METER,))
    assert by_meter[Key(meter="hosting.active")].total.nanos == 12 * 80_000_000 + 13 * 20_000_000
    assert by_meter[Key(meter="hosting.sleep")].total.nanos == EUR // 730
    many = api.costs_of_many(house.id, since, until)
    assert many[two[1]].total.nanos == 13 * 20_000_000
    assert many[two[1]].seconds == 13 * 3600
    own = api.costs(house.id, since, until, (By.METER,), subject=one)
    assert sum(cost.total.nanos for cost in own.values()) == many[one[1]].total.nanos


def test_days_and_windows_add_up_to_the_nano(app: Flask, house: House) -> None:
    house.fund(100 * EUR)
    server, begin = house.server(), clock.now()
    house.start(server, mb=777)
    clock.advance(hours=30, seconds=7, microseconds=13)
    days = api.costs(house.id, begin, clock.now(), (By.DAY,))
    assert len(days) == 2
    whole = api.cost_of(house.id, server, begin, clock.now())
    assert sum(cost.unbooked.nanos for cost in days.values()) == whole.unbooked.nanos > 0
    assert sum(cost.micros for cost in days.values()) == whole.micros


def test_one_organisation_does_not_see_another(app: Flask, house: House) -> None:
    other = House()
    other.fund(EUR)
    server = other.server()
    other.start(server)
    clock.advance(hours=1)
    api.settle(other.id)
    window = (datetime(2026, 1, 1, tzinfo=UTC), clock.now())
    assert api.costs(house.id, *window) == {}
    assert api.cost_of(house.id, server, *window).total == Money(0)
    assert api.open_usage(house.id, server) is None
    assert api.charges(house.id, date(2026, 1, 1), date(2026, 12, 31)) == []


def test_cost_reads_need_few_queries(app: Flask, house: House) -> None:
    house.fund(100 * EUR)
    servers = [house.server() for _ in range(20)]
    for server in servers:
        house.start(server)
    clock.advance(hours=1)
    api.settle(house.id)
    count = 0

    def counted(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal count
        count += statement.startswith("SELECT")

    db.session.rollback()
    event.listen(db.engine, "before_cursor_execute", counted)
    try:
        api.costs_of_many(house.id, clock.now() - timedelta(days=20), clock.now())
        assert count <= 4
        count = 0
        api.wallet(house.id)
        assert count <= 4
        count = 0
        api.subject_costs(house.id, servers[0])
        assert count <= 2
        count = 0
        api.forecast(house.id, servers[0])
        assert count <= 4
    finally:
        event.remove(db.engine, "before_cursor_execute", counted)


def test_the_calculation_of_a_charge(app: Flask, house: House) -> None:
    house.fund(100 * EUR)
    server = house.server()
    house.start(server)
    clock.advance(hours=1, minutes=32, seconds=10)
    house.stop(server)
    (line,) = api.charges(house.id, date(2026, 11, 21), date(2026, 11, 21))
    assert plain(api.spell_out(line.calculation)) == "4 GB × 1 h 32 min 10 s × 0,02 €/GB-h = 0,122888888 €"
    house.start(server, meter="hosting.sleep", mb=1536)
    clock.advance(hours=1, microseconds=500)
    house.stop(server)
    line = api.charges(house.id, date(2026, 11, 21), date(2026, 11, 21))[-1]
    assert plain(api.spell_out(line.calculation)) == "1,5 GB × 1 h 0,0005 s × 0,10 €/GB-Monat = 0,000205479 €"


def test_without_use_the_forecast_is_nothing(app: Flask, house: House) -> None:
    made = api.forecast(house.id)
    assert (made.method, made.expected, made.measured) == (Method.NOTHING, Money(0), Money(0))


def test_in_the_first_week_the_average_goes_on(app: Flask, house: House) -> None:
    house.fund(100 * EUR)
    server = house.server()
    house.start(server)
    clock.advance(hours=48)
    made = api.forecast(house.id)
    assert made.method is Method.RUN_RATE
    assert made.measured.nanos == 48 * HOUR_OF_4_GB
    hours_left = int((datetime(2026, 11, 30, 23, tzinfo=UTC) - clock.now()).total_seconds() // 3600)
    assert made.expected.nanos == (48 + hours_left) * HOUR_OF_4_GB
    assert made.low <= made.expected <= made.high
    assert api.forecast(house.id, server).expected == made.expected


def test_after_some_weeks_the_weekdays_tell(app: Flask, house: House) -> None:
    """Played six hours on each Saturday and Sunday: the rest of the month is its weekends."""
    with clock.freeze(datetime(2026, 10, 12, 0, 0, tzinfo=UTC)):
        house.fund(1000 * EUR)
        server = house.server()
        while clock.now() < datetime(2026, 11, 18, tzinfo=UTC):
            if clock.now().weekday() >= 5:
                house.start(server, at=clock.now() + timedelta(hours=12))
                clock.advance(hours=18)
                house.stop(server)
                clock.advance(hours=6)
            else:
                clock.advance(days=1)
        made = api.forecast(house.id)
    assert made.method is Method.WEEKDAY_PROFILE
    weekends = 9  # 1, 7, 8, 14, 15 played; 21, 22, 28, 29 to come
    assert made.expected.nanos == pytest.approx(weekends * 6 * HOUR_OF_4_GB, rel=0.02)
    assert made.low <= made.expected <= made.high


def test_newer_weeks_count_more() -> None:
    today = date(2026, 11, 23)
    daily = {today - timedelta(days=back): 100 if back <= 14 else 0 for back in range(1, 57)}
    so_far = MonthSoFar(
        0, today, date(2026, 12, 1), 86_400_000_000, 86_400_000_000, today - timedelta(days=60), 1440, 0, 0
    )
    made = forecast_month(so_far, daily)
    assert 0.4 * 800 < made.expected < 800  # a flat mean over eight weeks would say 200
