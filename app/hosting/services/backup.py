"""Backups, as people order and keep them, and what is written down while one is made; each step in one transaction.

A server has at most one backup in the making: a second order finds the first. As with worlds that rest, every attempt has
a key of its own on the row before anything is written under it, and only the attempt whose key still stands there may
finish (services/archive.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.api import NotNow, record
from app.hosting import events, tasks
from app.hosting.errors import BackupFailed
from app.hosting.gateways.archive import Packed
from app.hosting.models import Archive, Backup, BackupPlan, Restore, Server
from app.hosting.policies import P
from app.hosting.rules.archive import ArchiveState, Failure, Purpose
from app.hosting.rules.backup import ATTEMPTS, COPYABLE, OPEN, STILL, Copy, Origin, expired
from app.hosting.rules.server import State
from app.hosting.services import charge
from app.hosting.services.backup_plan import plan_for
from app.hosting.services.forget import forget_object
from app.hosting.services.life import show
from app.hosting.services.setup import owned
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, lock, require_transaction, transaction
from app.kit.errors import Conflict, NotFound
from app.kit.ids import new_id

MAKING, VERIFIED = ArchiveState.MAKING.value, ArchiveState.VERIFIED.value
FAILED, REMOVED = ArchiveState.FAILED.value, ArchiveState.REMOVED.value
BETWEEN_SECONDS = 3.0
"""Until it is asked again whether a server that starts or stops can be copied."""
ASK_AGAIN_SECONDS = 2.0


@dataclass(frozen=True)
class Making:
    """One attempt to make a backup."""

    archive_id: UUID
    key: str
    server_id: UUID
    runtime: str
    template: str
    world: str
    run_id: UUID | None
    """The run that plays on it, or the last one."""
    live: bool
    """Somebody may be playing on it."""
    disk_bytes: int
    created_at: datetime


def create_backup(actor: Actor, server_id: UUID) -> UUID:
    """Make a backup now, or find the one that is being made. Raises Conflict when the node has no world of it."""
    require(actor, P.backup_create)
    with transaction():
        return order_backup(owned(actor, server_id), actor, Origin.MANUAL)


def order_backup(server: Server, actor: Actor, origin: Origin) -> UUID:
    """Begin a backup, or join the one that is being made. Returns its id, for `require_backup`.

    Joins the caller's transaction; the row is locked. Raises Conflict.
    """
    require_transaction()
    running = being_made(server.id)
    if running is not None:
        return running
    require_copyable(server)
    now = clock.now()
    archive = Archive(
        id=new_id(), server_id=server.id, organisation_id=server.organisation_id, purpose=Purpose.BACKUP.value,
        state=MAKING, key="", game_version=server.game_version, created_at=now,
    )  # fmt: skip
    db.session.add(archive)
    db.session.flush()
    db.session.add(Backup(archive_id=archive.id, server_id=server.id, origin=origin.value))
    plan_for(server, actor)
    queue_making(archive, actor)
    record(
        events.BackupBegun(archive.id, origin.value),
        actor=actor, organisation_id=server.organisation_id, subject=charge.subject(server.id),
    )  # fmt: skip
    show(server.id, "backups", "events")
    return archive.id


def require_backup(archive_id: UUID) -> None:
    """For a job that must not go on without this backup: returns when it is there and verified.

    Raises NotNow while it is being made (the job is asked again), BackupFailed when it failed or is gone.
    """
    archive = db.session.get(Archive, archive_id, populate_existing=True)
    db.session.rollback()
    if archive is not None and archive.state == MAKING:
        raise NotNow(ASK_AGAIN_SECONDS)
    if archive is None or archive.state != VERIFIED:
        raise BackupFailed((archive.failure if archive else None) or "")


def require_copyable(server: Server) -> None:
    """Raises Conflict with what a person can do about it."""
    if server.state in COPYABLE and server.world is not None and server.installed_at is not None:
        return
    if server.state in (State.ARCHIVING, State.ARCHIVED):
        raise Conflict(_("Die Welt ist im Archiv, dort liegt sie schon als geprüfte Kopie."))
    if server.state == State.WAKING:
        raise Conflict(_("Die Welt wird gerade zurückgeholt."))
    if server.state == State.DELETING:
        raise Conflict(_("Dieser Server wird gerade gelöscht."))
    raise Conflict(_("Dieser Server hat noch keine Welt, die man sichern könnte."))


def being_made(server_id: UUID) -> UUID | None:
    """The backup that is being made of a server."""
    return db.session.scalar(
        select(Archive.id).where(
            Archive.server_id == server_id, Archive.purpose == Purpose.BACKUP.value, Archive.state == MAKING
        )
    )


def queue_making(archive: Archive, actor: Actor) -> None:
    """Write the job, once while one is open. Joins the caller's transaction."""
    tasks.make_backup.later(
        actor=actor, organisation_id=archive.organisation_id, subject=charge.subject(archive.server_id),
        dedupe=f"hosting.backup:{archive.id.hex}", archive_id=str(archive.id),
    )  # fmt: skip


