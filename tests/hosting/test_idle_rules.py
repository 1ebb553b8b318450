"""When an empty game stops: walked through in ten-second looks over any evening anybody can think of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.hosting.rules.idle import OFF, Rest, Step, chosen_minutes, lead, step, stops_at

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LOOK = timedelta(seconds=10)
players = st.one_of(st.none(), st.integers(0, 3))
evenings = st.lists(st.tuples(players, st.integers(1, 60)), max_size=12)
"""How many play (None: nobody can tell) for how many looks."""
minutes = st.sampled_from([OFF, 1, 2, 5, 15])
moments = st.one_of(st.none(), st.integers(-3600, 3600).map(lambda n: NOON + timedelta(seconds=n)))


def live(evening: list[tuple[int | None, int]], allowed: int) -> list[tuple[datetime, Step, Rest]]:
    """Every look of an evening, as the watch keeps the row, until the game is stopped."""
    rest, now, looks = Rest(allowed, 0, None, NOON, None), NOON, []
    for online, length in evening:
        for _ in range(length):
            now += LOOK
            if online is None:
                rest = replace(rest, players=None)
            else:
                since = (rest.empty_since or now) if online == 0 else None
                warned = rest.warned_at if since is not None and since == rest.empty_since else None
                rest = replace(rest, players=online, empty_since=since, warned_at=warned)
            found = step(rest, now)
            looks.append((now, found, rest))
            if found is Step.WARN:
                rest = replace(rest, warned_at=now)
            elif found is Step.STOP:
                return looks
    return looks


@given(evenings, minutes)
def test_nobody_is_ever_stopped_while_playing_nor_while_nobody_can_tell(
    evening: list[tuple[int | None, int]], allowed: int
) -> None:
    for now, found, rest in live(evening, allowed):
        if rest.players != 0 or allowed == OFF:
            assert found is Step.WAIT
        if found is Step.STOP:
            assert rest.empty_since is not None
            assert now - rest.empty_since >= timedelta(minutes=allowed)
            assert rest.warned_at is not None
            assert now - rest.warned_at >= lead(allowed)
            assert rest.warned_at >= rest.empty_since


@given(st.sampled_from([1, 2, 5, 15]), evenings)
def test_an_empty_game_is_warned_once_and_stops_on_time(
    allowed: int, evening: list[tuple[int | None, int]]
) -> None:
    calm = [*((online, length) for online, length in evening if online), (0, 200)]
    looks = live(calm, allowed)
    steps = [found for _, found, _ in looks if found is not Step.WAIT]
    assert steps == [Step.WARN, Step.STOP]
    stopped, _, rest = looks[-1]
    assert rest.empty_since is not None
    late = stopped - rest.empty_since - timedelta(minutes=allowed)
    assert timedelta(0) <= late <= 2 * LOOK


@given(minutes, players, moments, moments, moments, st.integers(0, 7200))
def test_what_is_announced_is_what_happens(
    allowed: int,
    online: int | None,
    empty: datetime | None,
    ready: datetime | None,
    warned: datetime | None,
    later: int,
) -> None:
    rest, now = Rest(allowed, online, empty, ready, warned), NOON + timedelta(seconds=later)
    at, found = stops_at(rest, now), step(rest, now)
    assert (at is None) == (allowed == OFF or online != 0 or empty is None or ready is None)
    if at is None:
        assert found is Step.WAIT
    else:
        assert (found is Step.STOP) == (at <= now)
        if found is Step.WARN:
            assert stops_at(replace(rest, warned_at=now), now) == at


def test_more_minutes_chosen_after_the_warning_bring_another_warning() -> None:
    rest = Rest(5, 0, NOON, NOON, NOON + timedelta(minutes=4))
    assert step(replace(rest, minutes=30), NOON + timedelta(minutes=5)) is Step.WAIT
    assert step(replace(rest, minutes=30), NOON + timedelta(minutes=29)) is Step.WARN
    assert step(rest, NOON + timedelta(minutes=5)) is Step.STOP


def test_fewer_minutes_chosen_late_warn_at_once_and_stop_a_minute_after() -> None:
    rest, now = Rest(5, 0, NOON, NOON, None), NOON + timedelta(hours=2)
    assert step(rest, now) is Step.WARN
    assert stops_at(rest, now) == now + timedelta(minutes=1)
    assert step(replace(rest, warned_at=now), now + timedelta(seconds=59)) is Step.WAIT


def test_the_owner_decides_before_the_installation() -> None:
    assert chosen_minutes(None, 15) == 15
    assert chosen_minutes(0, 15) == OFF
    assert chosen_minutes(60, 0) == 60
