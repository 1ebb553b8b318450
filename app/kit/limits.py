"""Rate limits: so many requests in so many seconds, evenly refilled (GCRA), counted in Redis for all processes.

While Redis is gone each process counts for itself: limits get looser, the service stays.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from typing import Any, cast

from app.kit import cache

_LUA = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local step, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = tonumber(redis.call('GET', KEYS[1]) or now)
if full < now then full = now end
if full + step - now > window then return {0, math.ceil(full + step - now - window), math.ceil(full - now)} end
if ARGV[3] == '0' then return {1, math.floor((window - (full - now)) / step), math.ceil(full - now)} end
full = full + step
redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.ceil(full - now) + 1000)
return {1, math.floor((window - (full - now)) / step), math.ceil(full - now)}
"""
_MOST_KEYS = 20_000
_TRY_REDIS_AGAIN = 5.0

_memory: dict[str, float] = {}
_lock = threading.Lock()
_redis_gone_until = 0.0


@dataclass(frozen=True)
class Allowance:
    """What is left of a limit. `retry_after` and `reset` are seconds; `reset` is when all of it is there again."""

    allowed: bool
    limit: int
    window: int
    remaining: int
    retry_after: int
    reset: int


def take(key: str, limit: int, window: int, *, use: bool = True) -> Allowance:
    """Use one of `limit` requests per `window` seconds for this key; with `use=False` only ask whether one is left."""
    global _redis_gone_until
    step = window * 1000 / limit
    found: list[int] | None = None
    if time.monotonic() >= _redis_gone_until:
        try:
            raw: Any = cache.client().eval(
                _LUA, 1, f"kontor:limit:{key}", str(step), str(window * 1000), str(int(use))
            )  # fmt: skip
            found = [int(part) for part in cast(list[Any], raw)]
        except cache.REDIS_DOWN:
            _redis_gone_until = time.monotonic() + _TRY_REDIS_AGAIN
    if found is None:
        found = _take_here(key, step, window * 1000, use)
    ok, second, until_full = found
    seconds = math.ceil(until_full / 1000)
    if ok:
        return Allowance(True, limit, window, second, 0, seconds)
    return Allowance(False, limit, window, 0, max(1, math.ceil(second / 1000)), seconds)


def _take_here(key: str, step: float, window: float, use: bool) -> list[int]:
    now = time.monotonic() * 1000
    with _lock:
        if len(_memory) > _MOST_KEYS:
            for old in [name for name, full in _memory.items() if full < now]:
                del _memory[old]
        full = max(_memory.get(key, now), now)
        if full + step - now > window:
            return [0, math.ceil(full + step - now - window), math.ceil(full - now)]
        if not use:
            return [1, math.floor((window - (full - now)) / step), math.ceil(full - now)]
        _memory[key] = full + step
        return [1, math.floor((window - (full + step - now)) / step), math.ceil(full + step - now)]