# --- while it is made ----------------------------------------------------------------------------------------


def begin_making(archive_id: UUID) -> Making | None:
    """A new attempt. None when nobody wants it (any more). Raises NotNow while the server starts or stops."""
    with transaction():
        archive, server = _locked(archive_id)
        if archive.state != MAKING:
            return None
        if server.state not in COPYABLE or server.world is None:
            _fail(server, archive, Failure.NO_WORLD)
            return None
        if server.state in (State.STARTING, State.STOPPING):
            raise NotNow(BETWEEN_SECONDS)
        backup = db.session.get_one(Backup, archive_id, populate_existing=True)
        backup.begun_at = clock.now()
        if archive.key:
            forget_object(archive.organisation_id, server.id, archive.key)
        archive.key = f"{server.organisation_id.hex}/{server.id.hex}/{new_id().hex}.tar.zst"
        show(server.id, "backups")
        return Making(
            archive_id, archive.key, server.id, server.runtime, server.template, server.world, server.run_id,
            server.state == State.RUNNING, server.disk_bytes or 0, archive.created_at,
        )  # fmt: skip


def _locked(archive_id: UUID) -> tuple[Archive, Server]:
    """The archive's row, after its server: whoever takes both takes them in this order."""
    server_id = db.session.scalar(select(Archive.server_id).where(Archive.id == archive_id))
    if server_id is None:
        raise NotFound
    server = lock(Server, server_id)
    return lock(Archive, archive_id), server


def still_wanted(making: Making) -> bool:
    """Whether this attempt is the one that counts, and nobody deleted the backup meanwhile."""
    found = db.session.scalar(
        select(Archive.id).where(
            Archive.id == making.archive_id, Archive.state == MAKING, Archive.key == making.key
        )
    )
    db.session.rollback()
    return found is not None


def still_rests(making: Making) -> bool:
    """Whether the server was down all the while a world at rest was copied."""
    found = db.session.scalar(
        select(Server.id).where(
            Server.id == making.server_id, Server.state.in_(STILL), Server.world == making.world,
            Server.run_id == making.run_id if making.run_id else Server.run_id.is_(None),
        )
    )  # fmt: skip
    db.session.rollback()
    return found is not None


def try_again(making: Making) -> bool:
    """Note that something wrote meanwhile. Whether another attempt is worth it."""
    with transaction():
        backup = lock_backup(making.archive_id)
        backup.tries += 1
        return backup.tries < ATTEMPTS


def lock_backup(archive_id: UUID) -> Backup:
    """The row, locked. Joins the caller's transaction."""
    require_transaction()
    return db.session.get_one(Backup, archive_id, with_for_update=True, populate_existing=True)


def record_made(making: Making, packed: Packed) -> bool:
    """The copy is verified and in its place. False when nobody wants it any more. Old ones go, as the plan says."""
    with transaction():
        archive, server = _locked(making.archive_id)
        if archive.state != MAKING or archive.key != making.key:
            return False
        now = clock.now()
        archive.state, archive.finished_at = VERIFIED, now
        archive.sha256, archive.size_bytes = packed.sha256, packed.size_bytes
        archive.raw_bytes, archive.files = packed.raw_bytes, packed.files
        backup = db.session.get_one(Backup, archive.id, populate_existing=True)
        db.session.flush()
        seconds = round((now - (backup.begun_at or archive.created_at)).total_seconds())
        record(
            events.BackupMade(archive.id, backup.origin, packed.size_bytes, packed.raw_bytes, seconds),
            organisation_id=server.organisation_id, subject=charge.subject(server.id),
        )  # fmt: skip
        _forget_the_same(archive)
        prune(server.id)
        show(server.id, "backups", "events")
        return True


def record_not_made(making: Making, failure: Failure | None) -> None:
    """The attempt failed, or nobody wants it any more (`failure` None). Nothing of the world was touched."""
    with transaction():
        archive, server = _locked(making.archive_id)
        if archive.state == MAKING and archive.key == making.key and failure is not None:
            _fail(server, archive, failure)


def give_up(archive_id: UUID, failure: Failure) -> None:
    """Nobody could bring it to an end."""
    with transaction():
        archive, server = _locked(archive_id)
        if archive.state == MAKING:
            _fail(server, archive, failure)


def _fail(server: Server, archive: Archive, failure: Failure) -> None:
    archive.state, archive.finished_at, archive.failure = FAILED, clock.now(), failure.value
    if archive.key:
        forget_object(archive.organisation_id, server.id, archive.key)
    origin = db.session.get_one(Backup, archive.id, populate_existing=True).origin
    record(
        events.BackupFailed(archive.id, origin, failure.value),
        organisation_id=server.organisation_id, subject=charge.subject(server.id),
    )  # fmt: skip
    show(server.id, "backups", "events")


# --- what stays ----------------------------------------------------------------------------------------------


