"""Leading a player to a game server. It counts with the game's first word: until then the player can be led elsewhere."""

from __future__ import annotations

import asyncio
import time

from app.hosting.gateways.router.ends import End, Link, side
from app.hosting.gateways.router.options import Options
from app.hosting.rules.proxy_header import Side, proxy_header
from app.hosting.rules.route import Route


class Gone(Exception):
    """The player hung up."""


class HungUp(Exception):
    """The game server took the connection and closed it without a word: it is going down."""


async def reach(player: End, address: Side, route: Route, kind: str, options: Options) -> Link | None:
    """Connect to the game server, hand over what the player said so far, and join both.

    None when it cannot be reached, or a ping (`kind` status) gets no answer. Raises Gone and HungUp; what the player said
    is still there then.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(options.dial):
            _, game = await loop.create_connection(End, route.host, route.port)
    except (OSError, TimeoutError):
        return None
    try:
        if player.lost:
            raise Gone
        wanted = options.proxy_protocol if route.proxy is None else route.proxy
        header = proxy_header(address, side(player.transport, "sockname")) if wanted else b""
        told = len(player.buffer)
        game.transport.write(header + bytes(player.buffer))
        patience = options.answer if kind == "status" else options.dial
        if not await _first_word(game, player, patience) and kind == "status":
            game.abort()
            return None
    except BaseException:
        game.abort()
        raise
    return Link(player, game, kind, told)


async def _first_word(game: End, player: End, seconds: float) -> bool:
    """Whether the game says something in time. Raises Gone, HungUp."""
    until = time.monotonic() + seconds
    while not game.buffer:
        if player.lost:
            raise Gone
        if game.finished:
            raise HungUp
        left = until - time.monotonic()
        if left <= 0:
            return False
        await _either(game, player, left)
    return True


async def _either(one: End, other: End, seconds: float) -> None:
    """Wait until something came to one of two ends, at most so long."""
    waiting = {asyncio.ensure_future(end.more()) for end in (one, other)}
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
