"""Web maps: a second port of a server, which only the proxy in front reaches. Given with the map, returned with it."""

from __future__ import annotations

from app.hosting.catalog import templates
from app.hosting.errors import NoFreePort
from app.hosting.models import Run, Server
from app.hosting.queries.web_map import plugin_map_port
from app.hosting.rules.server import State
from app.hosting.rules.web_map import has_map
from app.hosting.services import ports
from app.hosting.services.life import show
from app.kit.db import db, require_transaction


def settle_map(server: Server, *, must: bool = False) -> None:
    """Give the server a port for its map, or return it, as choice and plugins want it. Applies at the next start.

    Joins the caller's transaction; the row is locked. Without a free port there is no map, or NoFreePort with `must`.
    """
    require_transaction()
    db.session.flush()
    template = templates().get(server.template)
    gone = server.state in (State.DELETING, State.DELETED)
    wanted = not gone and has_map(
        server.web_map,
        able=template is not None and template.web_map is not None,
        plugin=plugin_map_port(server.id) is not None,
    )
    if wanted == (server.map_port is not None):
        return
    if wanted:
        try:
            server.map_port = ports.give_port(server.node, server.id, "map")
        except NoFreePort:
            if must:
                raise
            return
    else:
        ports.rest_port(server.id, "map")
        server.map_port = None
    show(server.id)


def move_map(server: Server, run: Run) -> None:
    """Something foreign listens on the map's port: another one, or no map. Joins the caller's; the row is locked."""
    require_transaction()
    assert server.map_port is not None
    ports.block_port(server.node, server.map_port)
    server.map_port = None
    settle_map(server)
    run.map_port = server.map_port
