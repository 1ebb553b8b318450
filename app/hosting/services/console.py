"""A server's console as browsers see it: the last lines in Redis, new ones pushed to whoever watches.

The runtime's log file on the node is the whole history; what is kept here is the tail that a page shows at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from app.hosting.queries.console import KEPT_LINES, console_key
from app.hosting.rules.console import clean
from app.kit import cache, live

KEPT_SECONDS = 7 * 86400
LONGEST = 2000


def publish(server_id: UUID, lines: Sequence[str]) -> None:
    """Keep and push new lines. Without Redis they are lost here, not in the log file."""
    if not lines:
        return
    plain = [clean(line)[:LONGEST] for line in lines]
    key = console_key(server_id)
    try:
        with cache.client().pipeline(transaction=False) as pipe:
            pipe.rpush(key, *plain[-KEPT_LINES:])
            pipe.ltrim(key, -KEPT_LINES, -1)
            pipe.expire(key, KEPT_SECONDS)
            pipe.execute()
    except cache.REDIS_DOWN:
        return
    live.append("hosting-server", server_id, "console", plain)


def restart(server_id: UUID) -> None:
    """A new run begins with an empty console."""
    forget(server_id)
    live.changed("hosting-server", server_id, "console")


def forget(server_id: UUID) -> None:
    """The server is gone, and its lines with it."""
    try:
        cache.client().delete(console_key(server_id))
    except cache.REDIS_DOWN:
        return
