"""Counts on their way: one call to Redis for a page, written into the database in batches.

Different people of a day are told apart by a hash with that day's salt. Salt and hashes lie in Redis alone and go with
the day. A batch has an id, so that one that was written but not yet dropped is not written twice.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

from app.kit import cache

_OPEN, _BATCHES = "kontor:nanos:tally", "kontor:nanos:tally:batches"
_MOST = 50_000
_DAY = 26 * 3600
_ADD = """
if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[3], ARGV[2], 'NX', 'EX', ARGV[3])
local salt = redis.call('GET', KEYS[3])
for i = 5, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[1], ARGV[i], 1)
  if ARGV[i + 1] ~= '' then
    local mark = redis.sha1hex(salt .. ARGV[4] .. ARGV[i])
    if redis.call('SADD', KEYS[2], mark) == 1 then redis.call('HINCRBY', KEYS[1], ARGV[i + 1], 1) end
    redis.call('EXPIRE', KEYS[2], ARGV[3])
  end
end
return 1
"""
_CLOSE = """
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('RENAME', KEYS[1], ARGV[1])
  redis.call('RPUSH', KEYS[2], ARGV[1])
end
return redis.call('LRANGE', KEYS[2], 0, -1)
"""


@dataclass(frozen=True)
class Batch:
    """Counts by their field; `key` is its id."""

    key: str
    counts: Mapping[str, int]


def add(day: str, person: str, fields: Sequence[tuple[str, str]]) -> bool:
    """Count each first field once more, and its second ("" for none) if this person is new to the first today. Never
    raises: False when nothing was counted, because Redis is gone or nobody has written batches for long.
    """
    flat = [part for pair in fields for part in pair]
    try:
        raw: Any = cache.client().eval(
            _ADD, 3, _OPEN, f"kontor:nanos:seen:{day}", f"kontor:nanos:salt:{day}", str(_MOST), secrets.token_hex(16),
            str(_DAY), person, *flat,
        )  # fmt: skip
    except cache.REDIS_DOWN:
        return False
    return bool(raw)


def batches() -> list[Batch]:
    """Close what is open; all that is closed and not dropped, the oldest first. Raises redis errors."""
    keys = cast(list[bytes], cache.client().eval(_CLOSE, 2, _OPEN, _BATCHES, f"{_OPEN}:{uuid4()}"))
    return [Batch(key.decode(), _read(key.decode())) for key in keys]


def _read(key: str) -> dict[str, int]:
    found = cast(dict[bytes, bytes], cache.client().hgetall(key))
    return {field.decode(): int(count) for field, count in found.items()}


def drop(key: str) -> None:
    """The batch is written."""
    with cache.client().pipeline(transaction=True) as pipe:
        pipe.delete(key)
        pipe.lrem(_BATCHES, 0, key)
        pipe.execute()
