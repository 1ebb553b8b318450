"""Parts of the router in one process: joined ends, asking for a server, and what nobody foresaw."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from redis.exceptions import ConnectionError as RedisGone

import jobs.router
from app.hosting.gateways.router import router as door
from app.hosting.gateways.router import table
from app.hosting.gateways.router.ends import End, Link
from app.hosting.gateways.router.options import Options
from app.hosting.gateways.router.router import Router
from app.hosting.gateways.router.table import Feed, Table
from app.hosting.gateways.router.wake import Asked, Waker
from jobs.router import open_door

T = TypeVar("T")


def run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    with ThreadPoolExecutor(1) as alone:  # a browser of other tests may keep a loop in this thread
        return alone.submit(lambda: asyncio.run(work())).result(timeout=30)


class Away:
    """Redis, for so many questions away."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.asked = 0

    async def eval(self, *_: object) -> int:
        if self.left:
            self.left -= 1
            raise RedisGone
        self.asked += 1
        return 1


def test_what_was_asked_while_redis_was_away_does_not_count() -> None:
    """Players who wait ask every second. When Redis is back the first of them is heard at once."""

    async def wait() -> list[Asked]:
        redis = Away(60)
        waker = Waker(redis, 5.0, 20)  # type: ignore[arg-type]
        answers = [await waker.ask("world", "Alex", "::1") for _ in range(62)]
        assert redis.asked == 1
        return answers

    answers = run(wait)
    assert answers == [Asked.AWAY] * 60 + [Asked.ASKED, Asked.BEFORE]


def test_a_server_is_not_asked_for_more_often_than_allowed() -> None:
    async def hammer() -> list[Asked]:
        waker = Waker(Away(0), 0.0, 3)  # type: ignore[arg-type]
        return [await waker.ask("world", "Alex", "::1") for _ in range(5)]

    assert run(hammer) == [Asked.ASKED] * 3 + [Asked.TOO_MANY] * 2


@pytest.mark.slow
@pytest.mark.parametrize("told", [False, True])
def test_an_end_that_takes_nothing_stops_the_other_from_the_first_byte_on(told: bool) -> None:
    """What came before they were joined may already be more than it takes."""

    async def join() -> int:
        loop = asyncio.get_running_loop()
        sockets = [*socket.socketpair(), *socket.socketpair()]
        client, player_side, game_side, _game = sockets
        for one in sockets:
            one.setblocking(False)
        game_side.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        _, player = await loop.create_connection(End, sock=player_side)
        _, game = await loop.create_connection(End, sock=game_side)
        await loop.sock_sendall(client, bytes(200_000))
        await player.more()
        if told:
            game.transport.write(bytes(player.buffer))
        link = Link(player, game, "play", len(player.buffer) if told else 0)
        sent = 0
        for _ in range(300):
            try:
                sent += client.send(bytes(65536))
            except BlockingIOError:
                await asyncio.sleep(0.005)
        kept = game.transport.get_write_buffer_size()
        link.abort()
        for one in (client, _game):
            one.close()
        return kept

    assert run(join) < 1 << 20


def test_an_address_that_comes_late_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.router, "TRY_AGAIN", 0.01)

    class Router:
        options = Options(redis="")
        port = 25565
        tries = 0

        async def start(self) -> None:
            self.tries += 1
            if self.tries < 3:
                raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")

    router = Router()
    run(lambda: asyncio.wait_for(open_door(router), 5))  # type: ignore[arg-type]
    assert router.tries == 3


@pytest.mark.parametrize("turns", range(5))
def test_when_it_ends_it_keeps_all_the_kernel_has_let_in(turns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """`turns`: how far the loop has come with them."""
    monkeypatch.setattr(door, "FIRST", 0.01)

    async def end() -> int:
        router = Router(Options(redis="redis://127.0.0.1:9", port=0))
        await router.start()
        players = [socket.create_connection(("127.0.0.1", router.port)) for _ in range(5)]
        for _ in range(turns):
            await asyncio.sleep(0)
        kept = await router.drain(0.2)
        for player in players:
            player.close()
        return kept

    assert run(end) == 5


def test_what_nobody_foresaw_does_not_end_the_reading_of_routes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "PAUSES", (0.01,))

    async def follow() -> None:
        tries = asyncio.Queue[bool]()

        class Odd:
            def pubsub(self) -> Any:
                tries.put_nowait(True)
                raise ValueError("an answer that is none")

        feed = asyncio.ensure_future(Feed(Odd(), Table(), 30).run())  # type: ignore[arg-type]
        for _ in range(3):
            await asyncio.wait_for(tries.get(), 10)
        feed.cancel()

    run(follow)
