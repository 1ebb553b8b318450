"""A real router process: who gets in, who is woken, what everybody else sees."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.hosting.rules import minecraft
from app.hosting.rules.minecraft import Intent
from tests.hosting.router.door import (
    Board,
    Client,
    Door,
    Game,
    ask_status,
    kick_of,
    log_in,
    login_bytes,
    open_door,
    until,
)  # fmt: skip
from tests.services.processes import free_port

pytestmark = pytest.mark.slow

HOST = "world.play.localhost"


@pytest.fixture(scope="module")
def door(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    Board(redis_url).clear()
    settings = {"wakes_per_address": 1000, "hold_seconds": 2, "handshake_seconds": 1, "idle_seconds": 3}
    with open_door(redis_url, tmp_path_factory.mktemp("router"), **settings) as opened:
        yield opened


@pytest.fixture
def board(redis_url: str) -> Iterator[Board]:
    made = Board(redis_url)
    yield made
    made.redis.delete("kontor:wake")


@pytest.fixture
def game() -> Iterator[Game]:
    made = Game()
    yield made
    made.close()


def shown(door: Door, host: str, text: str) -> None:
    """Wait until the router knows what was published."""
    until(lambda: text in ask_status(door.port, host)[0]["description"]["text"])


@pytest.mark.parametrize("intent", [Intent.LOGIN, Intent.TRANSFER])
def test_bytes_arrive_as_they_were_sent(door: Door, board: Board, game: Game, intent: Intent) -> None:
    """Also when they come one by one, with the suffix of a mod loader, and more than one packet early."""
    board.publish("mods.play.localhost", state="running", port=game.port)
    sent = login_bytes("Mods.PLAY.localhost.\0FML3\0", intent=intent) + b"early"
    client = Client(door.port)
    for at in range(len(sent)):
        client.send(sent[at : at + 1])
    assert client.read(len(sent)) == sent
    assert bytes(game.heard[0]) == sent
    big = bytes(range(256)) * 20_000
    client.send(big[:1_000_000])
    assert client.read(1_000_000) == big[:1_000_000]
    client.close()


def test_half_of_a_conversation_may_end_first(door: Door, board: Board, game: Game) -> None:
    board.publish(HOST, state="running", port=game.port)
    until(lambda: _answers(door, game))
    client = log_in(door.port, HOST)
    client.sock.shutdown(1)
    assert client.rest() == login_bytes(HOST) + b"bye"


def _answers(door: Door, game: Game) -> bool:
    client = log_in(door.port, HOST)
    try:
        return client.read(5) == login_bytes(HOST)[:5] and bool(game.heard)
    except OSError:
        return False
    finally:
        client.close()


def test_a_reader_that_stops_makes_the_other_wait(door: Door, board: Board) -> None:
    """Nothing piles up in the router: the game server cannot send much more than the kernel's buffers hold."""
    game = Game(echo=False)
    board.publish("slow.play.localhost", state="running", port=game.port)
    client = log_in(door.port, "slow.play.localhost")
    until(lambda: game.links)
    before = _memory(door)
    game.links[0].setblocking(False)
    sent, quiet = 0, 0
    while quiet < 10 and sent < 200 << 20:
        try:
            sent += game.links[0].send(b"x" * 65536)
            quiet = 0
        except BlockingIOError:
            quiet += 1
            time.sleep(0.02)
    assert sent < 64 << 20
    assert _memory(door) - before < 8 << 20
    assert len(client.read(sent)) == sent
    client.close()
    game.close()


def _memory(door: Door) -> int:
    text = Path(f"/proc/{door.process.pid}/smaps_rollup").read_text()
    return int(text.split("Pss:")[1].split()[0]) * 1024


def test_the_game_server_learns_who_connects(door: Door, board: Board, game: Game) -> None:
    board.publish("proxy.play.localhost", state="running", port=game.port, proxy=True)
    client = log_in(door.port, "proxy.play.localhost")
    port = client.sock.getsockname()[1]
    client.read(28)
    head = bytes(game.heard[0][:28])
    assert head[:16] == b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c"
    assert head[16:28] == bytes([127, 0, 0, 1] * 2) + port.to_bytes(2, "big") + door.port.to_bytes(2, "big")
    assert bytes(game.heard[0][28:]) == login_bytes("proxy.play.localhost")
    client.close()


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("asleep", "Testwelt: schläft – beitreten weckt auf\nasleep – join to wake"),
        ("archived", "Testwelt: im Archiv – beitreten weckt auf\narchived – join to wake"),
        ("waking", "Testwelt: wird geweckt …\nwaking up …"),
        ("starting", "Testwelt: startet …\nstarting …"),
        ("restarting", "Testwelt: startet neu …\nrestarting …"),
        ("off", "Testwelt: aus – hier weckt beitreten nicht auf\noff – joining does not wake it"),
        ("running", "Testwelt: antwortet gerade nicht\nis not answering right now"),
    ],
)
def test_the_server_list_tells_what_is_the_matter(door: Door, board: Board, state: str, text: str) -> None:
    host = f"{state}.play.localhost"
    board.publish(host, state=state, port=free_port())
    shown(door, host, text)
    said, echoed = ask_status(door.port, host)
    assert echoed
    assert said["version"]["name"].endswith("1.21.4")
    assert said["version"]["protocol"] == 769, "clients that adapt themselves go by it"
    assert board.redis.llen("kontor:wake") == 0


