"""Counting tries in Redis: one round trip, nothing to tidy."""

from __future__ import annotations

from app.kit import cache

_KEY = "kontor:try:{}"


class RedisCounter:
    """Counts hits per key in windows that begin with the first hit. Raises one of `cache.REDIS_DOWN`."""

    def hit(self, windows: dict[str, int]) -> dict[str, tuple[int, int]]:
        """One more on each key (window in seconds). Returns (count, seconds left) by key."""
        pipe = cache.client().pipeline(transaction=True)
        for key, seconds in windows.items():
            pipe.incr(_KEY.format(key))
            pipe.expire(_KEY.format(key), seconds, nx=True)
            pipe.ttl(_KEY.format(key))
        answers = pipe.execute()
        return {key: (answers[3 * i], max(1, answers[3 * i + 2])) for i, key in enumerate(windows)}

    def forget(self, keys: list[str]) -> None:
        """As if the keys had not been hit."""
        cache.client().delete(*(_KEY.format(key) for key in keys))
