"""From a stretch of time to the points of a chart: never too many, always there, days as the viewer's clock has them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hosting.rules.monitoring import (
    DAY,
    HOUR,
    KEPT_SECONDS,
    LONGEST,
    MOST_POINTS,
    BadSpan,
    Span,
    Track,
    chosen_span,
    coarser,
    figures,
    midnights,
    offsets,
    plan,
    window_span,
)
from app.hosting.rules.sampling import roll_up_from

NOW = int(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp())
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Santiago", "Australia/Lord_Howe", "UTC"]
).map(ZoneInfo)


@pytest.mark.parametrize(
    ("window", "level", "step"),
    [
        ("1h", 10, 10),
        ("6h", 10, 30),
        ("24h", 60, 120),
        ("7d", 60, 900),
        ("30d", 3600, 3600),
        ("1y", 3600, DAY),
    ],
)
def test_each_window_has_its_roll_up(window: str, level: int, step: int) -> None:
    found = plan(window_span(window, NOW), NOW, BERLIN)
    assert (found.level, found.step) == (level, step)


@given(st.integers(1, KEPT_SECONDS[HOUR] - 1), st.integers(60, LONGEST), st.integers(10, MOST_POINTS), ZONES)
def test_points_are_few_cover_the_span_and_are_still_kept(
    back: int, length: int, most: int, zone: ZoneInfo
) -> None:
    span = chosen_span(NOW - back, NOW - back + length, NOW)
    found = plan(span, NOW, zone, most)
    assert len(found.starts) - 1 <= max(most, LONGEST // DAY + 2)
    assert found.starts[0] <= span.since
    assert found.starts[-1] >= span.until
    assert list(found.starts) == sorted(set(found.starts))
    assert found.level == HOUR or found.starts[0] >= NOW - KEPT_SECONDS[found.level]
    assert found.step % found.level == 0


def test_days_are_as_long_as_the_clocks_make_them() -> None:
    def day(month: int, number: int) -> int:
        return int(datetime(2026, month, number, tzinfo=BERLIN).timestamp())

    spring = midnights(day(3, 28), day(3, 31), BERLIN)
    autumn = midnights(day(10, 24), day(10, 27), BERLIN)
    assert [b - a for a, b in pairwise(spring)] == [24 * HOUR, 23 * HOUR, 24 * HOUR]
    assert [b - a for a, b in pairwise(autumn)] == [24 * HOUR, 25 * HOUR, 24 * HOUR]


@given(st.integers(NOW - 2 * 366 * DAY, NOW), st.integers(DAY, LONGEST), ZONES)
def test_the_wall_clock_of_the_offsets_is_that_of_the_zone(since: int, length: int, zone: ZoneInfo) -> None:
    starts = midnights(since, since + length, zone)
    steps = offsets(starts, zone)
    for at in range(starts[0], starts[-1], 1800 * 7):
        wall = at + next(offset for until, offset in steps if at < until)
        local = datetime.fromtimestamp(at, zone).replace(tzinfo=UTC)
        assert datetime.fromtimestamp(wall, UTC) == local


@pytest.mark.parametrize(
    ("since", "until", "reason"),
    [
        (NOW, NOW - 10, "order"),
        (NOW + 5, NOW + 500, "future"),
        (NOW - KEPT_SECONDS[HOUR] - 1, NOW, "old"),
        (NOW - 100, NOW - 50, "short"),
        (NOW - LONGEST - 1, NOW, "long"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_reason(since: int, until: int, reason: str) -> None:
    with pytest.raises(BadSpan) as told:
        chosen_span(since, until, NOW)
    assert told.value.reason == reason


def test_what_lies_ahead_is_cut_off() -> None:
    assert chosen_span(NOW - 600, NOW + 600, NOW) == Span(NOW - 600, NOW)


def test_figures_weigh_the_mean_by_measured_time_and_keep_extremes() -> None:
    track = Track((1.0, None, 2.0), (2.0, None, 8.0), (3.0, None, 99.0))
    found = figures(track, (30, None, 10))
    assert (found.low, found.mean, found.peak, found.last) == (1.0, 3.5, 99.0, 8.0)
    assert figures(Track((None,), (None,), (None,)), (None,)).mean is None


def test_neighbours_merge_by_measured_time_and_sparse_values_are_not_lost() -> None:
    assert coarser([1.0, None, None, 4.0, None], [30, None, None, 10, None], 2) == [1.0, 4.0, None]
    assert coarser([1.0, 4.0], [30, 10], 2) == [1.75]


def test_a_pause_of_the_roll_up_is_made_up_for() -> None:
    now = NOW + 1234
    assert roll_up_from(now, 7200, now - 60, 10, 60) == (now - 7200) // 60 * 60
    assert roll_up_from(now, 7200, now - 5 * HOUR, 10, 60) == (now - 5 * HOUR) // 60 * 60


@given(st.integers(0, 10 * DAY), st.none() | st.integers(0, NOW), st.sampled_from([(10, 60), (60, 3600)]))
def test_a_bucket_whose_readings_are_partly_gone_is_left_alone(
    ahead: int, last: int | None, levels: tuple[int, int]
) -> None:
    fine, coarse = levels
    since = roll_up_from(NOW + ahead, 7200, last, fine, coarse)
    assert since % coarse == 0
    assert since >= NOW + ahead - KEPT_SECONDS[fine]


def test_a_zone_without_midnight_begins_its_day_at_the_change() -> None:
    santiago = ZoneInfo("America/Santiago")  # 6 September 2026: 24:00 is 1:00
    found = midnights(int(datetime(2026, 9, 5, 12, tzinfo=santiago).timestamp()), NOW, santiago)[1]
    assert datetime.fromtimestamp(found, santiago) == datetime(2026, 9, 6, 1, tzinfo=santiago)
    assert datetime.fromtimestamp(found, UTC) - timedelta(seconds=1) < datetime(2026, 9, 6, 4, tzinfo=UTC)
