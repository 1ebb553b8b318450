"""Another port for what found its own taken by something foreign."""

from __future__ import annotations

import re
from uuid import UUID

from app.core.api import record
from app.hosting import events
from app.hosting.models import Run, Server
from app.hosting.rules.server import State
from app.hosting.services import charge, ports
from app.hosting.services.life import show
from app.hosting.services.web_map import move_map
from app.kit.db import db, lock, transaction


def change_port(server_id: UUID, run_id: UUID, detail: str = "") -> None:
    """Something foreign listens on a port of the server: give it another one and block the old one for a while.

    `detail` is what the runtime said; it names the port. Without that it is the game's.
    """
    with transaction():
        server = lock(Server, server_id)
        if server.state != State.STARTING or server.run_id != run_id or server.port is None:
            return
        named = {int(number) for number in re.findall(r"\b[0-9]{2,5}\b", detail)}
        run = db.session.get_one(Run, run_id)
        if run.map_port in named and server.port not in named:
            if run.map_port == server.map_port:
                move_map(server, run)
            else:  # switched meanwhile: the run takes what holds now
                run.map_port = server.map_port
        else:
            _move_game(server)
        show(server_id)


def _move_game(server: Server) -> None:
    assert server.port is not None
    old = server.port
    ports.block_port(server.node, old)
    server.port = ports.give_port(server.node, server.id)
    record(
        events.ServerMoved(old, server.port),
        organisation_id=server.organisation_id,
        subject=charge.subject(server.id),
    )
