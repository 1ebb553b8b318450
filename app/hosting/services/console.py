"""A server's console as browsers see it: the last lines in Redis, new ones pushed to whoever watches.

The runtime's log file on the node is the whole history; what is kept here is the tail that a page shows at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from app.hosting.queries.console import KEPT_LINES, console_key, count_key
from app.hosting.rules.console import clean
from app.kit import cache, live

KEPT_SECONDS = 7 * 86400
LONGEST = 2000


def publish(server_id: UUID, lines: Sequence[str], position: str | None = None) -> bool:
    """Keep and push new lines, and with them the place in the log file they end at. False while Redis is away.

    Whoever reads the log goes on from the last place that was kept, so nothing is lost or told twice.
    """
    plain = [clean(line)[:LONGEST].rstrip() for line in lines]
    key, number = console_key(server_id), None
    try:
        with cache.client().pipeline(transaction=True) as pipe:
            if plain:
                pipe.rpush(key, *plain[-KEPT_LINES:])
                pipe.ltrim(key, -KEPT_LINES, -1)
                pipe.expire(key, KEPT_SECONDS)
                pipe.incrby(count_key(server_id), len(plain))
                pipe.expire(count_key(server_id), KEPT_SECONDS)
            if position is not None:
                pipe.set(_position_key(server_id), position, ex=KEPT_SECONDS)
            answers = pipe.execute()
            number = cast(int, answers[3]) if plain else None
    except cache.REDIS_DOWN:
        return False
    if plain:
        live.append("hosting-server", server_id, "console", plain, position=number)
    return True


def _position_key(server_id: UUID) -> str:
    return f"{console_key(server_id)}:position"


def last_position(server_id: UUID) -> str | None:
    """Where the next line begins in the log file; None to begin with the newest run. Raises what Redis raises."""
    found = cast(bytes | None, cache.client().get(_position_key(server_id)))
    return found.decode() if found is not None else None


def forget(server_id: UUID) -> None:
    """The server is gone, and its lines with it."""
    try:
        cache.client().delete(console_key(server_id), count_key(server_id), _position_key(server_id))
    except cache.REDIS_DOWN:
        return
