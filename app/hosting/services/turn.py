"""Games take turns in starting. A start costs a core for seconds: fifty at once are all ready together, late, and run
into their time limits; a few at a time are ready one after the other, and the last one no later.

Each place is a lease that ends by itself, so a game that takes minutes, or a lost worker, holds nobody up for long.
The last place is left to organisations that have none.
"""

from __future__ import annotations

import os
from datetime import timedelta

from sqlalchemy import delete, select

from app.core.api import hasten
from app.hosting import tasks
from app.hosting.models import Server, Watch
from app.hosting.services import lease
from app.kit import clock
from app.kit.config import settings
from app.kit.db import db, require_transaction

PLACE = timedelta(seconds=15)
"""The longest a game keeps its place; it goes on starting without it."""
LEAST_WAIT, LONGEST_WAIT = 0.5, 5.0
"""Seconds until a run without a place asks again; usually one is given back before and it is called."""


def places(node: str) -> list[str]:
    """Names of the node's places."""
    many = settings().starts_at_once or 4 * len(os.sched_getaffinity(0))
    return [f"{node}:start:{number}" for number in range(many)]


def take(server: Server) -> float:
    """0 when the server's run has a place now, else the seconds after which to ask again."""
    now, names, holder = clock.now(), places(server.node), _holder(server)
    taken = {
        name: (who, until)
        for name, who, until in db.session.execute(
            select(Watch.node, Watch.holder, Watch.lease_until).where(
                Watch.node.in_(names), Watch.lease_until >= now
            )
        )
    }
    db.session.rollback()
    if any(who == holder for who, _ in taken.values()):
        return 0.0
    own = any(who.startswith(server.organisation_id.hex) for who, _ in taken.values())
    # Decided from one look, so that many who come at the same moment cannot all take the last place.
    full = len(taken) >= len(names) - 1
    for name in names if full and not own else names[:-1]:
        if name not in taken and lease.hold(holder, name, PLACE):
            return 0.0
    free_at = min((until for _, until in taken.values()), default=now)
    return min(LONGEST_WAIT, max(LEAST_WAIT, (free_at - now).total_seconds()))


def give_back(server: Server) -> None:
    """The run's start is over: whoever waits may try. Joins the caller's transaction."""
    require_transaction()
    given = db.session.execute(
        delete(Watch).where(Watch.holder == _holder(server)).execution_options(synchronize_session=False)
    )
    if given.rowcount:  # type: ignore[attr-defined]
        hasten(tasks.start)


def _holder(server: Server) -> str:
    assert server.run_id is not None
    return f"{server.organisation_id.hex}:{server.run_id.hex}"
