"""The host name under which players reach a server through the router, asleep or not."""

from __future__ import annotations

import json
from typing import cast

from app.hosting.queries.server import ServerDetail
from app.hosting.rules.doors import host_names
from app.hosting.rules.route import ROUTES
from app.kit import cache
from app.kit.config import settings

USUAL_PORT = 25565
"""What players need not type."""


def play_address(server: ServerDetail) -> str:
    """The play name, with a port where that must be typed; empty while none is published or Redis is away."""
    name, port = play_name(server), settings().router_port
    return f"{name}:{port}" if name and port != USUAL_PORT else name


def play_name(server: ServerDetail) -> str:
    """The nicest published host name; empty while none is published or Redis is away."""
    hosts = host_names(server.id, server.name, settings().play_domain, set())
    try:
        found = cast(list[bytes | None], cache.client().hmget(ROUTES, hosts))
    except cache.REDIS_DOWN:
        return ""
    for host, raw in zip(hosts, found, strict=True):
        if raw is not None and json.loads(raw).get("server") == str(server.id):
            return host
    return ""