def test_a_status_without_a_host_we_know(door: Door) -> None:
    said, _ = ask_status(door.port, "elsewhere.example.org")
    assert said["version"]["protocol"] == -1, "the client's own"
    assert "zu keinem Server" in said["description"]["text"]


@pytest.mark.parametrize("asked", [b"\xfe", b"\xfe\x01", b"\xfe\x01\xfa\x00\x0bMC|PingHost"])
def test_old_clients_get_an_answer(door: Door, asked: bytes) -> None:
    client = Client(door.port)
    client.send(asked)
    assert client.rest()[:1] == b"\xff"


def test_a_running_server_answers_its_own_pings(door: Door, board: Board, game: Game) -> None:
    board.publish("own.play.localhost", state="running", port=game.port)
    sent = minecraft.handshake("own.play.localhost", 25565, Intent.STATUS) + minecraft.frame(0, b"")
    client = Client(door.port)
    client.send(sent)
    assert client.read(len(sent)) == sent  # this game repeats what it hears
    client.close()


def test_joining_wakes_and_holds_until_the_server_runs(door: Door, board: Board, game: Game) -> None:
    server = board.publish("wake.play.localhost", state="asleep")
    shown(door, "wake.play.localhost", "schläft")
    clients = [log_in(door.port, "wake.play.localhost", name) for name in ("Alex", "Steve", "Mia")]
    wish = board.wish()
    assert wish is not None
    assert (wish["server"], wish["address"]) == (server, "127.0.0.1")
    assert wish["player"] in ("Alex", "Steve", "Mia")
    board.publish("wake.play.localhost", server=server, state="starting")
    time.sleep(0.3)
    assert game.heard == []
    board.publish("wake.play.localhost", server=server, state="running", port=game.port)
    began = time.monotonic()
    for client, name in zip(clients, ("Alex", "Steve", "Mia"), strict=True):
        sent = login_bytes("wake.play.localhost", name)
        assert client.read(len(sent)) == sent
        client.close()
    assert time.monotonic() - began < 1
    assert board.redis.llen("kontor:wake") == 0, "asked once, not once a player"


def test_a_server_that_takes_longer_is_told_with_its_time(door: Door, board: Board) -> None:
    board.publish("long.play.localhost", state="asleep", expected_seconds=42)
    shown(door, "long.play.localhost", "schläft")
    began = time.monotonic()
    text = kick_of(log_in(door.port, "long.play.localhost"))
    assert 1.8 < time.monotonic() - began < 4
    assert "in etwa 40 Sekunden" in text
    assert "in about 40 seconds" in text


@pytest.mark.parametrize(
    ("route", "text"),
    [
        ({"state": "off"}, "Der Server ist aus."),
        ({"state": "asleep", "wakes": False}, "Der Server ist aus."),
        ({"state": "asleep", "allow": ["Mia"]}, "dein Name steht nicht auf der Liste"),
        ({"state": "running", "port": 1}, "antwortet gerade nicht"),
    ],
)
def test_who_may_not_in_reads_why(door: Door, board: Board, route: dict[str, object], text: str) -> None:
    host = f"no{abs(hash(str(route)))}.play.localhost"
    board.publish(host, **route)
    shown(door, host, "Testwelt")
    assert text in kick_of(log_in(door.port, host))
    assert board.redis.llen("kontor:wake") == 0


def test_who_waits_for_a_restart_too_long_is_told_so(door: Door, board: Board) -> None:
    board.publish("again.play.localhost", state="restarting", expected_seconds=12)
    shown(door, "again.play.localhost", "startet neu")
    text = kick_of(log_in(door.port, "again.play.localhost"))
    assert "startet gerade neu" in text
    assert "in etwa 10 Sekunden" in text
    assert board.redis.llen("kontor:wake") == 0, "it comes by itself"


def test_a_game_that_goes_down_loses_nobody(door: Door, board: Board, game: Game) -> None:
    """It takes connections and closes them: the list says so at once, and who joins gets into the next one."""
    dying = Game(dies=True)
    server = board.publish("swap.play.localhost", state="running", port=dying.port)
    shown(door, "swap.play.localhost", "antwortet gerade nicht")
    client = log_in(door.port, "swap.play.localhost")
    until(lambda: len(dying.heard) >= 2)
    board.publish("swap.play.localhost", server=server, state="restarting")
    shown(door, "swap.play.localhost", "startet neu")
    board.publish("swap.play.localhost", server=server, state="running", port=game.port)
    sent = login_bytes("swap.play.localhost")
    assert client.read(len(sent)) == sent
    assert bytes(game.heard[0]) == sent, "all of it, once"
    client.close()
    dying.close()


