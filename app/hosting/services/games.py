"""What the watch knows about each game whose process may exist. Loaded often: one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.hosting.gateways.runtime import Address
from app.hosting.models import Server
from app.hosting.rules.sampling import Counters
from app.hosting.rules.server import ALIVE, State
from app.hosting.rules.template import Template
from app.hosting.services.place import NODE, template_of
from app.kit.db import db


@dataclass
class Game:
    """One server with a run. The first fields are from the row, the others what the watch found out."""

    server_id: UUID
    run_id: UUID
    runtime: str
    template: Template
    state: State
    started: bool
    requested_at: datetime | None
    organisation_id: UUID | None = None
    address: Address | None = None
    position: str | None = None
    positioned: bool = False
    """Whether `position` was looked up."""
    ready_line_at: datetime | None = None
    asks: bool = False
    """Somebody joined or left: ask the game how many play."""
    online: int | None = None
    counted_at: datetime | None = None
    """When it last said how many play."""
    idle_left: int | None = None
    """Minutes until it stops for want of players, as pages were last told."""
    before: Counters | None = None
    read_at: float = 0.0
    tps: float | None = None
    tps_at: float = 0.0

    @property
    def said_ready(self) -> bool:
        """The console of this run had the line, or this game has none."""
        if not self.template.ready.log:
            return True
        return self.ready_line_at is not None and (
            self.requested_at is None or self.ready_line_at >= self.requested_at
        )


def load_games(known: dict[UUID, Game]) -> dict[UUID, Game]:
    """The games of this node now; what is known about those that stay is kept."""
    rows = db.session.execute(
        select(
            Server.id, Server.run_id, Server.runtime, Server.template, Server.state, Server.started_at, Server.requested_at,
            Server.organisation_id,
        ).where(Server.node == NODE, Server.state.in_([*(state.value for state in ALIVE), State.DELETING.value]))
    ).all()  # fmt: skip
    db.session.rollback()
    found: dict[UUID, Game] = {}
    for row in rows:
        if row.run_id is None:
            continue
        game = known.get(row.id)
        if game is None or game.run_id != row.run_id:
            try:
                template = template_of(row.template)
            except LookupError:
                continue
            fresh = Game(
                row.id, row.run_id, row.runtime, template, State(row.state), False, row.requested_at, row.organisation_id
            )  # fmt: skip
            if game is not None:  # the console goes on from run to run
                fresh.position, fresh.positioned, fresh.ready_line_at = (
                    game.position,
                    game.positioned,
                    game.ready_line_at,
                )
            game = fresh
        game.state, game.started = State(row.state), row.started_at is not None
        found[row.id] = game
    return found
