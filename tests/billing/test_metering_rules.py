"""The rules of metering and settlement: exact to the nano-euro whatever jobs do (hypothesis)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.billing.rules.metering import Usage, cost_between, due, is_settled, pieces, steps
from app.billing.rules.moments import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    day_start,
    local_day,
    micros,
    moment,
    month_start,
    next_month_start,
)
from app.billing.rules.pricing import Price, PriceMissing, accrued, affordable_until, hourly_rate, price_at
from app.billing.rules.settlement import plan_settlement

ZONE = "Europe/Berlin"
EUR = 10**9


def price(
    nanos: int, *, meter: str = "hosting.active", seconds: int = 3600, since: int = 0, to: int | None = None
) -> Price:
    return Price(UUID(int=since % 997 + nanos), meter, nanos, 1024, seconds, since, to)


ACTIVE = [price(20_000_000)]
SLEEP = [price(100_000_000, meter="hosting.sleep", seconds=730 * 3600)]
ARCHIVE = [price(0, meter="hosting.archive")]


def at(text: str) -> int:
    return micros(datetime.fromisoformat(text))


def exact(usage: Usage, until: int, prices: list[Price]) -> int:
    """An independent reckoning: Decimal-free fractions over datetimes, second by rational second, floored once."""
    total = Fraction(0)
    end = min(until, usage.ended) if usage.ended is not None else until
    for own in prices:
        low = max(usage.started, own.valid_from)
        high = end if own.valid_to is None else min(end, own.valid_to)
        if high > low:
            length = moment(high) - moment(low)
            seconds = Fraction(length.days * 86400 + length.seconds) + Fraction(length.microseconds, 10**6)
            total += Fraction(usage.quantity_mb, own.unit_mb) * seconds / own.unit_seconds * own.nanos
    return int(total)


class Book:
    """A wallet and its ledger in memory, moved only by `plan_settlement`."""

    def __init__(self, balance: int, prices: dict[str, list[Price]]) -> None:
        self.balance = balance
        self.prices = prices
        self.usages: dict[UUID, Usage] = {}
        self.steps = []

    def settle(self, until: int) -> int:
        open_ones = [
            usage for usage in self.usages.values() if not is_settled(usage, self.prices[usage.meter])
        ]
        plan = plan_settlement(open_ones, until, self.balance, self.prices, ZONE)
        for after in plan.settled:
            self.usages[after.usage_id] = replace(
                self.usages[after.usage_id], booked_until=after.booked_until, booked=after.booked
            )
        self.balance -= plan.total
        self.steps.extend(plan.steps)
        assert plan.total == sum(step.nanos for step in plan.steps)
        assert self.balance >= 0
        return plan.unpaid


def test_prices_of_the_product_are_what_it_says() -> None:
    assert accrued(4096, 0, HOUR, ACTIVE) == 80_000_000  # 4 GB for an hour: 0.08 €
    assert accrued(4096, 0, 30 * DAY, ACTIVE) == 57_600_000_000  # thirty days: 57.60 €, no drift
    assert accrued(10 * 1024, 0, 730 * HOUR, SLEEP) == EUR  # 10 GB asleep for a GB-month: 1.00 €
    assert accrued(10 * 1024, 0, 365 * DAY, ARCHIVE) == 0
    assert hourly_rate(4096, ACTIVE[0]) == 80_000_000
    assert hourly_rate(1024, SLEEP[0]) == 136_987  # 0.10 € / 730, rounded up


def test_the_example_of_the_history_page() -> None:
    spent = accrued(4096, 0, HOUR + 32 * MINUTE + 10 * SECOND, ACTIVE)
    assert spent == 122_888_888


def test_time_without_a_price_stops_rating() -> None:
    with pytest.raises(PriceMissing):
        accrued(1024, 0, HOUR, [price(1, since=HOUR // 2)])
    with pytest.raises(PriceMissing):
        price_at([price(1, to=5)], 5)


@pytest.mark.parametrize(("day", "hours"), [("2025-10-26", 25), ("2026-03-29", 23), ("2026-03-30", 24)])
def test_a_local_day_has_its_real_hours(day: str, hours: int) -> None:
    own = date.fromisoformat(day)
    length = day_start(own + timedelta(days=1), ZONE) - day_start(own, ZONE)
    assert length == hours * HOUR
    assert accrued(1024, day_start(own, ZONE), day_start(own, ZONE) + length, ACTIVE) == hours * 20_000_000


def test_a_midnight_that_does_not_exist_starts_at_the_change() -> None:
    zone = "America/Santiago"  # clocks go from 24:00 to 01:00
    start = day_start(date(2025, 9, 7), zone)
    assert moment(start).astimezone(ZoneInfo(zone)).hour == 1
    assert local_day(start, zone) == date(2025, 9, 7)
    assert local_day(start - 1, zone) == date(2025, 9, 6)


def test_months_meet_without_gap() -> None:
    assert next_month_start(date(2025, 12, 31), ZONE) == month_start(date(2026, 1, 15), ZONE)
    assert next_month_start(date(2025, 1, 31), ZONE) == month_start(date(2025, 2, 1), ZONE)


@given(st.integers(0, 40 * DAY), st.integers(1, 10 * DAY))
def test_every_piece_lies_in_one_day_and_one_price(offset: int, length: int) -> None:
    start = at("2025-10-15T00:00+00:00") + offset
    change = at("2025-10-26T00:30+00:00")
    prices = [price(7, to=change), price(9, since=change)]
    cut = list(pieces(start, start + length, prices, ZONE))
    assert cut[0][0] == start
    assert cut[-1][1] == start + length
    for (low, high), following in zip(cut, [*cut[1:], None], strict=True):
        assert low < high
        assert local_day(low, ZONE) == local_day(high - 1, ZONE)
        assert price_at(prices, low) == price_at(prices, high - 1)
        assert following is None or following[0] == high


@given(
    quantity=st.integers(1, 64 * 1024),
    started=st.integers(0, DAY),
    length=st.integers(0, 40 * DAY),
    budget=st.integers(0, 5 * EUR),
)
def test_what_a_budget_reaches_is_exact(quantity: int, started: int, length: int, budget: int) -> None:
    until = started + length
    reached = affordable_until(quantity, started, started, until, ACTIVE, budget)
    assert accrued(quantity, started, reached, ACTIVE) <= budget
    assert reached == until or accrued(quantity, started, reached + 1, ACTIVE) > budget


@given(st.data())
def test_windows_add_up_to_the_whole(data: st.DataObject) -> None:
    length = data.draw(st.integers(1, 90 * DAY))
    borders = sorted(data.draw(st.lists(st.integers(0, length), max_size=12)))
    change = data.draw(st.integers(1, length))
    prices = [price(20_000_000, to=change), price(33_333_333, since=change)]
    edges = [0, *borders, length]
    parts = [cost_between(3000, 0, length, low, high, prices) for low, high in pairwise(edges)]
    assert sum(parts) == accrued(3000, 0, length, prices)


def _story(data: st.DataObject, first: int) -> tuple[list[tuple[int, str, int]], list[int]]:
    """Thirty days of lifecycle events of one server, and of settlement jobs: lost, doubled, late and out of order."""
    moments = sorted(data.draw(st.lists(st.integers(0, 30 * DAY - 1), min_size=1, max_size=14, unique=True)))
    events = [
        (
            first + offset,
            data.draw(st.sampled_from(["active", "sleep", "archive", "off"])),
            data.draw(st.integers(1, 40_000)),
        )
        for offset in moments
    ]
    jobs = data.draw(st.lists(st.integers(0, 30 * DAY), max_size=40))
    return events, [first + offset for offset in jobs]


@settings(max_examples=150, deadline=None)
@given(
    st.data(),
    st.sampled_from(
        ["2025-10-10T13:37:11.000123+02:00", "2026-03-14T00:00+01:00", "2026-01-20T23:59:59.999999+01:00"]
    ),
)
def test_thirty_days_without_drift(data: st.DataObject, begin: str) -> None:
    """Autumn and spring change, month borders, a new price in the middle: drift 0 against exact fractions."""
    first = at(begin)
    change = first + data.draw(st.integers(1, 30 * DAY))
    prices = {
        "active": [price(20_000_000, to=change), price(23_456_789, since=change)],
        "sleep": [price(100_000_000, seconds=730 * 3600)],
        "archive": [price(0)],
    }
    events, jobs = _story(data, first)
    book = Book(10_000 * EUR, prices)
    todo = sorted(
        [(when, 1, None) for when in jobs] + [(when, 0, (kind, mb)) for when, kind, mb in events],
        key=lambda x: x[:2],
    )
    running: UUID | None = None
    for number, (when, _, event) in enumerate(todo):
        if event is None:
            # A job may be late (its `until` lies back) or run twice.
            book.settle(when - data.draw(st.sampled_from([0, 0, 7 * SECOND, 5 * DAY])))
            if data.draw(st.booleans()):
                book.settle(when)
            continue
        if running is not None:
            ended = book.usages[running]
            # An exit is sometimes noticed late: the interval then ends before what is already booked.
            late = data.draw(st.sampled_from([0, 0, 90 * SECOND, 2 * DAY]))
            book.usages[running] = replace(ended, ended=max(ended.started, when - late))
            running = None
        if event[0] != "off":
            running = UUID(int=number + 1)
            book.usages[running] = Usage(running, event[0], event[1], when, None, when, 0)
    end = first + 30 * DAY
    book.settle(end)
    book.settle(end)

    for usage in book.usages.values():
        assert usage.booked == exact(usage, end, prices[usage.meter])
        assert usage.booked == sum(step.nanos for step in book.steps if step.usage_id == usage.id)
    assert 10_000 * EUR - book.balance == sum(step.nanos for step in book.steps)
    for step in book.steps:
        assert local_day(step.since, ZONE) == step.day == local_day(step.until - 1, ZONE)
    # Daily sums straight from the charges equal the cost of the interval in that day.
    for usage in book.usages.values():
        closed = usage.ended if usage.ended is not None else end
        for day in {step.day for step in book.steps if step.usage_id == usage.id}:
            window = day_start(day, ZONE), day_start(day + timedelta(days=1), ZONE)
            expected = cost_between(usage.quantity_mb, usage.started, closed, *window, prices[usage.meter])
            assert expected == sum(s.nanos for s in book.steps if s.usage_id == usage.id and s.day == day)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_balance_never_goes_below_zero_and_debt_is_paid_later(data: st.DataObject) -> None:
    book = Book(0, {"hosting.active": ACTIVE})
    for number in range(data.draw(st.integers(1, 5))):
        own = UUID(int=number + 1)
        begin = data.draw(st.integers(0, 5 * DAY))
        ended = data.draw(st.none() | st.integers(begin, 20 * DAY))
        book.usages[own] = Usage(
            own, "hosting.active", data.draw(st.integers(1, 300_000)), begin, ended, begin, 0
        )
    paid_in = 0
    for when in data.draw(st.lists(st.integers(0, 20 * DAY), min_size=1, max_size=10)):
        top_up = data.draw(st.integers(0, 20 * EUR))
        paid_in += top_up
        book.balance += top_up
        unpaid = book.settle(when)
        assert unpaid == sum(due(usage, when, ACTIVE) for usage in book.usages.values()) >= 0
        for usage in book.usages.values():
            assert usage.booked == accrued(usage.quantity_mb, usage.started, usage.booked_until, ACTIVE)
    book.balance += 10_000 * EUR
    assert book.settle(20 * DAY) == 0
    assert all(u.booked == exact(u, 20 * DAY, ACTIVE) for u in book.usages.values())
    assert book.balance == paid_in + 10_000 * EUR - sum(u.booked for u in book.usages.values())


def test_debt_takes_all_but_what_buys_no_microsecond() -> None:
    book = Book(1_000_000_007, {"hosting.active": ACTIVE})
    own = UUID(int=1)
    book.usages[own] = Usage(own, "hosting.active", 4096, 0, None, 0, 0)
    unpaid = book.settle(100 * HOUR)
    assert book.balance == 0
    assert unpaid == 8 * EUR - 1_000_000_007


def test_an_end_before_the_booked_time_gives_the_money_back() -> None:
    usage = Usage(UUID(int=1), "hosting.active", 1024, 0, 10 * MINUTE, 15 * MINUTE, 5_000_000)
    plan = plan_settlement([usage], HOUR, 0, {"hosting.active": ACTIVE}, ZONE)
    assert plan.total == -1_666_667
    assert plan.settled[0].done
    assert [(s.since, s.until, s.nanos) for s in plan.steps] == [(10 * MINUTE, 15 * MINUTE, -1_666_667)]


def test_money_given_back_pays_an_older_debt_in_the_same_settlement() -> None:
    back = Usage(UUID(int=1), "hosting.active", 1024, 0, 0, HOUR, 20_000_000)
    debt = Usage(UUID(int=2), "hosting.active", 1024, 0, HOUR, 0, 0)
    plan = plan_settlement([debt, back], HOUR, 0, {"hosting.active": ACTIVE}, ZONE)
    assert (plan.total, plan.unpaid) == (0, 0)
    assert {after.usage_id for after in plan.settled if after.done} == {back.id, debt.id}


def test_free_use_writes_no_charges_and_is_done_at_its_end() -> None:
    usage = Usage(UUID(int=1), "hosting.archive", 1024, 0, DAY, 0, 0)
    plan = plan_settlement([usage], 2 * DAY, 0, {"hosting.archive": ARCHIVE}, ZONE)
    assert plan.steps == ()
    assert plan.settled[0].done


def test_a_running_interval_is_never_done() -> None:
    usage = Usage(UUID(int=1), "hosting.active", 1024, 0, None, 0, 0)
    plan = plan_settlement([usage], DAY, EUR * 100, {"hosting.active": ACTIVE}, ZONE)
    assert not plan.settled[0].done
    assert steps(usage, 0, ACTIVE, ZONE) == []


def test_a_late_job_leaves_alone_what_is_booked() -> None:
    running = Usage(UUID(int=1), "hosting.active", 1024, 0, None, HOUR, 20_000_000)
    ended = replace(running, ended=HOUR // 2)
    plan = plan_settlement([running], HOUR // 4, 0, {"hosting.active": ACTIVE}, ZONE)
    assert (plan.steps, plan.unpaid) == ((), 0)
    assert plan_settlement([ended], HOUR // 4, 0, {"hosting.active": ACTIVE}, ZONE).total == -10_000_000


def test_micros_are_exact_and_refuse_naive_times() -> None:
    late = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert moment(micros(late)) == late
    with pytest.raises(ValueError):
        micros(datetime(2026, 1, 1))  # noqa: DTZ001
