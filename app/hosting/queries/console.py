"""A server's console as a page shows it: the last lines, kept in Redis by whoever reads the log file on the node."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from app.hosting.queries.server import ServerRow
from app.kit import cache
from app.kit.errors import Unavailable

KEPT_LINES = 500


def console_key(server_id: UUID) -> str:
    """The list in Redis that holds a console's last lines."""
    return f"kontor:console:{server_id.hex}"


def count_key(server_id: UUID) -> str:
    """The number in Redis of the last line there was: a page knows by it which lines it has."""
    return f"{console_key(server_id)}:count"


def console_lines(server: ServerRow, limit: int = 200) -> list[str]:
    """The last lines of the newest run, oldest first. The caller has checked the actor. Raises Unavailable."""
    return numbered_lines(server, limit)[0]


def numbered_lines(server: ServerRow, limit: int = 200) -> tuple[list[str], int]:
    """The same with the number of the last line, both of one moment."""
    try:
        with cache.client().pipeline(transaction=True) as pipe:
            pipe.lrange(console_key(server.id), -limit, -1)
            pipe.get(count_key(server.id))
            found, number = cast(tuple[list[bytes], bytes | None], tuple(pipe.execute()))
    except cache.REDIS_DOWN as error:
        raise Unavailable from error
    return [line.decode("utf-8", "replace") for line in found], int(number or 0)
