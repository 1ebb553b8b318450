"""Asking for a server to be woken: through Redis, and not more often than makes sense."""

from __future__ import annotations

import json
import time
from enum import StrEnum
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.hosting.gateways.router.limits import Rate
from app.hosting.rules.route import WAKES
from app.kit import clock

log = structlog.get_logger(__name__)
MOST_WAITING = 1000
FORGET_MS = 60_000
"""Wishes nobody takes for this long are dropped: the players have gone."""

# Once a server and pause, over all routers; a wish is never half made.
ASK = """
if not redis.call('set', KEYS[1], '1', 'NX', 'PX', ARGV[2]) then return 0 end
redis.call('rpush', KEYS[2], ARGV[1])
redis.call('ltrim', KEYS[2], -tonumber(ARGV[3]), -1)
redis.call('pexpire', KEYS[2], ARGV[4])
return 1
"""


class Asked(StrEnum):
    """What came of it."""

    ASKED = "asked"
    BEFORE = "asked_before"
    TOO_MANY = "too_many"
    AWAY = "redis_away"


class Waker:
    """Remembers when it asked last for each server."""

    def __init__(self, redis: Redis, pause: float, per_server: int) -> None:
        self.redis, self.pause = redis, pause
        self._rate = Rate(per_server)
        self._last: dict[str, float] = {}

    async def ask(self, server: str, player: str, address: str) -> Asked:
        """Ask to wake a server for a player."""
        now = time.monotonic()
        if now - self._last.get(server, -self.pause) < self.pause:
            return Asked.BEFORE
        if not self._rate.take(server, now):
            return Asked.TOO_MANY
        self._last.pop(server, None)
        self._last[server] = now
        while self._last and now - self._last[next(iter(self._last))] > 10 * self.pause:
            del self._last[next(iter(self._last))]
        wish = {"server": server, "player": player, "address": address, "at": int(clock.now().timestamp())}
        keys = (f"{WAKES}:{server}", WAKES)
        try:
            answer: Any = await self.redis.eval(  # type: ignore[misc]
                ASK,
                2,
                *keys,
                json.dumps(wish),
                str(int(self.pause * 1000)),
                str(MOST_WAITING),
                str(FORGET_MS),
            )
        except (RedisError, OSError, TimeoutError) as error:
            self._last.pop(server, None)  # try again as soon as somebody waits
            self._rate.give_back(server)
            log.warning("wake_not_asked", server=server, error=type(error).__name__)
            return Asked.AWAY
        return Asked.ASKED if answer else Asked.BEFORE
