"""Roll-ups and charts: nothing is lost on the way from ten seconds to a year, peaks are not averaged away, gaps stay gaps."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from app.hosting.models import Sample
from app.hosting.queries.monitoring import MARKED, MOST_EVENTS, Measured, happened, measured
from app.hosting.rules.monitoring import DAY, HOUR, Span, window_span
from app.hosting.rules.sampling import Reading
from app.hosting.services.sample import keep, prune, roll_up
from app.kit import clock
from app.kit.db import transaction
from app.kit.ids import new_id
from tests.hosting.conftest import Host

BERLIN = ZoneInfo("Europe/Berlin")
NOON = int(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp())


def a_reading(dice: random.Random, covered: int = 10) -> Reading:
    players = dice.choice([None, 0, 0, 1, 7])
    memory = dice.randrange(100, 900) * 1024**2
    return Reading(
        covered=covered,
        memory_bytes=memory,
        memory_peak_bytes=memory,
        cpu_seconds=dice.choice([None, dice.uniform(0, 10.0)]),
        disk_bytes=dice.choice([None, dice.randrange(10**9)]),
        player_seconds=None if players is None else float(players * covered),
        players_peak=players,
        tps=dice.choice([None, dice.uniform(5, 20)]),
        network_received_bytes=dice.choice([None, dice.randrange(10**6)]),
        network_sent_bytes=dice.choice([None, dice.randrange(10**6)]),
        played_seconds=None if players is None else (covered if players else 0),
    )


def clear() -> None:
    with transaction() as session:
        session.execute(delete(Sample))


def now() -> int:
    return int(clock.now().timestamp())


def total(values: list[float | int | None]) -> float:
    return sum(value for value in values if value is not None)


def agree(found: Measured, readings: list[Reading]) -> None:
    """The points hold what the readings held: sums exactly, the extremes of single readings, means weighted by time."""
    assert found.run_seconds == sum(one.covered for one in readings)
    assert (found.received_bytes or 0) == total([one.network_received_bytes for one in readings])
    assert (found.sent_bytes or 0) == total([one.network_sent_bytes for one in readings])
    assert (found.played_seconds or 0) == total([one.played_seconds for one in readings])
    figures = found.figures()
    for name, values in (
        ("memory", [one.memory_bytes for one in readings]),
        ("cpu", [one.cpu_seconds / one.covered for one in readings if one.cpu_seconds is not None]),
        ("players", [one.players_peak for one in readings if one.players_peak is not None]),
        ("tps", [one.tps for one in readings if one.tps is not None]),
        (
            "sent",
            [one.network_sent_bytes / one.covered for one in readings if one.network_sent_bytes is not None],
        ),
    ):
        assert figures[name].low == pytest.approx(min(values, default=None)), name  # type: ignore[type-var]
        assert figures[name].peak == pytest.approx(max(values, default=None)), name  # type: ignore[type-var]
    for track in found.tracks.values():
        for low, mean, peak in zip(track.low, track.mean, track.peak, strict=True):
            assert (low is None) == (mean is None) == (peak is None)
            assert low is None or mean is None or peak is None or low <= mean <= peak


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.sets(st.integers(0, 3 * 360 - 1), min_size=1, max_size=40))
def test_nothing_is_lost_on_the_way_up(host: Host, seed: int, slots: set[int]) -> None:
    server_id = host.made if hasattr(host, "made") else host.create()
    host.made = server_id  # type: ignore[attr-defined]
    clear()
    dice = random.Random(seed)
    with clock.freeze(datetime.fromtimestamp(NOON, UTC)):
        start = NOON - 3 * HOUR
        readings = [a_reading(dice) for _ in slots]
        with transaction() as session:
            for slot, one in zip(sorted(slots), readings, strict=True):
                session.add(Sample(server_id=server_id, seconds=10, at=start + slot * 10, **one.columns()))
        roll_up(3 * HOUR)
        roll_up()  # again, with nothing new: the same rows
        for span in (
            Span(start, NOON),
            window_span("24h", NOON),
            window_span("30d", NOON),
            window_span("1y", NOON),
        ):
            agree(measured(server_id, span, BERLIN), readings)
            agree(measured(server_id, span, ZoneInfo("America/New_York"), 60), readings)
        prune()


def test_after_a_pause_of_the_clock_process_nothing_is_missing(db_host: Host, frozen: datetime) -> None:
    server_id = db_host.create()
    dice = random.Random(1)
    readings = [a_reading(dice) for _ in range(20)]
    keep({server_id: readings[0]}, now() - 10)
    roll_up()
    for one in readings[1:]:
        clock.advance(minutes=31)
        keep({server_id: one}, now() // 10 * 10 - 10)
    roll_up()
    agree(measured(server_id, window_span("1y", now()), BERLIN), readings)


def test_old_rows_without_extremes_count_with_their_means(host: Host, frozen: datetime) -> None:
    server_id = host.create()
    keep({server_id: a_reading(random.Random(3), 3600)}, now() - 5 * DAY, 3600)
    found = measured(server_id, window_span("30d", now()), BERLIN).figures()["memory"]
    assert found.low == found.mean == found.peak


def test_a_server_that_was_off_leaves_a_gap_and_no_zero(db_host: Host, frozen: datetime) -> None:
    server_id = db_host.create()
    dice = random.Random(2)
    for back in (*range(3000, 2400, -10), *range(600, 0, -10)):
        keep({server_id: a_reading(dice)}, now() - back)
    found = measured(server_id, window_span("1h", now()), BERLIN)
    off = [at for at, value in zip(found.at, found.tracks["memory"].mean, strict=True) if value is None]
    assert set(range(now() - 2400, now() - 600, 10)) <= set(off)
    for track in found.tracks.values():
        for at, value in zip(found.at, track.mean, strict=True):
            assert at not in off or value is None
    assert found.uptime.mean[off.index(off[-1])] is None


def test_days_of_a_year_are_those_of_the_viewer_also_when_the_clocks_change(db_host: Host) -> None:
    server_id = db_host.create()
    end = datetime(2026, 11, 21, 12, tzinfo=UTC)
    with clock.freeze(end):
        dice = random.Random(5)
        first = int(datetime(2026, 3, 20, tzinfo=UTC).timestamp())
        with transaction() as session:
            for at in range(first, first + 20 * DAY, HOUR):
                session.add(
                    Sample(server_id=server_id, seconds=HOUR, at=at, **a_reading(dice, HOUR).columns())
                )
        found = measured(server_id, window_span("1y", now()), BERLIN)
        hours = {
            datetime.fromtimestamp(at, BERLIN).date().isoformat(): seconds / HOUR
            for at, seconds in zip(found.at, found.covered, strict=True)
            if seconds
        }
        assert (hours["2026-03-28"], hours["2026-03-29"], hours["2026-03-30"]) == (24, 23, 24)
        assert all(datetime.fromtimestamp(at, BERLIN).hour == 0 for at in found.at)
        assert found.run_seconds == 20 * DAY
        assert max(share for share in found.uptime.mean if share is not None) == 1


def test_the_points_of_a_chart_are_at_most_a_thousand(host: Host, frozen: datetime) -> None:
    server_id = host.create()
    for window in ("1h", "24h", "7d", "30d", "90d", "1y"):
        assert len(measured(server_id, window_span(window, now()), BERLIN).at) <= 1000


def test_events_of_the_span_are_marked_and_no_others(host: Host, frozen: datetime) -> None:
    server_id = host.running()
    host.node.out_of_memory(server_id)
    host.settle()
    names = [event.name for event in happened(host.organisation_id, server_id, Span(now() - 60, now() + 60))]
    assert {"hosting.server.started", "hosting.server.ready", "hosting.server.crashed"} <= set(names)
    assert all(
        any(name == one or (one.endswith(".") and name.startswith(one)) for one in MARKED) for name in names
    )
    assert happened(host.organisation_id, server_id, Span(now() - 600, now() - 60)) == []
    assert happened(new_id(), server_id, Span(now() - 60, now() + 60)) == []
    assert MOST_EVENTS == 200
