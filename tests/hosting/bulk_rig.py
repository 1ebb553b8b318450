"""Servers as they are after a while, for tests of actions on many of them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.hosting.models import BulkItem, Run, Server
from app.hosting.services.setup import create_server
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.ids import new_id
from tests.people import Someone


def make(person: Someone, state: str, number: int = 1, name: str = "Welt") -> list[UUID]:
    """So many servers of the person's organisation in a state, each played on before."""
    ids = [new_id() for _ in range(number)]
    with transaction() as session:
        for index, server_id in enumerate(ids):
            up = state in ("running", "starting")
            run_id = new_id() if up else None
            session.add(
                Server(
                    id=server_id, organisation_id=person.organisation_id, name=f"{name} {state} {index:03}",
                    template="flying-squid", game_version="1.21.4", runtime="process", node="local", memory_mb=1024,
                    settings={}, state=state, state_since=clock.now(), desired="running" if up else "stopped",
                    created_at=clock.now(), installed_at=clock.now(), last_ended_at=clock.now(), world="", run_id=run_id,
                )
            )  # fmt: skip
            if run_id is not None:
                session.flush()
                session.add(
                    Run(
                        id=run_id, server_id=server_id, organisation_id=person.organisation_id, memory_mb=1024,
                        config_version=1, settings={}, requested_at=clock.now(),
                    )
                )  # fmt: skip
    return ids


def draft(person: Someone, name: str = "Entwurf") -> UUID:
    return create_server(person.actor, name=name, template="flying-squid")


def state_of(server_id: UUID) -> str:
    db.session.rollback()
    return db.session.get_one(Server, server_id, populate_existing=True).state


def outcomes(bulk_id: UUID) -> list[tuple[str, str | None]]:
    """(outcome, reason) of each server, in order."""
    db.session.rollback()
    rows = db.session.execute(
        select(BulkItem.outcome, BulkItem.reason).where(BulkItem.bulk_id == bulk_id).order_by(BulkItem.number)
    )
    return [(row[0], row[1]) for row in rows]
