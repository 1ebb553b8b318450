"""When to warn, when to stop, when to look again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.billing.rules.wallet import Level, Thresholds, level_of, may_start, next_check_in, runway_minutes

MARKS = Thresholds(warn_minutes=24 * 60, stop_minutes=5, reserve_minutes=15)


@pytest.mark.parametrize(
    ("available", "rate", "level"),
    [
        (0, 0, Level.OK),
        (-1, 0, Level.EXHAUSTED),
        (24 * 60, 60, Level.OK),  # exactly the warning time is not below it
        (24 * 60 - 1, 60, Level.LOW),
        (6, 60, Level.LOW),
        (5, 60, Level.EXHAUSTED),
        (0, 60, Level.EXHAUSTED),
        (-5, 60, Level.EXHAUSTED),
    ],
)
def test_levels(available: int, rate: int, level: Level) -> None:
    assert level_of(available, rate, MARKS) is level


def test_runway() -> None:
    assert runway_minutes(100, 0) is None
    assert runway_minutes(100, 60) == 100
    assert runway_minutes(-3, 60) == 0


def test_a_reserve_shorter_than_the_stop_would_start_and_stop_at_once() -> None:
    with pytest.raises(ValueError, match="reserve"):
        Thresholds(stop_minutes=10, reserve_minutes=9)


@pytest.mark.parametrize(
    ("available", "running", "added", "unpaid", "ok"),
    [
        (30, 60, 60, 0, True),
        (29, 60, 60, 0, False),
        (0, 0, 0, 0, True),
        (0, 0, 1, 0, False),
        (99, 0, 60, 1, False),
    ],
)
def test_what_may_start(available: int, running: int, added: int, unpaid: int, ok: bool) -> None:
    assert may_start(available, running, added, 15, unpaid) is ok


@given(st.integers(-(10**12), 10**13), st.integers(0, 10**11))
def test_the_next_look_comes_before_the_money_is_gone(available: int, rate: int) -> None:
    """Whatever the balance: if it is not exhausted now, at the next look there is still money, or it just crossed."""
    wait = next_check_in(available, rate, MARKS, 15)
    assert 1 <= wait <= 15
    if rate and level_of(available, rate, MARKS) is not Level.EXHAUSTED:
        left = available * 60 - rate * wait
        assert left >= rate * (MARKS.stop_minutes - 1)


@given(st.integers(0, 10**12), st.integers(1, 10**11), st.integers(1, 10**11))
def test_whatever_may_start_is_not_stopped_at_once(available: int, running: int, added: int) -> None:
    if may_start(available, running, added, MARKS.reserve_minutes):
        assert level_of(available, running + added, MARKS) is not Level.EXHAUSTED