def test_a_game_that_does_not_want_a_player_is_not_asked_for_ever(
    redis_url: str, tmp_path: Path, board: Board
) -> None:
    rude = Game(dies=True)
    board.publish("rude.play.localhost", state="running", port=rude.port)
    with open_door(redis_url, tmp_path) as door:
        assert "antwortet gerade nicht" in kick_of(log_in(door.port, "rude.play.localhost"), 20)
    assert len(rude.heard) == 5
    rude.close()


def test_a_game_that_says_nothing_does_not_make_the_port_look_dead(door: Door, board: Board) -> None:
    mute = Game(echo=False)
    board.publish("mute.play.localhost", state="running", port=mute.port)
    shown(door, "mute.play.localhost", "antwortet gerade nicht")
    client = log_in(door.port, "mute.play.localhost")
    until(lambda: len(mute.links) >= 2)
    time.sleep(2.5)
    mute.links[-1].sendall(b"late")
    assert client.read(4) == b"late", "a player is not sent away for a slow game"
    client.close()
    mute.close()


def test_unknown_hosts_are_sent_away_politely(door: Door) -> None:
    assert "zu keinem Server" in kick_of(log_in(door.port, "nobody.play.localhost"))


def test_names_on_the_list_wake_whatever_their_case(door: Door, board: Board) -> None:
    server = board.publish("list.play.localhost", state="archived", allow=["MIA"])
    shown(door, "list.play.localhost", "Archiv")
    client = log_in(door.port, "list.play.localhost", "mia")
    wish = board.wish()
    assert wish is not None
    assert wish["server"] == server
    client.close()


def test_a_server_is_asked_for_again_while_somebody_waits_and_nothing_happens(
    redis_url: str, tmp_path: Path, board: Board
) -> None:
    """Every five seconds, not more often: whoever takes the wishes may have died with the first."""
    board.publish("again.play.localhost", state="asleep")
    with open_door(redis_url, tmp_path, hold_seconds=7) as door:
        client = log_in(door.port, "again.play.localhost")
        began = time.monotonic()
        assert board.wish(8)
        assert board.wish(8)
        assert 4.5 < time.monotonic() - began < 7
        assert "wacht gerade auf" in kick_of(client)


def test_a_thousand_pings_and_garbage_wake_nothing(door: Door, board: Board) -> None:
    board.publish("scan.play.localhost", state="asleep")
    shown(door, "scan.play.localhost", "schläft")
    for _ in range(1000):
        client = Client(door.port)
        client.send(minecraft.handshake("scan.play.localhost", 1, Intent.STATUS) + minecraft.frame(0, b""))
        assert client.read(1)
        client.close()
    whole = login_bytes("scan.play.localhost")
    for cut in range(0, len(whole) - 1, 3):  # a login that is never finished
        client = Client(door.port)
        client.send(whole[:cut])
        client.close()
    for junk in (b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 50, b"\xff" * 50, whole.replace(b"Alex", b"A\nex")):
        client = Client(door.port)
        client.send(junk)
        assert client.ended()
        client.close()
    assert board.redis.llen("kontor:wake") == 0


def test_who_says_nothing_is_closed_after_the_time_set(door: Door, board: Board) -> None:
    board.publish("loris.play.localhost", state="asleep")
    quiet, drip, half = Client(door.port), Client(door.port), Client(door.port)
    began = time.monotonic()
    half.send(login_bytes("loris.play.localhost")[:-1])
    for byte in login_bytes("loris.play.localhost")[:8]:
        drip.send(bytes([byte]))
        time.sleep(0.05)
    assert all(client.ended() for client in (quiet, drip, half))
    assert 0.9 < time.monotonic() - began < 3


def test_a_silent_connection_ends(door: Door, board: Board, game: Game) -> None:
    board.publish("idle.play.localhost", state="running", port=game.port)
    client = log_in(door.port, "idle.play.localhost")
    client.read(len(login_bytes("idle.play.localhost")))
    began = time.monotonic()
    assert client.ended()
    assert 2.5 < time.monotonic() - began < 6


def test_a_route_that_cannot_be_read_leaves_the_one_before(door: Door, board: Board) -> None:
    board.publish("odd.play.localhost", state="asleep")
    shown(door, "odd.play.localhost", "schläft")
    board.redis.hset("kontor:routes", "odd.play.localhost", "{broken")
    board.publish("other.play.localhost", state="starting")
    shown(door, "other.play.localhost", "startet")
    shown(door, "odd.play.localhost", "schläft")
    board.redis.hdel("kontor:routes", "odd.play.localhost")
    board.publish("other.play.localhost", state="waking")
    shown(door, "odd.play.localhost", "keinem Server")


def test_the_log_names_no_player_and_no_address(door: Door, board: Board) -> None:
    board.publish("log.play.localhost", state="asleep")
    shown(door, "log.play.localhost", "schläft")
    client = log_in(door.port, "log.play.localhost")
    assert board.wish() is not None
    client.close()
    until(lambda: '"login"' in door.text())
    lines = [json.loads(line) for line in door.text().splitlines()]
    assert any(line["event"] == "login" for line in lines)
    assert any(line["event"] == "wake_asked" for line in lines)
    assert not any(word in door.text() for word in ("Alex", "Steve", "Mia", '"player"', '"address"'))
    assert "Traceback" not in door.text()