def _finished(server_id: UUID) -> list[tuple[Archive, Backup]]:
    rows = db.session.execute(
        select(Archive, Backup)
        .join(Backup, Backup.archive_id == Archive.id)
        .where(
            Archive.server_id == server_id,
            Archive.purpose == Purpose.BACKUP.value,
            Archive.state.in_((VERIFIED, FAILED)),
        )
        .execution_options(populate_existing=True)
    )
    return [(archive, backup) for archive, backup in rows]


def prune(server_id: UUID) -> int:
    """Forget what the plan does not keep. Never the newest good one. Joins the caller's transaction."""
    require_transaction()
    plan = db.session.get(BackupPlan, server_id, populate_existing=True)
    if plan is None:
        return 0
    rows = {archive.id: archive for archive, _backup in _finished(server_id)}
    copies = [
        Copy(
            archive.id, archive.created_at, archive.state == VERIFIED and backup.test_failure is None, backup.kept
        )
        for archive, backup in _finished(server_id)
    ]  # fmt: skip
    used = in_use(server_id)
    gone = expired(copies, plan.keep_count, plan.keep_days, clock.now()) - used
    for archive_id in gone:
        _forget(rows[archive_id])
    return len(gone)


def in_use(server_id: UUID) -> set[UUID]:
    """Backups of a server from which something is brought back right now."""
    found = db.session.execute(
        select(Restore.archive_id, Restore.first_id)
        .join(Archive, Archive.id == Restore.archive_id)
        .where(Archive.server_id == server_id, Restore.state.in_(OPEN))
    )
    return {archive_id for row in found for archive_id in row if archive_id is not None}


def _forget_the_same(archive: Archive) -> None:
    """A server that nobody plays on would fill its backups with one and the same world, and push older ones out: of
    daily ones with the same content the newest is enough.
    """
    newest = [
        (other, backup)
        for other, backup in _finished(archive.server_id)
        if other.id != archive.id and other.state == VERIFIED
    ]
    newest.sort(key=lambda pair: (pair[0].created_at, pair[0].id), reverse=True)
    if not newest:
        return
    other, backup = newest[0]
    same = other.sha256 == archive.sha256 and not backup.kept and backup.origin == Origin.DAILY
    if same and other.id not in in_use(archive.server_id):
        _forget(other)


def _forget(archive: Archive) -> None:
    archive.state = REMOVED
    if archive.key:
        forget_object(archive.organisation_id, archive.server_id, archive.key)


def own_backup(actor: Actor, server_id: UUID, archive_id: UUID) -> tuple[Server, Archive, Backup]:
    """A backup of a server the actor's organisation has, all locked. Joins the caller's transaction. Raises NotFound."""
    server = owned(actor, server_id)
    archive = db.session.get(Archive, archive_id, with_for_update=True, populate_existing=True)
    if archive is None or archive.server_id != server_id or archive.purpose != Purpose.BACKUP.value:
        raise NotFound
    if archive.state == REMOVED:
        raise NotFound
    return server, archive, lock_backup(archive_id)


def delete_backup(actor: Actor, server_id: UUID, archive_id: UUID) -> None:
    """Remove it for good; one that is being made is called off. Raises Conflict while a world is brought back from it."""
    require(actor, P.backup_delete)
    with transaction():
        server, archive, _backup = own_backup(actor, server_id, archive_id)
        if archive_id in in_use(server_id):
            raise Conflict(_("Aus diesem Backup wird gerade wiederhergestellt."))
        _forget(archive)
        record(
            events.BackupDeleted(archive.id),
            actor=actor, organisation_id=server.organisation_id, subject=charge.subject(server_id),
        )  # fmt: skip
        show(server_id, "backups", "events")


def keep_backup(actor: Actor, server_id: UUID, archive_id: UUID, *, on: bool) -> None:
    """Whether it stays until a person deletes it."""
    require(actor, P.backup_delete)
    with transaction():
        _server, _archive, backup = own_backup(actor, server_id, archive_id)
        backup.kept = on
        show(server_id, "backups")


def note_download(actor: Actor, server_id: UUID, archive_id: UUID) -> Archive:
    """Somebody takes a copy of the world home: it is written down. Raises Conflict for one that is not whole."""
    require(actor, P.backup_download)
    with transaction():
        server, archive, _backup = own_backup(actor, server_id, archive_id)
        if archive.state != VERIFIED:
            raise Conflict(_("Dieses Backup ist nicht vollständig."))
        record(
            events.BackupDownloaded(archive.id),
            actor=actor, organisation_id=server.organisation_id, subject=charge.subject(server_id),
        )  # fmt: skip
        return archive


def stale(now: datetime, longest: timedelta) -> list[tuple[UUID, bool]]:
    """Backups that are being made, and whether each has been for too long."""
    rows = db.session.execute(
        select(Archive.id, Archive.created_at).where(
            Archive.purpose == Purpose.BACKUP.value, Archive.state == MAKING
        )
    ).all()
    db.session.rollback()
    return [(archive_id, created_at < now - longest) for archive_id, created_at in rows]
