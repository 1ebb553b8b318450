"""Money: whole nano-euros, no floats, one rounding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.money import CENT, NANOS, Money, euros, parse_money


def test_floats_and_foreign_currencies_are_refused() -> None:
    with pytest.raises(TypeError):
        Money(1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money(1) * 0.5  # type: ignore[operator]
    with pytest.raises(ValueError, match="do not mix"):
        Money(1) + Money(1, "CHF")


@pytest.mark.parametrize(
    ("typed", "nanos"),
    [
        ("12,50", 1250 * CENT),
        ("12.50", 1250 * CENT),
        ("1.234,50", 123450 * CENT),
        ("1,234.50", 123450 * CENT),
        ("1.234", 1234 * NANOS),
        ("20 €", 20 * NANOS),
        (" 0,01 ", CENT),
        ("1 000,00", 1000 * NANOS),
        ("1'000", 1000 * NANOS),
        ("1’234’567.89", 123456789 * CENT),
        ("1\u202f234,5", 123450 * CENT),
        (",50", 50 * CENT),
        ("12,– €", 12 * NANOS),
        ("€ 7.5", 750 * CENT),
        ("007", 7 * NANOS),
    ],
)
def test_amounts_as_people_type_them(typed: str, nanos: int) -> None:
    assert parse_money(typed) == Money(nanos)


@pytest.mark.parametrize(
    "typed",
    ["", "abc", "1,2,3", "1.23.4", "-5", "−5", "+5", "1e3", "12,50,1", "9" * 12, ",", ".", "€", "12,505", "1,234", "0.002",
     "1 2", "12 50", "1€50", "1.234 567", "1,234,56", "1_000", "12\n50", "12,5O", "٣", "١٢", "１２,５０", "1२", "²",
     "1" * 5000, "0" * 5000, "'" * 5000, "1" + " " * 5000 + "2"],
)  # fmt: skip
def test_anything_else_is_not_an_amount(typed: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        parse_money(typed)


@pytest.mark.parametrize(
    ("typed", "nanos"), [("0,002", 2_000_000), ("0.002", 2_000_000), ("1,2340", 1_234_000_000), ("12,5", 1250 * CENT)]
)  # fmt: skip
def test_prices_have_nine_decimals(typed: str, nanos: int) -> None:
    assert parse_money(typed, decimals=9) == Money(nanos)


@pytest.mark.parametrize("typed", ["1.234", "12,345", "0,0000000001"])
def test_a_price_that_can_be_read_in_two_ways_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        parse_money(typed, decimals=9)


@given(st.text(max_size=12))
def test_what_is_taken_is_a_positive_amount_in_plain_digits(typed: str) -> None:
    try:
        taken = parse_money(typed)
    except ValueError:
        return
    assert taken.nanos >= 0
    assert [int(d) for d in typed if d.isdigit()] == [int(d) for d in typed if d in "0123456789"]


@given(st.integers(-(10**15), 10**15))
def test_rounding_to_cents_is_half_up_and_never_off_by_more_than_half(nanos: int) -> None:
    cents = Money(nanos).cents()
    assert abs(cents * CENT - nanos) * 2 <= CENT
    assert Money(-nanos).cents() == -cents


@given(st.lists(st.integers(-(10**12), 10**12)))
def test_sums_do_not_depend_on_order(parts: list[int]) -> None:
    assert sum((Money(n) for n in parts), Money(0)) == sum((Money(n) for n in reversed(parts)), Money(0))


def test_whole_euros() -> None:
    assert euros(3, 5).nanos == 3_050_000_000
    assert not euros(0)
