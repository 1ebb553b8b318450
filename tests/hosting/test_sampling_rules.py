"""From counters to rows: unknown stays unknown, a new run starts again, a late reading is not stretched."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.hosting.rules.sampling import Counters, grown, reading


def test_the_first_reading_knows_memory_and_players_but_no_rates() -> None:
    row = reading(None, Counters(100, 5.0, None, 10, 20), 10.0, players=2, tps=None)
    assert (row.memory_bytes, row.players_peak, row.player_seconds) == (100, 2, 20.0)
    assert (row.cpu_seconds, row.network_received_bytes, row.tps) == (None, None, None)


def test_a_counter_that_shrank_belongs_to_a_new_run() -> None:
    row = reading(
        Counters(1, 50.0, None, 999, 999), Counters(1, 1.0, None, 10, 10), 10.0, players=None, tps=20.0
    )
    assert (row.cpu_seconds, row.network_received_bytes) == (None, None)
    assert row.player_seconds is None


def test_a_late_reading_counts_for_its_ten_seconds_only() -> None:
    row = reading(Counters(1, 0.0, None, 0, 0), Counters(1, 3.0, None, 300, 30), 30.0, players=1, tps=None)
    assert (row.covered, row.cpu_seconds, row.network_received_bytes) == (10, 1.0, 100)


numbers = st.one_of(st.none(), st.floats(0, 1e12))


@given(numbers, numbers)
def test_growth_is_never_negative(before: float | None, now: float | None) -> None:
    found = grown(before, now)
    assert found is None or found >= 0
