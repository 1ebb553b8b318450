"""Ports: a game's own, given for its life, so that its address stays the same, and one for its web map. A unique key keeps
them apart.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from app.hosting.errors import NoFreePort
from app.hosting.models import Port
from app.kit import clock
from app.kit.config import settings
from app.kit.db import db, require_transaction

BLOCKED_FOR = timedelta(hours=1)


def port_range() -> range:
    """The ports that may be given away, from the setting `from-to`."""
    first, _dash, last = settings().game_ports.partition("-")
    return range(int(first), int(last or first) + 1)


def give_port(node: str, server_id: UUID, use: str = "game") -> int:
    """The lowest free port of a node, now this server's; one of its own that rests comes back first. Joins the caller's
    transaction. Raises NoFreePort.
    """
    require_transaction()
    own = select(Port).where(Port.server_id == server_id, Port.use == use)
    resting = db.session.scalar(own.with_for_update())  # it may be offered to others in this moment
    if resting is not None:
        resting.blocked_at = None
        return resting.port
    while True:
        taken = set(db.session.scalars(select(Port.port).where(Port.node == node)))
        free = next((port for port in port_range() if port not in taken), None)
        if free is None:
            raise NoFreePort(
                _("Auf diesem Rechner ist kein Port mehr frei. Lösche einen Server, den du nicht brauchst.")
            )
        try:
            with db.session.begin_nested():
                db.session.add(Port(node=node, port=free, server_id=server_id, use=use))
            return free
        except IntegrityError:
            continue  # somebody else took it meanwhile; the next look sees that


def block_port(node: str, port: int) -> None:
    """Something foreign listens there: take it from its server for a while. Joins the caller's transaction."""
    require_transaction()
    db.session.execute(
        update(Port)
        .where(Port.node == node, Port.port == port)
        .values(server_id=None, blocked_at=clock.now())
    )


def rest_port(server_id: UUID, use: str) -> None:
    """The server needs it no more. For a while nobody else gets it: until then a proxy may still send visitors there.
    Joins the caller's transaction.
    """
    require_transaction()
    db.session.execute(
        update(Port).where(Port.server_id == server_id, Port.use == use).values(blocked_at=clock.now())
    )


def return_port(server_id: UUID) -> None:
    """The server needs no port any more. Joins the caller's transaction."""
    rest_port(server_id, "map")
    db.session.execute(delete(Port).where(Port.server_id == server_id, Port.use == "game"))


def unblock_ports() -> None:
    """Offer blocked and resting ports again after a while. Joins the caller's transaction."""
    require_transaction()
    db.session.execute(delete(Port).where(Port.blocked_at < clock.now() - BLOCKED_FOR))
