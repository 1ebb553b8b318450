"""One connection from its first byte until it is joined to a game server, answered, or sent away."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from app.hosting.gateways.router import meters, texts
from app.hosting.gateways.router.dial import Gone, HungUp, reach
from app.hosting.gateways.router.ends import End, neighbourhood, side
from app.hosting.gateways.router.limits import Rate
from app.hosting.gateways.router.options import Options
from app.hosting.gateways.router.table import Table
from app.hosting.gateways.router.wake import Asked, Waker
from app.hosting.rules import minecraft
from app.hosting.rules.minecraft import Garbage, Handshake, Intent
from app.hosting.rules.protocols import protocol_of
from app.hosting.rules.route import Doing, Route

if TYPE_CHECKING:
    from app.hosting.gateways.router.router import Router

log = structlog.get_logger(__name__)
LEGACY_PAUSE = 0.3
"""Old clients send one or two bytes and wait; new ones send the rest of the packet at once."""
RETRY = 0.1
MOST_HANG_UPS = 5
"""So often a player is led to a game that hangs up without a word, a second apart: it is going down, or does not want them."""
STATUS_KINDS = (0, 1)


class Sent(Exception):
    """The player is to be sent away."""

    def __init__(self, reason: str, seconds: float = 0) -> None:
        super().__init__(reason)
        self.reason, self.seconds = reason, seconds


@dataclass(frozen=True, slots=True)
class Opening:
    """What the first packets said."""

    shake: Handshake
    player: str
    end: int
    """The place in the stream behind the handshake."""


@dataclass(slots=True)
class Tools:
    """What all sessions of a router share."""

    options: Options
    table: Table
    waker: Waker
    rate: Rate


class Session:
    """Reads, decides, and is over when the connection is joined or closed."""

    def __init__(self, router: Router, tools: Tools, end: End) -> None:
        self.router, self.tools, self.end = router, tools, end
        self.options = tools.options
        self.address = side(end.transport, "peername")
        self.place = neighbourhood(self.address[0])
        self.counted = False  # its wish to wake something, in the rate of its address

    # -- the first packets --

    async def serve(self) -> None:
        """The whole life of the session; never raises for what a stranger sends."""
        try:
            async with asyncio.timeout(self.options.handshake):
                opening = await self._opening()
        except (TimeoutError, Garbage, Gone) as error:
            reason = {TimeoutError: "slow", Garbage: "garbage"}.get(type(error), "gone")
            meters.REFUSED.labels(reason).inc()
            self.end.abort()
            return
        finally:
            self.router.known(self)
        if opening is None:
            return
        meters.OPENED.labels(opening.shake.intent.name.lower()).inc()
        try:
            if opening.shake.intent is Intent.STATUS:
                await self._status(opening)
            else:
                await self._join(opening)
        except Gone:
            self.end.abort()

    async def _more(self) -> None:
        if self.end.finished:
            raise Gone
        await self.end.more()

    async def _opening(self) -> Opening | None:
        """Handshake, and with a login also the player's name. None: an old client, answered already."""
        data = self.end.buffer
        while (old := minecraft.is_legacy(data)) is None:
            try:
                async with asyncio.timeout(LEGACY_PAUSE if data else None):
                    await self._more()
            except TimeoutError:
                old = True
                break
        if old:
            await self._legacy()
            return None
        largest = self.options.frame_bytes
        while (first := minecraft.read_frame(data, 0, largest)) is None:
            await self._more()
        shake = minecraft.read_handshake(first)
        if shake.intent is Intent.STATUS:
            return Opening(shake, "", first.end)
        while (second := minecraft.read_frame(data, first.end, largest)) is None:
            await self._more()
        return Opening(shake, minecraft.read_name(second), first.end)

    async def _legacy(self) -> None:
        """Clients before 1.7 say where they want to go too late or not at all: they get the name of what they see."""
        meters.OPENED.labels("legacy").inc()
        text = texts.NOWHERE.speak(self.options.language)
        await self.end.close(minecraft.legacy_status(bytes(self.end.buffer[:3]), text, "1.7+"))

    # -- the server list --

    async def _status(self, opening: Opening) -> None:
        """Servers that run answer themselves, for the others the router does. Nothing is woken.

        Also for one that says nothing: the port never looks dead.
        """
        route = self.tools.table.find(opening.shake.host)
        if route is not None and route.doing is Doing.RUNNING:
            with suppress(HungUp):
                if await self._reach(route, "status"):
                    return
            route = self.tools.table.find(opening.shake.host)
        language = self.options.language
        text, version = texts.status_text(route, language), texts.status_version(route, language)
        protocol = (
            opening.shake.protocol if route is None else protocol_of(route.version, opening.shake.protocol)
        )
        data, largest, at = self.end.buffer, self.options.frame_bytes, opening.end
        try:
            async with asyncio.timeout(self.options.handshake):
                while True:
                    while (asked := minecraft.read_frame(data, at, largest, STATUS_KINDS)) is None:
                        await self._more()
                    if asked.kind == 1:
                        await self.end.close(bytes(data[at : asked.end]))
                        return
                    if at != opening.end:
                        raise Garbage("asked twice")
                    self.end.transport.write(minecraft.status(text, version, protocol))
                    at = asked.end
        except (TimeoutError, Garbage):
            self.end.abort()

    # -- coming in --

    async def _join(self, opening: Opening) -> None:
        began = time.monotonic()
        self.router.held.add(self)
        server, outcome = "", "joined"
        try:
            route = await self._awaited(opening, began + self.options.hold)
            server = route.server
        except Sent as sent:
            outcome = sent.reason
            known = self.tools.table.find(opening.shake.host)
            server = known.server if known else ""
            meters.KICKS.labels(sent.reason).inc()
            text = texts.kick_text(sent.reason, self.options.language, sent.seconds)
            await self.end.close(minecraft.disconnect(text))
        except Gone:
            outcome = "gone"
            raise
        finally:
            self.router.held.discard(self)
            held = time.monotonic() - began
            meters.HELD.observe(held)
            log.info("login", server=server or None, outcome=outcome, held_seconds=round(held, 3))

    async def _awaited(self, opening: Opening, until: float) -> Route:
        """The route once the player is joined to its server. Raises Sent or Gone."""
        table = self.tools.table
        expected, hung_up = 0.0, 0
        while True:
            if self.end.finished:
                raise Gone
            route = table.find(opening.shake.host)
            if route is None:
                await self._unknown(until)
                continue
            if route.doing is Doing.OFF:
                raise Sent("off")
            pause = self.options.wake_pause
            if route.doing is Doing.RUNNING:
                try:
                    if await self._reach(route, "play"):
                        return route
                    pause = RETRY
                except HungUp:
                    hung_up += 1
            asked = await self._wake(route, opening.player) if route.doing.sleeps else None
            expected = max(expected, route.expected_seconds)
            left = until - time.monotonic()
            if left <= 0 or self.router.crowded or hung_up >= MOST_HANG_UPS:
                raise self._too_late(route, asked, expected)
            await self._rest(min(left, pause, 1.0))

    async def _unknown(self, until: float) -> None:
        """Nobody has this address, which is certain once the routes have been read. Raises Sent."""
        if self.tools.table.read_at is not None:
            raise Sent("unknown")
        if time.monotonic() >= until:
            raise Sent("silent")
        await self._rest(min(1.0, max(0.01, until - time.monotonic())))

    def _too_late(self, route: Route, asked: Asked | None, expected: float) -> Sent:
        if route.doing is Doing.RUNNING:
            return Sent("silent")
        if asked is Asked.AWAY:
            return Sent("away")
        if route.doing is Doing.RESTARTING:
            return Sent("again", expected - self.options.hold)
        return Sent("later", expected - self.options.hold)

    async def _wake(self, route: Route, player: str) -> Asked:
        """Ask for a sleeping server. Raises Sent when this player may not, or nobody may, or too often."""
        if not route.wakes:
            raise Sent("off")
        if not route.admits(player):
            raise Sent("not_allowed")
        if not self.counted and not self.tools.rate.take(self.place):
            meters.WAKES.labels(Asked.TOO_MANY.value).inc()
            raise Sent("too_many")
        first, self.counted = not self.counted, True
        asked = await self.tools.waker.ask(route.server, player, self.address[0])
        if first or asked is Asked.ASKED:
            meters.WAKES.labels(asked.value).inc()
        if asked is Asked.ASKED:
            log.info("wake_asked", server=route.server, state=route.doing.value)
        if asked is Asked.TOO_MANY and first:
            raise Sent("too_many")
        return asked

    async def _rest(self, seconds: float) -> None:
        """Wait until routes change or the player goes, at most so long."""
        change = asyncio.ensure_future(self.tools.table.wait(seconds))
        leaving = asyncio.ensure_future(self.end.more())
        try:
            await asyncio.wait((change, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            change.cancel()
            leaving.cancel()

    async def _reach(self, route: Route, kind: str) -> bool:
        """Join player and game server. False when it cannot be reached, or a ping gets no answer. Raises Gone, HungUp."""
        link = await reach(self.end, self.address, route, kind, self.options)
        if link is not None:
            self.router.join(link)
        return link is not None
