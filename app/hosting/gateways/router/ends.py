"""One end of a connection, and two of them joined.

Until it is decided where a player goes, bytes are kept as they came. Joined, each end writes what it reads to the other
at once; an end that cannot write fast enough makes the other stop reading, so that no buffer grows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from ipaddress import IPv6Address
from typing import cast

from app.hosting.rules.proxy_header import Side, plain

KEEP = 16 * 1024
"""Bytes kept of somebody who is not joined yet; then reading stops."""


class End(asyncio.Protocol):
    """One side: a player's, or a game server's."""

    __slots__ = (
        "buffer",
        "changed",
        "count",
        "finished",
        "full",
        "lost",
        "on_lost",
        "on_open",
        "peer",
        "transport",
    )

    def __init__(
        self, on_open: Callable[[End], None] | None = None, on_lost: Callable[[End], None] | None = None
    ) -> None:
        self.on_open, self.on_lost = on_open, on_lost
        self.transport: asyncio.Transport = None  # type: ignore[assignment] # connection_made sets it
        self.peer: End | None = None
        self.buffer = bytearray()
        self.changed = asyncio.Event()
        self.count = 0
        self.finished = False
        """It will send nothing more."""
        self.lost = False
        self.full = False
        """It takes no more for now: nobody reads for it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if self.on_open is not None:
            self.on_open(self)

    def data_received(self, data: bytes) -> None:
        self.count += len(data)
        if self.peer is not None:
            self.peer.transport.write(data)
            return
        self.buffer += data
        if len(self.buffer) > KEEP:
            self.transport.pause_reading()
        self.changed.set()

    def eof_received(self) -> bool:
        self.finished = True
        self.changed.set()
        if self.peer is not None and not self.peer.lost:
            _finish(self.peer)
            if self.peer.finished:  # both have said all
                self.peer.transport.close()
                self.transport.close()
        return True  # the other side may still have something to say

    def connection_lost(self, _error: Exception | None) -> None:
        self.finished = self.lost = True
        self.changed.set()
        if self.peer is not None:
            self.peer.transport.close()  # what is on its way to it is still sent
        if self.on_lost is not None:
            self.on_lost(self)

    def pause_writing(self) -> None:
        self.full = True
        if self.peer is not None and not self.peer.lost:
            self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        self.full = False
        if self.peer is not None and not self.peer.lost:
            self.peer.transport.resume_reading()

    async def more(self) -> None:
        """Wait until something came or it ended."""
        await self.changed.wait()
        self.changed.clear()

    async def close(self, last: bytes = b"", seconds: float = 1.0) -> None:
        """Say something and hang up so that it is read: closing with unread bytes would take the text back."""
        if self.lost:
            return
        self.transport.write(last)
        _finish(self)
        try:
            async with asyncio.timeout(seconds):
                while not self.finished:
                    self.buffer.clear()
                    self.transport.resume_reading()
                    await self.more()
        except TimeoutError:
            pass
        self.transport.close()

    def abort(self) -> None:
        """Hang up at once."""
        if not self.lost and self.transport is not None:
            self.transport.abort()


def _finish(end: End) -> None:
    if not end.lost and not end.transport.is_closing() and end.transport.can_write_eof():
        end.transport.write_eof()


def side(transport: asyncio.BaseTransport, which: str) -> Side:
    """Address and port of `peername` or `sockname`; what has none (it has gone) is empty."""
    found = transport.get_extra_info(which)
    return (str(found[0]), int(found[1])) if found else ("", 0)


def neighbourhood(address: str) -> str:
    """What counts as one address: IPv6 gives everybody a whole /64."""
    try:
        found = plain(address)
    except ValueError:
        return address
    return str(found) if not isinstance(found, IPv6Address) else found.packed[:8].hex()


class Link:
    """Two joined ends: `player` and `game`, which was told the first `told` bytes of the player's already."""

    __slots__ = ("counted", "game", "kind", "player", "quiet")

    def __init__(self, player: End, game: End, kind: str, told: int = 0) -> None:
        self.player, self.game, self.kind = player, game, kind
        self.quiet = 0.0
        """Seconds nothing came from either side."""
        self.counted = (0, 0)
        # Joined and reading before the first byte is written: an end that takes no more stops the other from then on.
        player.peer, game.peer = game, player
        for end, other in ((player, game), (game, player)):
            if not (end.lost or end.finished or other.full):
                end.transport.resume_reading()
        for end, other, at in ((player, game, told), (game, player, 0)):
            if len(end.buffer) > at:
                other.transport.write(bytes(end.buffer[at:]))
            end.buffer.clear()
            if end.lost:
                other.transport.close()
            elif end.finished:
                _finish(other)

    @property
    def over(self) -> bool:
        """Whether both have hung up."""
        return self.player.lost and self.game.lost

    def moved(self) -> tuple[int, int]:
        """Bytes from the player and from the game since the last time."""
        before, self.counted = self.counted, (self.player.count, self.game.count)
        return self.counted[0] - before[0], self.counted[1] - before[1]

    def abort(self) -> None:
        """Hang up on both."""
        self.player.abort()
        self.game.abort()
