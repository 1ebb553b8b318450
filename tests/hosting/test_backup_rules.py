"""Backups: what may go and what never does, when the next is due, what may change, what a game says."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hosting.catalog import templates
from app.hosting.rules.backup import Copy, expired, moving, next_daily, says_saved
from app.hosting.rules.template import Patterns, Save

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def copies() -> st.SearchStrategy[list[Copy]]:
    one = st.builds(
        Copy,
        st.uuids(),
        st.integers(0, 400 * 24).map(lambda hours: NOW - timedelta(hours=hours)),
        st.booleans(),
        st.sampled_from([False, False, False, True]),
    )
    return st.lists(one, max_size=40, unique_by=lambda copy: copy.id)


@given(copies(), st.integers(1, 20), st.integers(1, 365))
def test_the_last_good_one_never_goes_and_neither_does_what_is_kept(
    given_copies: list[Copy], count: int, days: int
) -> None:
    gone = expired(given_copies, count, days, NOW)
    good = [copy for copy in given_copies if copy.good]
    if good:
        newest = max(good, key=lambda copy: (copy.at, copy.id))
        assert newest.id not in gone
    assert not gone & {copy.id for copy in given_copies if copy.kept}


@given(copies(), st.integers(1, 20), st.integers(1, 365))
def test_what_stays_is_within_count_and_days(given_copies: list[Copy], count: int, days: int) -> None:
    gone = expired(given_copies, count, days, NOW)
    stays = [copy for copy in given_copies if copy.id not in gone and not copy.kept]
    good = [copy for copy in stays if copy.good]
    assert len(good) <= count
    too_old = [copy for copy in stays if copy.at < NOW - timedelta(days=days)]
    assert len(too_old) <= 1, "only the last good one may be older"
    assert all(copy.good for copy in too_old)


@given(copies(), st.integers(1, 20), st.integers(1, 365))
def test_what_is_within_both_stays_and_nothing_goes_twice(
    given_copies: list[Copy], count: int, days: int
) -> None:
    gone = expired(given_copies, count, days, NOW)
    good = sorted(
        (copy for copy in given_copies if copy.good and not copy.kept),
        key=lambda c: (c.at, c.id),
        reverse=True,
    )
    within = [copy for copy in good[:count] if copy.at >= NOW - timedelta(days=days)]
    assert not gone & {copy.id for copy in within}
    rest = [copy for copy in given_copies if copy.id not in gone]
    assert expired(rest, count, days, NOW) == set()


def test_failed_ones_in_a_row_push_no_good_one_out() -> None:
    good = Copy(UUID(int=1), NOW - timedelta(days=20), True)
    failed = [Copy(UUID(int=n), NOW - timedelta(days=20 - n), False) for n in range(2, 20)]
    assert good.id not in expired([good, *failed], 1, 3, NOW)
    assert expired([good, *failed], 1, 3, NOW) == {
        copy.id for copy in failed if copy.at < NOW - timedelta(days=3)
    }


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("at", [time(3, 0), time(2, 30), time(0, 0)])
def test_a_year_has_one_a_day_through_every_change_of_the_clocks(zone: str, at: time) -> None:
    there, moment = ZoneInfo(zone), datetime(2026, 1, 1, tzinfo=ZoneInfo(zone)) - timedelta(seconds=1)
    days = []
    for _ in range(365):
        found = next_daily(at, there, moment)
        assert found is not None
        days.append(found.astimezone(there).date())
        moment = found
    assert len(set(days)) == 365


def test_an_hour_that_is_left_out_runs_right_after_and_one_that_comes_twice_once() -> None:
    before = datetime(2027, 3, 27, 12, 0, tzinfo=UTC)
    assert next_daily(time(2, 30), BERLIN, before) == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)
    autumn = datetime(2027, 10, 30, 12, 0, tzinfo=UTC)
    first = next_daily(time(2, 30), BERLIN, autumn)
    assert first == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert next_daily(time(2, 30), BERLIN, first) == datetime(2027, 11, 1, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("world/session.lock", True),
        ("session.lock", True),
        ("logs/latest.log", True),
        ("logs", True),
        ("world/logs/latest.log", False),
        ("world/playerdata/1.dat", True),
        ("world/region/r.0.0.mca", False),
        ("world/level.dat", False),
        ("server.properties", False),
        ("deep/world/playerdata/1.dat", False),
        ("usercache.json", True),
    ],
)
def test_what_may_change_while_a_running_game_is_copied(path: str, expected: bool) -> None:
    assert moving(Save().moving)(path) is expected


def test_no_template_lets_the_world_itself_change() -> None:
    for template in templates().values():
        moves = moving(template.save.moving)
        for path in (
            "world/region/r.0.0.mca",
            "world/level.dat",
            "world_nether/DIM-1/region/r.0.0.mca",
            "server.properties",
        ):
            assert not moves(path), template.slug


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Saved the game", True),
        ("Saving the game (this may take a moment!)\nSaved the game", True),
        ("[12:00:01] [Server thread/INFO]: Saved the game", True),
        ("[12:00:01 INFO]: [Rcon: Saved the game]", True),
        ("Saved the world", True),
        ("[12:00:01] [Server thread/INFO]: <Alex> Saved the game", False),
        ("[12:00:01] [Server thread/INFO]: [Not Secure] <Alex> [Rcon: Saved the game]", False),
        ("Saving the game (this may take a moment!)", False),
        ("", False),
    ],
)
def test_only_the_game_itself_says_that_it_has_saved(text: str, expected: bool) -> None:
    assert says_saved(Patterns(), text) is expected


def test_commands_for_saving_belong_together() -> None:
    with pytest.raises(ValueError, match="belong together"):
        Save(off="save-off")
