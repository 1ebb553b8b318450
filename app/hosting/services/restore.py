"""Bringing a world back from a backup, into its own server or a new one: what is written down, each step in one transaction.

The world is unpacked into a generation of its own beside the present one. It becomes the server's in one compare-and-set,
when it is whole and nobody started, moved or deleted the server meanwhile; only then the former generation goes, by a job.
So there is never a moment without a world, and never one with two writers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.api import NotNow, record
from app.hosting import backup_events as events
from app.hosting import tasks
from app.hosting.catalog import templates
from app.hosting.gateways.archive import Packed
from app.hosting.models import Archive, Backup, Restore, Server
from app.hosting.policies import P
from app.hosting.rules.archive import AGAIN_AFTER, ArchiveState, Failure, Purpose
from app.hosting.rules.backup import OPEN, STILL, Origin, RestoreState
from app.hosting.rules.server import Desired, State
from app.hosting.services import charge
from app.hosting.services.backup import ASK_AGAIN_SECONDS, order_backup, own_backup
from app.hosting.services.backup_made import GONE
from app.hosting.services.check import require_no_restore
from app.hosting.services.life import show
from app.hosting.services.setup import create_server
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, lock, require_transaction, transaction
from app.kit.errors import Conflict, NotFound
from app.kit.ids import new_id

TAKES_WORLDS = (*STILL, State.DRAFT)
"""States in which nothing plays on a server's world and nothing moves it."""


@dataclass(frozen=True)
class Restoring:
    """One attempt to bring a world back."""

    restore_id: UUID
    server_id: UUID
    runtime: str
    key: str
    packed: Packed
    world: str
    left: str | None
    """What an attempt that was killed may have left."""
    created_at: datetime


def restore_backup(actor: Actor, server_id: UUID, archive_id: UUID, *, save_first: bool = True) -> UUID:
    """Put the world of a backup in the place of the server's present one, which is backed up before with `save_first`.

    Raises Conflict while it runs, moves, or is being restored already.
    """
    require(actor, P.backup_restore)
    with transaction():
        server, archive, backup = own_backup(actor, server_id, archive_id)
        _require_whole(archive, backup)
        if server.state not in STILL or server.desired != Desired.STOPPED or server.world is None:
            raise Conflict(_("Stoppe den Server zuerst. Wiederherstellen geht nur, wenn niemand spielt."))
        require_no_restore(server)
        first = order_backup(server, actor, Origin.RESTORE) if save_first and server.installed_at else None
        server.archive_after = clock.now() + AGAIN_AFTER  # it does not move away meanwhile
        return _begin(server, archive, actor, first)


def restore_as_new(
    actor: Actor, server_id: UUID, archive_id: UUID, *, name: str, once: str | None = None
) -> UUID:
    """A new server with template, memory and settings of the old one, whose first world is that of the backup.

    It stays a draft until somebody sets it up. Returns its id. Raises Invalid at `name`.
    """
    require(actor, P.backup_restore)
    source = db.session.get(Server, server_id, populate_existing=True)
    if source is None or source.organisation_id != actor.organisation_id or not actor.reaches(server_id):
        raise NotFound
    template = templates().get(source.template)
    faults = template.check_settings(source.settings) if template else {}

    def bring(server: Server) -> None:
        _source, archive, backup = own_backup(actor, server_id, archive_id)
        _require_whole(archive, backup)
        _begin(server, archive, actor, None)

    return create_server(
        actor, name=name, template=source.template, memory_mb=source.memory_mb,
        settings={key: value for key, value in source.settings.items() if key not in faults},
        accept_eula=source.eula_accepted_at is not None, once=once, also=bring,
    )  # fmt: skip


def _require_whole(archive: Archive, backup: Backup) -> None:
    if archive.state != ArchiveState.VERIFIED:
        raise Conflict(_("Dieses Backup ist nicht vollständig."))
    if backup.test_failure is not None:
        raise Conflict(_("Dieses Backup kam beim letzten Test nicht heil zurück. Nimm ein anderes."))


