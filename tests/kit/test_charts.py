"""Charts: ticks people expect, gaps where values are missing, well-formed SVG, texts that cannot break out."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit import charts
from app.kit.chart_parts import width_of
from app.kit.chart_scale import nice_step, nice_ticks, time_ticks

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SPACE = "{http://www.w3.org/2000/svg}"
numbers = st.floats(min_value=-1e9, max_value=1e9, allow_nan=False)


def drawn(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in drawn(svg).iter(f"{SPACE}text")]


@given(numbers, numbers, st.integers(min_value=1, max_value=12))
def test_ticks_enclose_the_values_and_are_evenly_spaced(one: float, other: float, count: int) -> None:
    low, high = sorted((one, other))
    ticks = nice_ticks(low, high, count)
    tolerance = 1e-6 * max(1.0, abs(low), abs(high))
    assert ticks[0] <= low + tolerance
    assert ticks[-1] >= high - tolerance
    assert len(ticks) >= 2
    steps = {round(b - a, 6) for a, b in pairwise(ticks)}
    assert max(steps) - min(steps) <= tolerance


@given(st.floats(min_value=1e-6, max_value=1e12), st.integers(min_value=1, max_value=20))
def test_steps_are_one_two_two_and_a_half_or_five(span: float, count: int) -> None:
    step = nice_step(span, count)
    mantissa = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert min(abs(mantissa - nice) for nice in (1, 2, 2.5, 5, 10)) < 1e-6
    assert span / step <= count * (1 + 1e-6)


@given(
    st.datetimes(min_value=datetime(2025, 1, 1), max_value=datetime(2027, 12, 31)),  # noqa: DTZ001 - made aware below
    st.timedeltas(min_value=timedelta(minutes=2), max_value=timedelta(days=800)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC"]),
)
def test_time_ticks_rise_and_stay_inside(start: datetime, span: timedelta, zone: str) -> None:
    begin = start.replace(tzinfo=UTC)
    ticks = time_ticks(begin, begin + span, 8, zone)
    moments = [at.astimezone(UTC) for at, _label in ticks]
    assert moments == sorted(set(moments))
    assert all(begin <= at <= begin + span for at in moments)
    assert len(ticks) <= 10


def test_days_start_at_local_midnight_over_the_change_of_time() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 10, 22, 0, 0, tzinfo=berlin)
    ticks = time_ticks(start, start + timedelta(days=6), 6, berlin)
    assert [label for _at, label in ticks] == [
        "22.10.",
        "23.10.",
        "24.10.",
        "25.10.",
        "26.10.",
        "27.10.",
        "28.10.",
    ]
    assert {at.astimezone(berlin).hour for at, _label in ticks} == {0}


def test_an_hour_that_does_not_exist_has_no_tick() -> None:
    start = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    labels = [label for _at, label in time_ticks(start, start + timedelta(hours=3), 4, "Europe/Berlin")]
    assert labels == ["01:00", "03:00", "04:00", "05:00"]


def line(values: list[float | None], **more: object) -> str:
    points = [(NOON + timedelta(minutes=i), v) for i, v in enumerate(values)]
    series = [charts.Series("RAM", points)]
    return charts.line_chart(series, title="Auslastung", zone="Europe/Berlin", **more)  # type: ignore[arg-type]


def test_a_missing_value_is_a_gap_not_zero() -> None:
    svg = drawn(line([50.0, 52.0, None, None, 49.0, 50.0]))
    paths = [p for p in svg.iter(f"{SPACE}path") if p.get("fill") == "none"]
    assert len(paths) == 2
    heights = [float(n) for p in paths for n in re.findall(r"[\d.]+ ([\d.]+)", p.get("d", ""))]
    assert max(heights) < 150  # the base line is at 226


def test_a_value_alone_between_gaps_is_a_dot() -> None:
    svg = drawn(line([50.0, 51.0, None, 49.0, None, 50.0, 50.0]))
    assert len(list(svg.iter(f"{SPACE}circle"))) == 1


def test_nothing_to_show_says_so() -> None:
    assert texts(line([None, None])) == ["Noch keine Werte"]
    assert texts(charts.bars([], title="x")) == ["Noch keine Werte"]
    assert texts(charts.stacked_days([], [], title="x")) == ["Noch keine Werte"]


def test_series_differ_by_dash_and_are_named_at_their_end() -> None:
    points = [(NOON + timedelta(minutes=i), float(i)) for i in range(30)]
    svg = charts.line_chart(
        [charts.Series("RAM", points), charts.Series("CPU", points), charts.Series("Netz", points)],
        title="x",
        zone="UTC",
    )
    dashes = [p.get("stroke-dasharray") for p in drawn(svg).iter(f"{SPACE}path")]
    assert len(set(dashes)) == 3
    named = [t for t in drawn(svg).iter(f"{SPACE}text") if t.text in ("RAM", "CPU", "Netz")]
    heights = sorted(float(t.get("y", 0)) for t in named)
    assert all(b - a >= 15.9 for a, b in pairwise(heights)), (
        "labels of lines that end together do not overlap"
    )


@pytest.mark.parametrize("width", [charts.WIDE, charts.NARROW])
def test_every_text_stays_on_the_picture(width: int) -> None:
    days = [date(2026, 11, 1) + timedelta(days=i) for i in range(30)]
    pictures = [
        line([20.0, 90.0, 40.0] * 60, width=width),
        charts.stacked_days(days, [("Aktiv", [1.5] * 30), ("Schlaf", [0.2] * 30)], title="x", width=width),
        charts.bars(
            [("Ein Server mit einem sehr langen Namen, der nicht passt", 12.5), ("B", 0.0)],
            title="x",
            width=width,
        ),
    ]
    for svg in pictures:
        for text in drawn(svg).iter(f"{SPACE}text"):
            x, size = float(text.get("x", 0)), len(text.text or "") * 12.5 * 0.5
            left = {"end": x - size, "middle": x - size / 2}.get(text.get("text-anchor", ""), x)
            assert left >= -2, text.text
            assert left + size <= width + 2, text.text


def test_the_picture_has_a_title_a_font_and_both_colours() -> None:
    svg = line([1.0, 2.0, 3.0])
    root = drawn(svg)
    assert root.find(f"{SPACE}title").text == "Auslastung"  # type: ignore[union-attr]
    assert root.get("font-family", "").startswith("Inter")
    assert root.get("role") == "img"
    stroke = next(root.iter(f"{SPACE}path"))
    assert stroke.get("stroke", "").startswith("#"), "the paper colour"
    assert "c-line-1" in stroke.get("class", ""), "the page's colour"


@given(st.text(max_size=40))
def test_texts_cannot_break_out_of_the_picture(words: str) -> None:
    cleaned = "".join(c for c in words if c.isprintable())
    svg = charts.bars([(cleaned, 1.0)], title=cleaned)
    assert drawn(svg).find(f"{SPACE}title").text in (cleaned, None)  # type: ignore[union-attr]


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e6)), max_size=2000), st.integers(10, 400))
def test_thinning_keeps_order_and_invents_nothing(values: list[float | None], most: int) -> None:
    points = [(NOON + timedelta(seconds=i), v) for i, v in enumerate(values)]
    kept = charts.thin(points, most)
    assert len(kept) <= max(most, 0) or len(points) <= most
    assert [at for at, _v in kept] == sorted(at for at, _v in kept)
    known = [v for v in values if v is not None]
    for _at, value in kept:
        assert value is None or min(known) - 1e-6 <= value <= max(known) + 1e-6


@given(st.lists(st.floats(0, 200), min_size=1, max_size=6))
def test_spread_labels_keep_their_distance(wanted: list[float]) -> None:
    placed = sorted(charts.spread(wanted, 16, 0, 200))
    assert all(b - a >= 16 - 1e-9 for a, b in pairwise(placed))
    assert placed[-1] <= 200 + 1e-9


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("width", [charts.WIDE, charts.NARROW])
def test_days_do_not_run_into_each_other(language: str, width: int) -> None:
    days = [date(2026, 11, 1) + timedelta(days=n) for n in range(30)]
    svg = charts.stacked_days(days, [("Aktiv", [1.5] * 30)], title="x", width=width, language=language)
    named = [
        (float(one.attrib["x"]), one.text or "")
        for one in drawn(svg).iter(f"{SPACE}text")
        if one.attrib.get("text-anchor") == "middle"
    ]
    assert len(named) >= 4
    for (here, words), (there, more) in pairwise(named):
        assert there - here >= (width_of(words) + width_of(more)) / 2 + 4
