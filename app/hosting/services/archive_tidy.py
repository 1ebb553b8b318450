"""What killed attempts left behind: generations of worlds and copies that no row names. Nothing a row names is touched."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import or_, select

from app.hosting.gateways.runtime import RuntimeFault, RuntimeUnavailable
from app.hosting.gateways.runtime import State as Existing
from app.hosting.models import Archive, BackupPlan, Restore, Server
from app.hosting.rules.archive import ArchiveState, Purpose
from app.hosting.rules.backup import OPEN
from app.hosting.rules.server import State
from app.hosting.services.forget import forget_object
from app.hosting.services.place import NODE, runtime_named, runtime_names
from app.kit import clock
from app.kit.db import db, lock, transaction

log = structlog.get_logger(__name__)
FORGOTTEN = timedelta(hours=2)
"""No attempt lives so long without its job being tried again."""


def tidy() -> int:
    """Remove leftovers. Returns how many."""
    moved = select(Archive.server_id).where(Archive.server_id == Server.id).exists()
    wanted = select(Server.id, Server.runtime).where(
        Server.node == NODE, Server.state != State.DELETED.value, or_(moved, Server.next_world.is_not(None))
    )
    servers = db.session.execute(wanted).all()
    db.session.rollback()
    kept = sum(_worlds(server_id, runtime) for server_id, runtime in servers)
    return kept + sum(map(_deleted, runtime_names())) + _copies()


def _worlds(server_id: UUID, runtime: str) -> int:
    """Looked at first and compared with the rows afterwards: a generation is named there before it is made, and one that
    is named nowhere then is never named again.
    """
    done = 0
    try:
        there = runtime_named(runtime).list_worlds(server_id)
        for world in set(there) - _named(server_id):
            runtime_named(runtime).remove_world(server_id, world)
            done += 1
    except (RuntimeUnavailable, RuntimeFault, LookupError):
        log.warning("tidy_failed", server=str(server_id), exc_info=True)
    return done


def _named(server_id: UUID) -> set[str | None]:
    """Generations that are the server's, or that somebody is unpacking. Under the server's lock, which is also held when
    the one becomes the other.
    """
    with transaction():
        server = lock(Server, server_id)
        restoring = select(Restore.world).where(Restore.server_id == server_id, Restore.state.in_(OPEN))
        testing = select(BackupPlan.test_world).where(BackupPlan.server_id == server_id)
        return {
            server.world, server.next_world, *db.session.scalars(restoring), *db.session.scalars(testing),
        }  # fmt: skip


def _deleted(runtime: str) -> int:
    """Worlds that a worker went on bringing back while their server was being deleted, and was killed."""
    done = 0
    try:
        there = [one.server_id for one in runtime_named(runtime).list_owned() if one.state is Existing.ABSENT]
        gone = select(Server.id).where(
            Server.id.in_(there), Server.state == State.DELETED.value, Server.runtime == runtime
        )
        found = list(db.session.scalars(gone))
        db.session.rollback()
        for server_id in found:
            runtime_named(runtime).remove(server_id, keep_data=False)
            done += 1
    except (RuntimeUnavailable, RuntimeFault):
        log.warning("tidy_failed", runtime=runtime, exc_info=True)
    return done


def _copies() -> int:
    """Rows of attempts that a start overtook and whose worker was killed before it could say so."""
    old = select(Archive.id, Archive.server_id).where(
        Archive.state == ArchiveState.MAKING.value,
        Archive.purpose == Purpose.REST.value,
        Archive.created_at < clock.now() - FORGOTTEN,
    )
    found = db.session.execute(old).all()
    db.session.rollback()
    return sum(_give_up(archive_id, server_id) for archive_id, server_id in found)


def _give_up(archive_id: UUID, server_id: UUID) -> bool:
    with transaction():
        server = lock(Server, server_id)
        archive = db.session.get_one(Archive, archive_id, populate_existing=True)
        moving = server.state == State.ARCHIVING and server.archive_id == archive_id
        if moving or archive.state != ArchiveState.MAKING:
            return False
        archive.state, archive.finished_at = ArchiveState.FAILED.value, clock.now()
        if archive.key:
            forget_object(archive.organisation_id, server_id, archive.key)
        return True
