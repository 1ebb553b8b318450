"""How numbers, money and times read, in German and English; what is unknown is a dash."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.kit import formats
from app.kit.chart_scale import nice_ticks
from app.kit.formats import duration, euro_axis, filesize, money, money_exact, money_rate, number, percent
from app.kit.i18n import speaking
from app.kit.money import NANOS, Money, parse_money


@pytest.fixture
def german(app: Flask) -> Iterator[None]:
    with speaking("de"):
        yield


@pytest.fixture
def english(app: Flask) -> Iterator[None]:
    with speaking("en", "America/New_York"):
        yield


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (lambda: money(Money(1_234_500_000_000)), "1.234,50\u00a0€"),
        (lambda: money(5_000_000), "0,01\u00a0€"),
        (lambda: money(4_999_999), "0,00\u00a0€"),
        (lambda: money(-12_500_000_000), "\u221212,50\u00a0€"),
        (lambda: money(-4_999_999), "0,00\u00a0€"),
        (lambda: money_exact(7_421_234_567), "7,421234567\u00a0€"),
        (lambda: money_exact(7_420_000_000), "7,42\u00a0€"),
        (lambda: money_exact(7_420_000_000, aligned=True), "7,420000000\u00a0€"),
        (lambda: money_exact(-1), "\u22120,000000001\u00a0€"),
        (lambda: money_rate(80_000_000), "0,08\u00a0€"),
        (lambda: money_rate(2_500_000), "0,0025\u00a0€"),
        (lambda: number(1234567.891, 1), "1.234.567,9"),
        (lambda: number(-0.001, 2), "0,00"),
        (lambda: percent(0.424, 1), "42,4\u00a0%"),
        (lambda: filesize(4 * 1024**3), "4\u00a0GB"),
        (lambda: filesize(1536), "1,5\u00a0KB"),
        (lambda: duration(4800), "1\u00a0h 20\u00a0min"),
        (lambda: duration(59), "59\u00a0s"),
        (lambda: duration(timedelta(days=2, hours=3)), "2 Tage 3\u00a0h"),
        (lambda: formats.date_text(date(2026, 11, 21)), "21. Nov. 2026"),
    ],
)
def test_german(shown: object, expected: str) -> None:
    assert shown() == expected  # type: ignore[operator]


@pytest.mark.usefixtures("english", "frozen")
def test_english_and_another_zone() -> None:
    assert money(1_234_500_000_000) == "€1,234.50"
    assert percent(0.42) == "42%"
    assert number(1234.5, 1) == "1,234.5"
    assert formats.datetime_text(formats.clock.now()) == "21 Nov 2026, 07:00"


@pytest.mark.usefixtures("german", "frozen")
def test_times_say_how_long_ago_and_exactly_when() -> None:
    now = formats.clock.now()
    shown = str(formats.ago(now - timedelta(hours=3)))
    assert "vor 3 Stunden" in shown
    assert 'title="21. Nov. 2026, 10:00 Uhr"' in shown
    assert 'datetime="2026-11-21T09:00:00+00:00"' in shown
    assert "gerade eben" in str(formats.ago(now - timedelta(seconds=20)))


@pytest.mark.usefixtures("german")
def test_what_is_unknown_is_a_dash_never_zero() -> None:
    for filter_ in (
        money,
        money_exact,
        money_rate,
        number,
        percent,
        filesize,
        duration,
        formats.ago,
        formats.datetime_text,
    ):
        assert str(filter_(None)) == "–"  # type: ignore[operator]


def test_exact_amounts_read_back_to_the_same_nanos(app: Flask) -> None:
    @given(st.integers(0, 10**18 - 1))  # a billion is more than a ledger holds
    def same(nanos: int) -> None:
        assert parse_money(money_exact(nanos, aligned=True), decimals=9).nanos == nanos

    with speaking("de"):
        same()


def test_cents_on_the_page_are_the_ledgers_rounding(app: Flask) -> None:
    @given(st.integers(-(10**15), 10**15))
    def same(nanos: int) -> None:
        shown = money(nanos).replace(".", "").replace(",", "").replace("\u00a0€", "").replace("\u2212", "-")
        assert int(shown) == Money(nanos).cents()

    with speaking("de"):
        same()
    assert NANOS == 10**9


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    ("largest", "value", "shown"),
    [
        (12.0, 2.5, "2,50\u00a0€"),
        (0.01, 0.0025, "0,0025\u00a0€"),
        (0.000006, 0.000002, "0,00000200\u00a0€"),
        (0, 0, "0,00\u00a0€"),
    ],
)
def test_an_axis_of_small_amounts_has_the_digits_it_needs(largest: float, value: float, shown: str) -> None:
    assert euro_axis(largest)(value) == shown


def test_ticks_of_an_axis_differ(app: Flask) -> None:
    @given(st.floats(1e-6, 1e6))
    def differ(largest: float) -> None:
        ticks = nice_ticks(0, largest, 4)
        written = [euro_axis(largest)(tick) for tick in ticks]
        assert len(set(written)) == len(ticks)

    with speaking("de"):
        differ()
