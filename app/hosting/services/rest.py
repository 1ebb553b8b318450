"""Pages learn that a server has fallen asleep: nothing happens to it then, so nobody else would tell them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.hosting.models import Server
from app.hosting.queries.rest import asleep_before_now
from app.hosting.rules.server import Desired, State
from app.hosting.services.life import show
from app.hosting.services.place import NODE
from app.kit.db import db


def show_sleepers(after: datetime | None) -> tuple[datetime, list[UUID]]:
    """Tell pages about servers that fell asleep since the last look. Returns what to give next time, and which.

    The first look of a watch has nothing before it and tells nobody: pages show the truth whenever they are loaded.
    """
    until = asleep_before_now()
    if after is None or after >= until:
        return until, []
    found = list(
        db.session.scalars(
            select(Server.id).where(
                Server.node == NODE,
                Server.state == State.STOPPED.value,
                Server.desired == Desired.STOPPED.value,
                Server.state_since > after,
                Server.state_since <= until,
            )
        )
    )
    db.session.rollback()
    for server_id in found:
        show(server_id, "status", "situation", "row")
    return until, found
