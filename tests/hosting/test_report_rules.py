"""Weeks and months of reports, also around new year and the change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hosting.rules.period import MONTH, WEEK, Period, due, parse_period, period_of, recent

BERLIN = "Europe/Berlin"


def test_a_week_runs_from_monday_to_sunday() -> None:
    week = period_of(WEEK, date(2026, 11, 21))
    assert (week.first, week.last, week.key) == (date(2026, 11, 16), date(2026, 11, 22), "2026-W47")


def test_a_month_has_its_days() -> None:
    assert period_of(MONTH, date(2028, 2, 5)).last == date(2028, 2, 29)
    assert len(period_of(MONTH, date(2026, 11, 30)).days) == 30


def test_the_week_of_new_year_belongs_to_its_iso_year() -> None:
    assert period_of(WEEK, date(2027, 1, 1)).key == "2026-W53"
    assert parse_period("2026-W53").first == date(2026, 12, 28)


@given(st.dates(date(2001, 1, 1), date(2900, 1, 1)), st.sampled_from([WEEK, MONTH]))
def test_periods_touch_and_can_be_read_back(day: date, kind: str) -> None:
    period = period_of(kind, day)
    assert period.first <= day <= period.last
    assert period.before().last + timedelta(days=1) == period.first
    assert parse_period(period.key) == period


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-13",
        "2026-W54",
        "2026-W00",
        "26-1",
        "2026-1-1",
        "x-W1",
        "9999-01",
        "٢٠٢٦-01",
        "2026-١١",
        "2026-W٤٧",
        "2026- 1",
        "2026-01\n",
    ],
)
def test_what_cannot_be_a_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_period(text)


def test_a_day_with_25_hours_is_one_day() -> None:
    week = parse_period("2026-W43")
    assert (week.ends(BERLIN).astimezone(UTC) - week.begins(BERLIN).astimezone(UTC)) == timedelta(
        days=7, hours=1
    )


def test_a_report_is_due_at_six_on_the_day_after() -> None:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    sunday_to_monday = datetime(2026, 11, 23, 4, 59, tzinfo=UTC)  # 5:59 in Berlin
    assert due(WEEK, sunday_to_monday, long_ago, BERLIN) == parse_period("2026-W46")
    assert due(WEEK, sunday_to_monday + timedelta(minutes=1), long_ago, BERLIN) == parse_period("2026-W47")
    assert due(MONTH, datetime(2026, 12, 1, 5, tzinfo=UTC), long_ago, BERLIN) == parse_period("2026-11")


def test_periods_that_ended_before_the_switch_are_not_made_up_for() -> None:
    switched = datetime(2026, 11, 18, 12, tzinfo=UTC)
    assert due(WEEK, switched + timedelta(hours=1), switched, BERLIN) is None
    assert due(WEEK, datetime(2026, 11, 23, 6, tzinfo=UTC), switched, BERLIN) == parse_period("2026-W47")


def test_the_form_offers_the_running_periods_first() -> None:
    offered = recent(date(2026, 11, 21), weeks=2, months=2)
    assert [one.key for one in offered] == ["2026-11", "2026-10", "2026-W47", "2026-W46"]
    assert all(isinstance(one, Period) for one in offered)
