"""Storms, restarts and a Redis that dies: players who are in go on playing, and others still get in."""

from __future__ import annotations

import os
import random
import signal
import socket
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from app.hosting.rules.minecraft import Garbage
from tests.hosting.router.door import Board, Client, Game, ask_status, kick_of, log_in, login_bytes, open_door
from tests.services.processes import free_port, wait_until
from tests.services.redis import RedisServer, running_redis

pytestmark = pytest.mark.slow
HOST = "storm.play.localhost"
PATIENT = {"connections_per_address": 2000, "idle_seconds": 60}


def plays(client: Client, word: bytes) -> bool:
    client.send(word)
    return client.read(len(word)) == word


def gets_in(port: int, host: str = HOST) -> Client:
    client = log_in(port, host)
    assert client.read(len(login_bytes(host))) == login_bytes(host)
    return client


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def test_a_slow_loris_and_a_garbage_storm_leave_it_healthy(redis_url: str, tmp_path: Path) -> None:
    """300 who drip bytes, 3,000 who send nonsense: others get in at once meanwhile, and nothing is left afterwards."""
    board, game = Board(redis_url), Game()
    board.publish(HOST, state="running", port=game.port)
    board.publish("asleep.play.localhost", state="asleep")
    chance = random.Random(3)
    with open_door(redis_url, tmp_path, handshake_seconds=2, **PATIENT) as door:
        player = gets_in(door.port)
        before = descriptors(door.process.pid)
        lorises = [Client(door.port) for _ in range(300)]
        stop = threading.Event()

        def drip() -> None:
            whole = login_bytes("asleep.play.localhost")
            for at in range(len(whole) - 1):
                for loris in lorises:
                    with suppress(OSError):
                        loris.send(whole[at : at + 1])
                if stop.wait(0.3):
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        slowest = 0.0
        for number in range(3000):
            client = Client(door.port)
            with suppress(OSError):
                client.send(chance.randbytes(chance.randrange(1, 3000)))
            client.close()
            if number % 300 == 0:
                began = time.monotonic()
                gets_in(door.port).close()
                assert plays(player, b"still here")
                slowest = max(slowest, time.monotonic() - began)
        assert slowest < 1.0
        wait_until(lambda: all(loris.ended(0.01) for loris in lorises), 10, what="the lorises to be dropped")
        stop.set()
        dripping.join()
        wait_until(lambda: descriptors(door.process.pid) <= before + 2, 10, what="no descriptor left")
        assert board.redis.llen("kontor:wake") == 0
        assert "Traceback" not in door.text()
        player.close()
    game.close()


def test_limits_of_connections(redis_url: str, tmp_path: Path) -> None:
    with open_door(redis_url, tmp_path, connections_per_address=5) as door:
        clients = [Client(door.port) for _ in range(5)]
        assert Client(door.port).ended(1)
        clients.pop().close()
        time.sleep(0.1)
        assert "keinem" in kick_of(log_in(door.port, "x"))
    with open_door(redis_url, tmp_path, connections=3) as door:
        clients = [Client(door.port) for _ in range(3)]
        assert Client(door.port).ended(1)


def test_one_port_serves_both_families(redis_url: str, tmp_path: Path) -> None:
    """And the game server is told the address as the player has it."""
    board, game = Board(redis_url), Game()
    board.publish(HOST, state="running", port=game.port, proxy=True)
    with open_door(redis_url, tmp_path, host="::") as door:
        log_in(door.port, HOST).read(28)
        with socket.create_connection(("::1", door.port)) as six:
            six.sendall(login_bytes(HOST))
            assert six.recv(100)
        assert [bytes(heard[12:14]) for heard in game.heard] == [b"\x21\x11", b"\x21\x21"]
    game.close()


def test_an_address_cannot_wake_without_end(redis_url: str, tmp_path: Path) -> None:
    board = Board(redis_url)
    board.redis.delete("kontor:wake")
    for number in range(4):
        board.publish(f"many{number}.play.localhost", state="asleep")
    with open_door(redis_url, tmp_path, wakes_per_address=3, hold_seconds=20) as door:
        waiting = [log_in(door.port, f"many{number}.play.localhost") for number in range(3)]
        for _ in waiting:
            assert board.wish()
        assert "Zu viele Versuche" in kick_of(log_in(door.port, "many3.play.localhost"))
        assert board.wish(1) is None


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGKILL])
def test_without_redis_players_play_on_and_others_get_in(tmp_path: Path, sig: int) -> None:
    with running_redis() as redis:
        board, game = Board(redis.url), Game()
        board.publish(HOST, state="running", port=game.port)
        board.publish("asleep.play.localhost", state="asleep")
        with open_door(redis.url, tmp_path, hold_seconds=3, **PATIENT) as door:
            player = gets_in(door.port)
            redis.stop(sig=sig)
            assert plays(player, b"one")
            gets_in(door.port).close()
            assert "schläft" in ask_status(door.port, "asleep.play.localhost")[0]["description"]["text"]
            assert "lässt sich gerade nicht wecken" in kick_of(log_in(door.port, "asleep.play.localhost"))
            redis.start()
            _back(board, redis, door.port)
            assert plays(player, b"two")
            assert door.text().count("routes_away") == 1
            assert "Traceback" not in door.text()
            player.close()
        game.close()


