"""Schedules run once a planned time, never twice and never not at all, also on the days the clocks change.

What should happen is worked out here by walking minute by minute through real time and looking at the clock on the wall.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.hosting.rules.schedule import (
    EVERY_DAY,
    LATE,
    CronFault,
    as_weekly,
    check,
    due,
    moved,
    next_run,
    next_runs,
    read,
    runs,
    weekly,
)

MINUTE = timedelta(minutes=1)
CHANGES = {
    "Europe/Berlin": ["2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31"],
    "America/New_York": ["2026-03-08", "2026-11-01", "2027-03-14", "2027-11-07"],
    "Australia/Lord_Howe": ["2026-04-05", "2026-10-04", "2027-04-04", "2027-10-03"],
    "America/Santiago": [
        "2026-04-05",
        "2026-09-06",
    ],  # at midnight: a day without 0:00, a day that ends twice
    "Asia/Kolkata": ["2026-03-29"],  # never
}
DAYS = [(zone, day) for zone, days in CHANGES.items() for day in days]


def values(least: int, most: int) -> st.SearchStrategy[str]:
    return st.lists(st.integers(least, most), min_size=1, max_size=3, unique=True).map(
        lambda found: ",".join(map(str, sorted(found)))
    )


minutes = st.one_of(values(0, 59), st.sampled_from(["*/15", "*/20", "0", "30", "*"]))
hours = st.one_of(st.just("*"), values(0, 23), values(0, 4), st.sampled_from(["*/2", "1-3", "0-23"]))
weekdays = st.one_of(st.just("*"), st.just("0"), values(0, 6))
patterns = st.tuples(minutes, hours, st.just("*"), st.just("*"), weekdays).map(" ".join)


def expected(text: str, zone: ZoneInfo, begin: datetime, end: datetime) -> list[datetime]:
    """By the rule as people are told it, from `begin` on and before `end`."""
    pattern = read(text)
    seen: set[datetime] = set()
    found = []
    moment = begin - timedelta(hours=4)
    before = moment.astimezone(zone).replace(tzinfo=None) - MINUTE
    while moment < end:
        wall = moment.astimezone(zone).replace(tzinfo=None)
        left_out = []
        step = before + MINUTE
        while step < wall:
            left_out.append(step)
            step += MINUTE
        if pattern.hourly:
            fires = _matches(pattern, wall) or any(
                _matches(pattern, one) and one.replace(minute=0) == wall.replace(minute=0) for one in left_out
            )
        else:
            fires = (_matches(pattern, wall) and wall not in seen) or any(
                _matches(pattern, one) for one in left_out
            )
        seen.add(wall)
        if fires and moment >= begin:
            found.append(moment)
        before, moment = wall, moment + MINUTE
    return found


def _matches(pattern: object, wall: datetime) -> bool:
    return (
        wall.minute in pattern.minutes  # type: ignore[attr-defined]
        and wall.hour in pattern.hours  # type: ignore[attr-defined]
        and pattern.on(wall.date())  # type: ignore[attr-defined]
    )


def around(zone: str, day: str) -> tuple[ZoneInfo, datetime, datetime]:
    found = ZoneInfo(zone)
    noon = datetime.fromisoformat(day).replace(hour=12, tzinfo=found).astimezone(UTC)
    return found, noon - timedelta(hours=14), noon + timedelta(hours=14)


@pytest.mark.parametrize(("zone", "day"), DAYS)
@settings(max_examples=30, deadline=None)
@given(text=patterns)
def test_each_planned_time_is_one_run_through_a_change(zone: str, day: str, text: str) -> None:
    there, begin, end = around(zone, day)
    found = []
    for moment in runs(read(text), there, begin - MINUTE):
        if moment >= end:
            break
        found.append(moment)
    assert found == expected(text, there, begin, end)
    assert all(earlier < later for earlier, later in pairwise(found))


@settings(deadline=None)
@given(where=st.sampled_from(DAYS), text=patterns, at=st.integers(0, 27 * 3600))
def test_asking_from_any_moment_agrees_with_counting_on(where: tuple[str, str], text: str, at: int) -> None:
    there, begin, _ = around(*where)
    pattern, moment = read(text), begin + timedelta(seconds=at)
    counted = next(one for one in runs(pattern, there, begin - MINUTE) if one > moment)
    assert next_run(pattern, there, moment) == counted
    following = next_runs(pattern, there, moment, 5)
    assert following[0] == counted
    assert [next_run(pattern, there, one) for one in following[:-1]] == following[1:]


def local(text: str, zone: str, after: str, count: int) -> list[str]:
    there = ZoneInfo(zone)
    begin = datetime.fromisoformat(after).replace(tzinfo=there)
    return [
        one.astimezone(there).strftime("%d. %H:%M %z") for one in next_runs(read(text), there, begin, count)
    ]


def test_a_time_that_is_left_out_runs_once_right_after_the_gap() -> None:
    assert local("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", 3) == [
        "29. 03:00 +0200", "30. 02:30 +0200", "31. 02:30 +0200",
    ]  # fmt: skip
    assert local("0,30 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00", 3) == [
        "29. 03:00 +0200", "29. 03:30 +0200", "30. 02:00 +0200",
    ]  # fmt: skip


def test_a_time_that_comes_twice_runs_the_first_time_only() -> None:
    assert local("30 2 * * *", "Europe/Berlin", "2026-10-25T00:00", 2) == [
        "25. 02:30 +0200",
        "26. 02:30 +0100",
    ]
    assert local("0 */2 * * *", "Europe/Berlin", "2026-10-25T01:00", 2) == [
        "25. 02:00 +0200",
        "25. 04:00 +0100",
    ]


def test_asked_while_the_clock_shows_the_hour_again_the_answer_is_not_in_the_past() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    again = datetime(2026, 10, 25, 2, 10, tzinfo=berlin, fold=1).astimezone(UTC)
    assert next_run(read("30 2 * * *"), berlin, again) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(("day", "count"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_a_pattern_for_every_hour_runs_in_every_real_hour(day: str, count: int) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    begin = datetime.fromisoformat(day).replace(tzinfo=berlin).astimezone(UTC)
    found = next_runs(read("30 * * * *"), berlin, begin, count)
    assert found == [begin + timedelta(minutes=30, hours=n) for n in range(count)]
    assert found[-1].astimezone(berlin).strftime("%H:%M") == "23:30"


def test_half_an_hour_left_out_leaves_no_hour_without_its_run() -> None:
    """Lord Howe moves by half an hour: 2:00 to 2:29 are left out in October, 1:30 to 1:59 come twice in April."""
    zone = "Australia/Lord_Howe"
    assert local("15 * * * *", zone, "2026-10-04T01:00", 3) == [
        "04. 01:15 +1030", "04. 02:30 +1100", "04. 03:15 +1100",
    ]  # fmt: skip
    assert local("45 1 * * *", zone, "2026-04-05T00:00", 2) == ["05. 01:45 +1100", "06. 01:45 +1030"]


def test_29_february_is_found_beyond_a_century_without_a_leap_year() -> None:
    assert next_run(read("0 0 29 2 *"), ZoneInfo("UTC"), datetime(2096, 3, 1, tzinfo=UTC)) == datetime(
        2104, 2, 29, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "fields"), ("0 4 * *", "fields"), ("0 0 4 * * *", "fields"), ("@daily", "fields"),
        ("60 4 * * *", "minute"), ("x 4 * * *", "minute"), ("0 24 * * *", "hour"), ("0 4 32 * *", "day-of-month"),
        ("0 4 * 13 *", "month"), ("0 4 * * MONTAG", "day-of-week"), ("0 4 * * FRI-MON", "day-of-week"),
        ("0 4 31 2 *", "day-of-month"), ("* * * * *", "often"), ("0,3 4 * * *", "often"), ("58 23,0 * * *", None),
        ("0 4 " + "1," * 60 + "1 * *", "fields"), ("*/5 * * * *", None),
        ("0 4 L * *", None), ("0 4 * * 1-5", None),
    ],
)  # fmt: skip
def test_what_cannot_be_scheduled_is_told_by_its_place(text: str, code: str | None) -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    if code is None:
        check(text, ZoneInfo("Europe/Berlin"), now)
        return
    with pytest.raises(CronFault) as fault:
        check(text, ZoneInfo("Europe/Berlin"), now)
    assert fault.value.code == code


def test_a_day_that_does_not_come_for_decades_is_refused() -> None:
    """A 29 February on a Sunday, after that of 2032."""
    with pytest.raises(CronFault, match="never"):
        check("0 4 29 2 */7", ZoneInfo("UTC"), datetime(2032, 3, 1, tzinfo=UTC))


def test_what_a_clock_change_does_to_a_run_can_be_told() -> None:
    berlin, daily = ZoneInfo("Europe/Berlin"), read("30 2 * * *")
    for day, told in ((28, ""), (29, "gap"), (30, "")):
        moment = next_run(daily, berlin, datetime(2026, 3, day, 0, tzinfo=berlin))
        assert moment is not None and moved(daily, berlin, moment) == told
    october = next_run(daily, berlin, datetime(2026, 10, 25, 0, tzinfo=berlin))
    assert october is not None
    assert moved(daily, berlin, october) == "twice"
    assert moved(read("30 * * * *"), berlin, october) == ""


@given(text=st.text(alphabet="0123456789*/,-#LWMONFRI ²\n", max_size=40))
def test_no_text_does_worse_than_be_refused(text: str) -> None:
    with suppress(CronFault):
        read(text)


@given(
    days=st.frozensets(st.integers(0, 6), min_size=1),
    at=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
def test_days_and_a_time_are_read_back_as_they_were_chosen(days: frozenset[int], at: time) -> None:
    text = weekly(days, at)
    assert as_weekly(text) == (days, at)
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    found = {one.weekday() for one in next_runs(read(text), ZoneInfo("UTC"), noon, 7)}
    assert found == days


def test_what_experts_write_for_days_and_a_time_can_be_chosen_too() -> None:
    assert as_weekly("0 4 * * MON-FRI") == (frozenset(range(5)), time(4))
    assert as_weekly("0 4 * * 0,7") == (frozenset({6}), time(4))
    assert as_weekly("30 4 * * *") == (EVERY_DAY, time(4, 30))
    for other in ("0 4,5 * * *", "0 4 1 * *", "0 4 * 3 *", "0 4 * * 5L", "*/30 4 * * *", "0 * * * *"):
        assert as_weekly(other) is None


AT = datetime(2026, 11, 21, 4, tzinfo=UTC)


def test_an_outage_makes_up_for_the_latest_run_of_the_last_hour_and_notes_the_rest() -> None:
    hourly = read("0 * * * *")
    found = due(hourly, ZoneInfo("UTC"), AT, AT + timedelta(hours=24, minutes=10))
    assert found.run == AT + timedelta(hours=24)
    assert found.missed is not None
    assert (found.missed.first, found.missed.last, found.missed.count) == (AT, AT + timedelta(hours=23), 24)
    assert found.following == AT + timedelta(hours=25)


@settings(deadline=None)
@given(late=st.integers(0, 7200))
def test_a_run_is_made_up_for_within_an_hour(late: int) -> None:
    found = due(read("0 4 * * *"), ZoneInfo("UTC"), AT, AT + timedelta(seconds=late))
    assert (found.run == AT) == (timedelta(seconds=late) <= LATE)
    assert (found.missed is None) == (found.run is not None)
    assert found.following == AT + timedelta(days=1)


@settings(deadline=None)
@given(text=patterns, hours=st.integers(0, 100), where=st.sampled_from(DAYS))
def test_every_moment_of_an_outage_is_either_run_or_missed(
    text: str, hours: int, where: tuple[str, str]
) -> None:
    there, begin, _ = around(*where)
    pattern = read(text)
    since = next(runs(pattern, there, begin))
    now = since + timedelta(hours=hours)
    found = due(pattern, there, since, now)
    all_of_them = list(takewhile(lambda one: one <= now, runs(pattern, there, since - MINUTE)))
    count = (found.missed.count if found.missed else 0) + (found.run is not None)
    assert count == len(all_of_them)
    assert found.run in (None, all_of_them[-1])
    assert found.following == next_run(pattern, there, now)
