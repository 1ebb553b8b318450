"""What a door shows of a server, and the host names that lead to it."""

from __future__ import annotations

from itertools import product
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.hosting.rules.doors import PLAYER, doing, host_names, name_part, player_names
from app.hosting.rules.ending import CRASHES
from app.hosting.rules.route import Doing
from app.hosting.rules.server import Desired, Reason, State

ONE, TWO = UUID(int=1), UUID(int=2)


def test_only_what_rests_by_wish_is_woken_by_players() -> None:
    for state, desired, credit in product(State, Desired, (False, True)):
        found = doing(state, desired, credit=credit)
        rests = state in (State.STOPPED, State.STOPPING, State.ARCHIVING) and desired is not Desired.RUNNING
        assert (found is Doing.ASLEEP) == (rests and credit)
        away = state in (State.ARCHIVED, State.WAKING) and desired is not Desired.RUNNING
        assert (found is Doing.ARCHIVED) == (away and credit)
        assert (found is Doing.RUNNING) == (state is State.RUNNING)
        assert (found is None) == (state in (State.DRAFT, State.DELETING, State.DELETED))
    assert doing(State.WAKING, Desired.RUNNING, credit=True) is Doing.WAKING
    assert doing(State.CRASHED, Desired.STOPPED, credit=True) is Doing.OFF, "a person has to look first"
    assert doing(State.CRASHED, Desired.RUNNING, credit=True) is Doing.STARTING


def test_what_ran_a_moment_ago_and_comes_back_restarts() -> None:
    assert doing(State.STOPPING, Desired.RUNNING, credit=True) is Doing.RESTARTING
    for state in (State.STARTING, State.INSTALLING, State.STOPPED, State.CRASHED):
        for reason in Reason:
            found = doing(state, Desired.RUNNING, credit=True, last_end=reason)
            again = reason in CRASHES or reason in (Reason.RESTART, Reason.NODE_RESTARTED)
            assert found is (Doing.RESTARTING if again else Doing.STARTING)
    assert doing(State.RUNNING, Desired.RUNNING, credit=True, last_end=Reason.RESTART) is Doing.RUNNING


def test_the_older_server_keeps_the_nicer_name() -> None:
    taken: set[str] = set()
    assert host_names(ONE, "Größte Welt!", "Play.example", taken)[0] == "groesste-welt.play.example"
    assert host_names(TWO, "groesste  WELT", "Play.example", taken) == [f"{TWO.hex}.play.example"]


@given(st.text(max_size=80))
def test_any_name_makes_a_host_name_or_none(name: str) -> None:
    part = name_part(name)
    assert len(part) <= 40
    assert part == part.strip("-")
    assert all(char in "abcdefghijklmnopqrstuvwxyz0123456789-" for char in part)
    assert len(set(host_names(ONE, name, "play.localhost", set()))) == (2 if part else 1)


def test_names_are_taken_as_people_type_them() -> None:
    assert player_names(" Notch, jeb_;NOTCH\n .Bedrock1 ") == ["Notch", "jeb_", ".Bedrock1"]
    assert player_names(" , ") == []
    assert all(PLAYER.fullmatch(name) for name in ("Notch", "jeb_", ".Bedrock1"))
    assert not PLAYER.fullmatch("<b>")
