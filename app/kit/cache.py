"""The Redis client: one pool per process, short timeouts, and a clear error when Redis is gone."""

from __future__ import annotations

import os
from typing import Any, cast

import redis
from flask import current_app
from flask_babel import gettext

from app.kit.errors import Unavailable

REDIS_DOWN = (
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.BusyLoadingError,
)


def make_client(address: str, *, decode: bool = False) -> redis.Redis:
    """A client with a blocking pool (the plain one raises when many greenlets publish at once)."""
    pool = redis.BlockingConnectionPool.from_url(
        address,
        max_connections=32,
        timeout=10,
        socket_timeout=5,
        socket_connect_timeout=2,
        decode_responses=decode,
    )
    return redis.Redis(connection_pool=pool)


def client() -> redis.Redis:
    """This process's client; it connects on first use."""
    store = cast(dict[str, Any], current_app.extensions.setdefault("kontor-redis", {}))
    if store.get("pid") != os.getpid():  # a forked worker must not share its parent's sockets
        store.update(
            pid=os.getpid(), client=make_client(current_app.extensions["kontor-settings"].redis_address)
        )
    return cast(redis.Redis, store["client"])


def ping() -> None:
    """Raises Unavailable when Redis does not answer."""
    try:
        client().ping()
    except REDIS_DOWN as error:
        raise Unavailable(gettext("Redis antwortet nicht.")) from error
