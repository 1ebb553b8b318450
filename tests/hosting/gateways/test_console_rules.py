"""What consoles say, in the words of the games."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hosting.rules.console import (
    Happening,
    Kind,
    PlayerList,
    clean,
    happening,
    level,
    message,
    read_players,
    read_tps,
)
from app.hosting.rules.template import Patterns, Tps

VANILLA = "[12:00:01] [Server thread/INFO]: "
PAPER = "[12:00:01 INFO]: "
FORGE = "[21Nov2026 12:00:01.123] [Server thread/INFO] [minecraft/MinecraftServer]: "


@pytest.mark.parametrize("prefix", [VANILLA, PAPER, FORGE, "", "> " + VANILLA])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Done (5.123s)! For help, type "help"', Happening(Kind.READY, seconds=5.123)),
        ('Done (5,123s)! For help, type "help"', Happening(Kind.READY, seconds=5.123)),
        ("Alex joined the game", Happening(Kind.JOIN, "Alex")),
        (".Bedrock_Alex left the game", Happening(Kind.LEAVE, ".Bedrock_Alex")),
        (
            "Can't keep up! Is the server overloaded? Running 2051ms or 41 ticks behind",
            Happening(Kind.LAG, seconds=2.051),
        ),
        ("A single server tick took 60.00 seconds (should be max 0.05)", Happening(Kind.LAG, seconds=60.0)),
        ("---- Minecraft Crash Report ----", Happening(Kind.CRASH)),
        ("Saved the game", Happening(Kind.SAVED)),
        ("Preparing spawn area: 42%", None),
    ],
)
def test_events_are_read_from_lines_of_every_server_kind(
    prefix: str, text: str, expected: Happening | None
) -> None:
    assert happening(Patterns(), prefix + text) == expected


@pytest.mark.parametrize(
    "line",
    [
        "<Eve> Alex joined the game",
        "[Not Secure] <Eve> Alex left the game",
        "<Eve> [12:00:01] [Server thread/INFO]: Alex joined the game",
        "* Eve Alex left the game",
        "[Server] Alex joined the game",
        "Eve issued server command: /say Done (1.0s)! For help",
        "<Eve> ---- Done (1s)!",
    ],
)
def test_players_cannot_talk_events_into_being(line: str) -> None:
    found = happening(Patterns(), VANILLA + line)
    assert found is None


def test_levels_and_messages() -> None:
    assert level("[12:00:01] [Server thread/WARN]: x") == "warn"
    assert level("[12:00:01 ERROR]: x") == "error"
    assert level("[12:00:01] [main/FATAL]: x") == "error"
    assert level("free text with ERROR in it") == "info"
    assert message(FORGE + "hello: you") == "hello: you"
    assert message("no prefix [a]: b") == "no prefix [a]: b"


@given(st.text(max_size=300))
def test_a_cleaned_line_has_no_control_characters_and_stays_clean(text: str) -> None:
    cleaned = clean(text)
    assert not any(ord(char) < 0x20 and char not in "\t\n" for char in cleaned)
    assert "\x1b" not in cleaned
    assert "\u202e" not in cleaned


@given(st.text(max_size=3000))
def test_no_line_breaks_the_reader(text: str) -> None:
    happening(Patterns(), text)
    read_players(text)
    for reader in ("paper", "forge", "tick-query"):
        found = read_tps(Tps(reader=reader, command="x"), text, None)  # type: ignore[arg-type]
        assert found is None or 0 <= found <= 1000


def test_a_hostile_line_is_read_in_no_time() -> None:
    began = time.perf_counter()
    for line in ("[" * 5000, "a" * 100_000, "\x1b[" * 5000, VANILLA * 300, "Can't keep up!" * 500):
        happening(Patterns(), line)
    assert time.perf_counter() - began < 0.5


PAPER_TPS = "§6TPS from last 1m, 5m, 15m: §a19.8, §a20.0, §a*20.0"
TICK_QUERY = (
    "The game is running normally\nTarget tick rate: 20.0 per second.\n"
    "Average time per tick: {}ms (Target: 50.0ms)\nPercentiles: P50: 1.1ms P95: 2.0ms P99: 3.0ms, sample: 100"
)


@pytest.mark.parametrize(
    ("reader", "reply", "expected"),
    [
        ("paper", PAPER_TPS, 19.8),
        ("paper", "§6TPS from last 5s, 1m, 5m, 15m: §a*20.0, §a20.0, §a20.0, §a20.0", 20.0),
        ("paper", "TPS from last 1m, 5m, 15m: 17,5, 18,0, 19,0", 17.5),
        ("paper", "Unknown command", None),
        ("tick-query", TICK_QUERY.format("1.2"), 20.0),
        ("tick-query", TICK_QUERY.format("100.0"), 10.0),
        ("tick-query", TICK_QUERY.format("0.0"), 20.0),
        ("tick-query", "Unknown or incomplete command", None),
        (
            "forge",
            "Dim 0: Mean tick time: 1 ms. Mean TPS: 12.0\nOverall: Mean tick time: 0.354 ms. Mean TPS: 20.000",
            20.0,
        ),
        ("forge", "Overall: 19.500 TPS (51.2 ms/tick)", 19.5),
        ("forge", "", None),
    ],
)
def test_ticks_per_second(reader: str, reply: str, expected: float | None) -> None:
    assert read_tps(Tps(reader=reader, command="x"), reply, players=1) == expected  # type: ignore[arg-type]


def test_a_game_that_gives_no_figure_has_none_and_not_zero() -> None:
    assert read_tps(Tps(), PAPER_TPS, players=3) is None
    pausing = Tps(reader="tick-query", command="tick query", pauses_when_empty=True)
    assert read_tps(pausing, TICK_QUERY.format("1.0"), players=0) is None
    assert read_tps(pausing, TICK_QUERY.format("1.0"), players=1) == 20.0
    assert read_tps(pausing, TICK_QUERY.format("1.0"), players=None) == 20.0


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("There are 2 of a max of 20 players online: a, b", PlayerList(2, 20, ("a", "b"))),
        ("There are 0 of a max of 20 players online: ", PlayerList(0, 20, ())),
        ("There are 2/20 players online:\na, b", PlayerList(2, 20, ("a", "b"))),
        ("There are 1 of a max 20 players online: a", PlayerList(1, 20, ("a",))),
        ("nobody", None),
    ],
)
def test_the_reply_to_list(reply: str, expected: PlayerList | None) -> None:
    assert read_players(reply) == expected