def _begin(server: Server, archive: Archive, actor: Actor, first: UUID | None) -> UUID:
    row = Restore(
        id=new_id(), server_id=server.id, organisation_id=server.organisation_id, archive_id=archive.id, first_id=first,
        state=(RestoreState.WAITING if first else RestoreState.UNPACKING).value, created_at=clock.now(),
        created_by=actor.person_id,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    queue_restore(row, actor)
    record(
        events.RestoreBegun(archive.id),
        actor=actor, organisation_id=server.organisation_id, subject=charge.subject(server.id),
    )  # fmt: skip
    show(server.id, "backups", "events", "situation")
    return row.id


def queue_restore(row: Restore, actor: Actor) -> None:
    """Write the job, once while one is open. Joins the caller's transaction."""
    tasks.restore.later(
        actor=actor, organisation_id=row.organisation_id, subject=charge.subject(row.server_id),
        dedupe=f"hosting.restore:{row.id.hex}", restore_id=str(row.id),
    )  # fmt: skip


def _locked(restore_id: UUID) -> tuple[Restore, Server]:
    server_id = db.session.scalar(select(Restore.server_id).where(Restore.id == restore_id))
    if server_id is None:
        raise NotFound
    server = lock(Server, server_id)
    return lock(Restore, restore_id), server


def begin_restoring(restore_id: UUID) -> Restoring | None:
    """A new attempt. None when it is over. Raises NotNow while the present world is being backed up."""
    with transaction():
        row, server = _locked(restore_id)
        if row.state not in OPEN:
            return None
        if row.state == RestoreState.WAITING:
            failure = _of_first(row)
            if failure is not None:
                _fail(row, server, failure)
                return None
            row.state = RestoreState.UNPACKING.value
        archive = db.session.get_one(Archive, row.archive_id, populate_existing=True)
        if server.state not in TAKES_WORLDS or server.desired != Desired.STOPPED:
            _fail(row, server, Failure.CHANGED)
            return None
        if archive.state != ArchiveState.VERIFIED or archive.purpose != Purpose.BACKUP:
            _fail(row, server, Failure.MISSING)
            return None
        left, row.world, row.former = row.world, new_id().hex, server.world
        packed = Packed(
            archive.sha256 or "", archive.size_bytes or 0, archive.raw_bytes or 0, archive.files or 0
        )
        show(server.id, "backups")
        return Restoring(
            row.id, server.id, server.runtime, archive.key, packed, row.world, left, row.created_at
        )


def _of_first(row: Restore) -> Failure | None:
    """Why the present world could not be backed up; None when it was."""
    first = db.session.get(Archive, row.first_id, populate_existing=True) if row.first_id else None
    if first is not None and first.state == ArchiveState.MAKING:
        raise NotNow(ASK_AGAIN_SECONDS)
    if first is None or first.state != ArchiveState.VERIFIED:
        return Failure(first.failure) if first is not None and first.failure else Failure.MISSING
    return None


def record_restored(restoring: Restoring, disk_bytes: int | None) -> bool:
    """The world is whole on the node: from here on it is the server's. False when that is not wanted any more.

    The former one goes after this, by a job of its own.
    """
    with transaction():
        row, server = _locked(restoring.restore_id)
        if row.state != RestoreState.UNPACKING or row.world != restoring.world:
            return False
        moved = server.state not in TAKES_WORLDS or server.desired != Desired.STOPPED
        if moved or server.world != row.former:
            _fail(row, server, Failure.CHANGED)
            return False
        now = clock.now()
        server.world, server.disk_bytes = restoring.world, disk_bytes
        server.archive_after = now + AGAIN_AFTER
        row.state, row.finished_at = RestoreState.DONE.value, now
        db.session.flush()
        if server.last_ended_at is not None:
            charge.returned(server.organisation_id, server.id, restoring.world, now, disk_bytes)
        if row.former is not None:
            _queue_removal(server, row.former)
        record(
            events.ServerRestored(row.archive_id, round((now - row.created_at).total_seconds())),
            organisation_id=server.organisation_id, subject=charge.subject(server.id),
        )  # fmt: skip
        show(server.id, "backups", "events", "situation", "status", "cost")
        return True


def record_not_restored(restoring: Restoring, failure: Failure) -> None:
    """It did not come back whole; the server's world is what it was."""
    with transaction():
        row, server = _locked(restoring.restore_id)
        if row.state in OPEN and row.world == restoring.world:
            _fail(row, server, failure)


def give_up(restore_id: UUID) -> None:
    """Nobody could bring it to an end."""
    with transaction():
        row, server = _locked(restore_id)
        if row.state in OPEN:
            _fail(row, server, Failure.FAULT)


def _fail(row: Restore, server: Server, failure: Failure) -> None:
    row.state, row.finished_at, row.failure = RestoreState.FAILED.value, clock.now(), failure.value
    if row.world is not None and server.state != State.DELETED:
        _queue_removal(server, row.world)
    if server.state not in GONE:  # nobody needs to hear of that one
        record(
            events.RestoreFailed(row.archive_id, failure.value),
            organisation_id=server.organisation_id, subject=charge.subject(server.id),
        )  # fmt: skip
    show(server.id, "backups", "events", "situation")


def _queue_removal(server: Server, world: str) -> None:
    require_transaction()
    tasks.remove_world.later(
        organisation_id=server.organisation_id, subject=charge.subject(server.id), server_id=str(server.id), world=world
    )  # fmt: skip


def stale(now: datetime, longest: timedelta) -> list[tuple[UUID, bool]]:
    """Restores that are not over, and whether each has gone on for too long."""
    rows = db.session.execute(select(Restore.id, Restore.created_at).where(Restore.state.in_(OPEN))).all()
    db.session.rollback()
    return [(restore_id, created_at < now - longest) for restore_id, created_at in rows]