def _back(board: Board, redis: RedisServer, port: int) -> None:
    """News arrive again, and wishes as well."""
    board.publish("new.play.localhost", state="starting")
    wait_until(
        lambda: "startet" in ask_status(port, "new.play.localhost")[0]["description"]["text"], 15, what="news"
    )
    log_in(port, "asleep.play.localhost")
    assert board.wish()


def test_a_wish_is_made_as_soon_as_redis_is_back(tmp_path: Path) -> None:
    with running_redis() as redis:
        board = Board(redis.url)
        board.publish("asleep.play.localhost", state="asleep")
        with open_door(redis.url, tmp_path, hold_seconds=20) as door:
            redis.stop()
            player = log_in(door.port, "asleep.play.localhost")
            time.sleep(1.5)
            redis.start()
            assert board.wish(8)
            player.close()


def test_an_emptied_redis_does_not_close_the_door(tmp_path: Path) -> None:
    with running_redis() as redis:
        board, game = Board(redis.url), Game()
        board.publish(HOST, state="running", port=game.port)
        with open_door(redis.url, tmp_path, **PATIENT) as door:
            gets_in(door.port).close()
            board.redis.flushall()
            board.redis.publish("kontor:routes", "")
            time.sleep(0.3)
            gets_in(door.port).close()
        game.close()


def test_told_to_stop_it_takes_nobody_new_and_lets_players_play(redis_url: str, tmp_path: Path) -> None:
    board, game = Board(redis_url), Game()
    board.publish(HOST, state="running", port=game.port)
    with open_door(redis_url, tmp_path, drain_seconds=30, **PATIENT) as door:
        player = gets_in(door.port)
        door.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "router_draining" in door.text())
        with pytest.raises(OSError):
            Client(door.port)
        time.sleep(1)
        assert plays(player, b"still playing")
        player.close()
        assert door.process.wait(5) == 0
        assert '"cut_off": 0' in door.text()
    game.close()


def test_after_the_time_that_is_set_it_ends(redis_url: str, tmp_path: Path) -> None:
    board, game = Board(redis_url), Game()
    board.publish(HOST, state="running", port=game.port)
    with open_door(redis_url, tmp_path, drain_seconds=1, **PATIENT) as door:
        player = gets_in(door.port)
        door.process.send_signal(signal.SIGTERM)
        assert player.ended(5)
        assert door.process.wait(5) == 0
        assert '"cut_off": 1' in door.text()
    game.close()


def test_restarted_one_after_the_other_two_routers_leave_no_gap(redis_url: str, tmp_path: Path) -> None:
    """Four players a hundredth of a second knock all the time; each gets in, whichever router ends."""
    board, game = Board(redis_url), Game()
    board.publish(HOST, state="running", port=game.port)
    port = free_port()
    settings = {"port": port, "share_port": 1, "drain_seconds": 20, **PATIENT}
    failed: list[Exception] = []
    knocked = [0]
    stop = threading.Event()

    def knock() -> None:
        while not stop.wait(0.01):
            try:
                gets_in(port).close()
                knocked[0] += 1
            except (OSError, AssertionError, Garbage) as error:
                failed.append(error)

    with ExitStack() as doors:
        old = [doors.enter_context(open_door(redis_url, tmp_path, **settings)) for _ in range(2)]
        player = [gets_in(port) for _ in range(20)]
        threads = [threading.Thread(target=knock) for _ in range(4)]
        for thread in threads:
            thread.start()
        for each in old:
            doors.enter_context(open_door(redis_url, tmp_path, **settings))
            each.process.send_signal(signal.SIGTERM)
            time.sleep(1)
        stop.set()
        for thread in threads:
            thread.join()
        assert all("router_draining" in each.text() for each in old)
        assert all(plays(each, b"all the time") for each in player)
    assert knocked[0] > 100
    assert failed == []
    game.close()


def test_a_taken_port_is_told_and_taken_over_when_free(redis_url: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with open_door(redis_url, tmp_path, port=port) as door:
            assert "router_port_taken" in door.text()
            assert door.process.poll() is None
            taken.close()
            wait_until(lambda: "router_listening" in door.text(), 15)
            assert "keinem" in kick_of(log_in(port, "x"))
            assert door.text().count("router_port_taken") == 1
