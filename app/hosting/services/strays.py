"""Processes nobody wants: a row that says otherwise, or no row at all. Ended only after two sightings."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import delete, select, update

from app.core.api import record
from app.hosting import events
from app.hosting.gateways.runtime import Runtime
from app.hosting.gateways.runtime import State as Existing
from app.hosting.models import Server, Stray
from app.hosting.rules.server import ALIVE, State
from app.hosting.services import charge
from app.hosting.services.place import NODE, stop_plan
from app.kit import clock
from app.kit.db import db, transaction

log = structlog.get_logger(__name__)
BETWEEN = timedelta(seconds=5)
"""Two looks nearer to each other count as one sighting."""
FORGOTTEN = timedelta(minutes=2)
"""A process that was not seen for so long is a new one when it is seen again."""
GRACE_SECONDS = 30.0


def note_alive(server_ids: Collection[UUID], now: datetime) -> None:
    """The runtime says that these runs live: the moment that counts when one of them vanishes."""
    if not server_ids:
        return
    with transaction() as session:
        session.execute(
            update(Server)
            .where(Server.id.in_(server_ids), Server.started_at.is_not(None))
            .values(observed_at=now)
            .execution_options(synchronize_session=False)
        )


def sighted(runtime: Runtime, server_id: UUID, run_id: UUID | None) -> bool:
    """Somebody saw a process that nobody wants. True when it was ended, at the second sighting."""
    if not _counted_twice(runtime.name, server_id, run_id):
        return False
    server = db.session.get(Server, server_id, populate_existing=True)
    db.session.rollback()
    if server is not None and server.state in ALIVE and server.run_id == run_id:
        return False  # it is wanted again
    log.warning("stray_ended", server=str(server_id), run=str(run_id), runtime=runtime.name)
    command = stop_plan(server.template).command if server is not None else None
    runtime.stop(server_id, GRACE_SECONDS, command)
    if server is None or server.state == State.DELETED:
        runtime.remove(server_id, keep_data=server is None)
    with transaction() as session:
        session.execute(delete(Stray).where(Stray.runtime == runtime.name, Stray.server_id == server_id))
        record(
            events.StrayEnded(run_id),
            organisation_id=server.organisation_id if server else None,
            subject=charge.subject(server_id),
        )
    return True


def _counted_twice(runtime: str, server_id: UUID, run_id: UUID | None) -> bool:
    now = clock.now()
    with transaction() as session:
        row = session.get(Stray, (runtime, NODE, server_id), with_for_update=True)
        if row is None or row.run_id != run_id or now - row.seen_at > FORGOTTEN:
            if row is not None:
                session.delete(row)
                session.flush()
            session.add(
                Stray(
                    runtime=runtime, node=NODE, server_id=server_id, run_id=run_id, first_seen_at=now, seen_at=now,
                    sightings=1,
                )
            )  # fmt: skip
            return False
        if now - row.seen_at < BETWEEN:
            return False
        row.seen_at, row.sightings = now, row.sightings + 1
        return row.sightings >= 2


def look(runtime: Runtime) -> None:
    """Find what the runtime holds for this installation without a row that wants it.

    A row that was never made or has gone keeps its data on disk; what a deleted server left behind is removed.
    """
    found = runtime.list_owned()
    if not found:
        return
    rows = dict(
        db.session.execute(
            select(Server.id, Server.state).where(Server.id.in_([owned.server_id for owned in found]))
        ).all()
    )
    db.session.rollback()
    for owned in found:
        state = rows.get(owned.server_id)
        unknown = state is None and owned.state is Existing.RUNNING
        left_over = state in (State.DELETED, State.DRAFT) and owned.state is not Existing.ABSENT
        if unknown or left_over:
            sighted(runtime, owned.server_id, owned.run_id)
