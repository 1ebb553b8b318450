"""The listening port, everybody behind it, and the end of it all."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import time
from collections.abc import Coroutine
from contextlib import suppress

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from app.hosting.gateways.router import meters
from app.hosting.gateways.router.ends import End, Link, neighbourhood, side
from app.hosting.gateways.router.limits import Places, Rate
from app.hosting.gateways.router.options import Options
from app.hosting.gateways.router.session import Session, Tools
from app.hosting.gateways.router.table import Feed, Table
from app.hosting.gateways.router.wake import Waker

log = structlog.get_logger(__name__)
BACKLOG = 1024
SWEEP = 2.0
FIRST = 2.0
"""How long the first look at the routes is waited for before the port is opened."""
STATUS_IDLE = 10.0
"""A status ping that is passed on needs no longer than this."""
CLOSING = 10.0
"""How long what is on its way to somebody who has stopped reading is kept."""

TURNS = 3
"""Of the loop, from taking a connection until it is known. A server that is closed in between loses it, and nobody is told."""


class PortTaken(OSError):
    """Somebody else listens on the port."""


class Router:
    """One process's door. `start`, then `drain`."""

    def __init__(self, options: Options) -> None:
        self.options = options
        redis = Redis.from_url(
            options.redis, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
        )
        self.redis = redis
        self.table = Table()
        self.feed = Feed(redis, self.table, options.reload)
        waker = Waker(redis, options.wake_pause, options.wakes_per_server)
        self.tools = Tools(options, self.table, waker, Rate(options.wakes_per_address))
        self.places = Places(options.connections, options.connections_per_address)
        self.opening: dict[Session, asyncio.Task[None]] = {}
        """Sessions whose first packets are being read, the oldest first."""
        self.held: set[Session] = set()
        self.links: set[Link] = set()
        self.ends: dict[End, str] = {}
        """Everybody who is connected, with the address they count for."""
        self._left = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening: socket.socket | None = None
        self._server: asyncio.Server | None = None

    # -- beginning --

    @property
    def listening(self) -> bool:
        """Whether it takes connections."""
        return self._server is not None

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._listening is not None
        return int(self._listening.getsockname()[1])

    async def start(self) -> None:
        """Read the routes and listen. Raises PortTaken; can then be called again."""
        if not self._tasks:
            self._run(self.feed.run())
            self._run(self._sweep())
            await self.table.wait(FIRST)
        listening = bind(self.options)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._made, sock=listening, backlog=BACKLOG)
        self._listening = listening.dup()

    def _run(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("router_task_failed", exc_info=error)

    def _made(self) -> End:
        return End(self._opened, self._lost)

    def _opened(self, end: End) -> None:
        place = neighbourhood(side(end.transport, "peername")[0])
        refused = self.places.take(place)
        if refused:
            meters.REFUSED.labels(refused).inc()
            end.abort()
            return
        self.ends[end] = place
        session = Session(self, self.tools, end)
        task = self._run(self._guarded(session))
        self.opening[session] = task
        if len(self.opening) > max(16, self.options.connections // 4):
            self._drop_oldest()

    async def _guarded(self, session: Session) -> None:
        try:
            await session.serve()
        except BaseException:
            session.end.abort()
            raise
        finally:
            self.known(session)

    def _drop_oldest(self) -> None:
        """Real clients have said what they want long ago."""
        session, task = next(iter(self.opening.items()))
        meters.REFUSED.labels("crowded").inc()
        task.cancel()
        self.known(session)

    def _lost(self, end: End) -> None:
        place = self.ends.pop(end, None)
        if place is not None:
            self.places.leave(place)
            self._left.set()

    @property
    def crowded(self) -> bool:
        """Whether more are held than leave room for those who can play at once."""
        return len(self.held) > max(16, self.options.connections // 2)

    def known(self, session: Session) -> None:
        """The first packets of a session have been read."""
        self.opening.pop(session, None)

    def join(self, link: Link) -> None:
        """A player and a game have been joined."""
        self.links.add(link)

    # -- while it runs --

    async def _sweep(self) -> None:
        """Count what moved, end what has been silent for too long."""
        before = time.monotonic()
        while True:
            await asyncio.sleep(min(SWEEP, self.options.idle / 4))
            now = time.monotonic()
            self.sweep(now - before)
            before = now

    def sweep(self, passed: float) -> None:
        """One look at all links, `passed` seconds after the last."""
        for link in list(self.links):
            up, down = link.moved()
            if up or down:
                meters.BYTES.labels("player").inc(up)
                meters.BYTES.labels("game").inc(down)
            if link.over:
                self.links.discard(link)
                continue
            link.quiet = 0.0 if up or down else link.quiet + passed
            ending = link.player.finished or link.game.finished
            allowed = CLOSING if ending else STATUS_IDLE if link.kind == "status" else self.options.idle
            if link.quiet > allowed:
                meters.REFUSED.labels("idle").inc()
                link.abort()
        meters.CONNECTIONS.labels("handshake").set(len(self.opening))
        meters.CONNECTIONS.labels("held").set(len(self.held))
        meters.CONNECTIONS.labels("joined").set(len(self.links))
        if self.table.read_at is not None:
            meters.AGE.set(time.monotonic() - self.table.read_at)

    # -- the end --

    async def drain(self, seconds: float | None = None) -> int:
        """Take nobody new, let those who are here go on for a while; returns how many were cut off."""
        await self._stop_listening()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.options.drain if seconds is None else seconds):
                while self.ends:
                    self._left.clear()
                    await self._left.wait()
        cut = len(self.ends)
        self.sweep(0)
        for end in list(self.ends):
            end.abort()
        for link in self.links:
            link.abort()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.redis.aclose()
        return cut

    async def _stop_listening(self) -> None:
        """Those the kernel has already let in are taken over first: closing the port would throw them out."""
        if self._server is None or self._listening is None:
            return
        loop = asyncio.get_running_loop()
        for each in self._server.sockets:
            loop.remove_reader(each)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        self._server.close()
        self._listening.setblocking(False)
        with suppress(OSError):
            while True:
                waiting, _ = self._listening.accept()
                waiting.setblocking(False)
                await loop.connect_accepted_socket(self._made, waiting)
        self._listening.close()
        self._server = None


def bind(options: Options) -> socket.socket:
    """The socket to listen on; raises PortTaken. `::` serves IPv4 as well."""
    family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if options.share_port:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listening.bind((options.address, options.port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(error.errno, os.strerror(error.errno)) from error
        raise
    listening.setblocking(False)
    return listening
