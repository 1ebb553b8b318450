"""The router's copy of all routes, and how it is kept true."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import cast

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from app.hosting.gateways.router import meters
from app.hosting.rules.route import CHANGED, ROUTES, VERSION, Route, read_route

log = structlog.get_logger(__name__)
GATHER = 0.02
"""Changes that come this close together are read once."""
PART = 100
"""Routes that are read at once."""
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)


class Table:
    """Host names to routes. Only what changed is parsed again."""

    def __init__(self) -> None:
        self._raw: dict[bytes, bytes] = {}
        self._routes: dict[str, Route] = {}
        self._changed = asyncio.Event()
        self.read_at: float | None = None

    def __len__(self) -> int:
        return len(self._routes)

    def find(self, host: str) -> Route | None:
        """Where a host name leads."""
        return self._routes.get(host)

    def take(self, raw: Mapping[bytes, bytes]) -> None:
        """Replace everything by what Redis says. A route that cannot be read leaves the one before in force."""
        routes: dict[str, Route] = {}
        for field, value in raw.items():
            host = field.decode(errors="replace").lower()
            if self._raw.get(field) == value and host in self._routes:
                routes[host] = self._routes[host]
                continue
            try:
                routes[host] = read_route(value)
            except (ValueError, TypeError) as error:
                log.warning("route_unreadable", reason=str(error)[:100])
                if host in self._routes:
                    routes[host] = self._routes[host]
        self._raw, self._routes = dict(raw), routes
        self.read_at = time.monotonic()
        meters.ROUTES.set(len(routes))
        before, self._changed = self._changed, asyncio.Event()
        before.set()

    async def wait(self, seconds: float) -> None:
        """Wait for the next change, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            pass


class Feed:
    """Reads the routes at the start, whenever a change is told, and every now and then; Redis may come and go."""

    def __init__(self, redis: Redis, table: Table, every: float) -> None:
        self.redis, self.table, self.every = redis, table, every

    async def run(self) -> None:
        """For ever."""
        failures = 0
        while True:
            try:
                async with self.redis.pubsub() as changes:
                    await changes.subscribe(CHANGED)
                    await self.read()
                    if failures:
                        log.info("routes_back", routes=len(self.table))
                    failures = 0
                    await self._follow(changes)
            except (
                Exception
            ) as error:  # whatever it is: a router that stops reading leads players to old addresses for ever
                if not failures:
                    known = isinstance(error, (RedisError, OSError, TimeoutError))
                    log.warning(
                        "routes_away", error=type(error).__name__, routes=len(self.table), exc_info=not known
                    )
                await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
                failures += 1

    async def _follow(self, changes: PubSub) -> None:
        due = time.monotonic() + self.every
        while True:
            left = max(0.01, due - time.monotonic())
            if await changes.get_message(ignore_subscribe_messages=True, timeout=left) is not None:
                await asyncio.sleep(GATHER)
                while await changes.get_message(ignore_subscribe_messages=True, timeout=0) is not None:
                    pass
            elif time.monotonic() < due:
                continue
            await self.read()
            due = time.monotonic() + self.every

    async def read(self) -> None:
        """Read them all, in parts: packets go on being passed on between them. What changes meanwhile is told again.

        An empty Redis in which nobody has published yet is not believed.
        """
        version = await self.redis.get(VERSION)
        raw: dict[bytes, bytes] = {}
        cursor = 0
        while True:
            cursor, part = await self.redis.hscan(ROUTES, cursor, count=PART)  # type: ignore[misc]
            raw.update(cast(dict[bytes, bytes], part))
            if cursor == 0:
                break
        if not raw and version is None and len(self.table):
            log.warning("routes_missing", kept=len(self.table))
            return
        self.table.take(raw)
