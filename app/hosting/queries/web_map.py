"""Maps of servers for browsers: where they answer inside, and where people find them."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select

from app.hosting.catalog.plugins import map_port_of
from app.hosting.models import Plugin
from app.hosting.queries.doors import play_name
from app.hosting.queries.server import ServerDetail
from app.hosting.rules.web_map import map_name
from app.kit.config import settings
from app.kit.db import db


def plugin_map_port(server_id: UUID) -> int | None:
    """Where a server's map plugin listens; None without one."""
    return map_port_of(set(db.session.scalars(select(Plugin.slug).where(Plugin.server_id == server_id))))


def map_address(server: ServerDetail) -> str:
    """The map's web address; empty without a map or while no name is published.

    An installation with TLS has a proxy, which knows the map by its name. One without is somebody's own machine.
    """
    if server.map_port is None:
        return ""
    home = urlsplit(settings().public_url)
    if home.scheme != "https":
        return f"http://{home.hostname or 'localhost'}:{server.map_port}/"
    name = play_name(server)
    return f"https://{map_name(name)}/" if name else ""
