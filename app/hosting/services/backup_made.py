"""Backups, as they are written down while one is made and when it is there, and which of them stay.

As with worlds that rest, every attempt has a key of its own on the row before anything is written under it, and only the
attempt whose key still stands there may finish (services/archive.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.core.api import NotNow, record
from app.hosting import backup_events as events
from app.hosting.gateways.archive import Packed
from app.hosting.models import Archive, Backup, BackupPlan, Restore, Server
from app.hosting.rules.archive import ArchiveState, Failure, Purpose
from app.hosting.rules.backup import ATTEMPTS, COPYABLE, OPEN, STILL, Copy, Origin, expired
from app.hosting.rules.server import State
from app.hosting.services import charge
from app.hosting.services.forget import forget_object
from app.hosting.services.life import show
from app.kit import clock
from app.kit.db import db, lock, require_transaction, transaction
from app.kit.errors import NotFound
from app.kit.ids import new_id

MAKING, VERIFIED = ArchiveState.MAKING.value, ArchiveState.VERIFIED.value
FAILED, REMOVED = ArchiveState.FAILED.value, ArchiveState.REMOVED.value
GONE = (State.DELETING, State.DELETED)
SAME_ATTEMPT = timedelta(minutes=10)
"""One that is taken up again so soon, because a runtime or a store gave no answer, has begun when it first did."""
BETWEEN_SECONDS = 3.0
"""Until it is asked again whether a server that starts or stops can be copied."""


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
    begun_at: datetime
    """Since when somebody is at it; before that it waited for a worker."""


def begin_making(archive_id: UUID) -> Making | None:
    """A new attempt. None when nobody wants it (any more). Raises NotNow while the server starts or stops."""
    with transaction():
        archive, server = _locked(archive_id)
        if archive.state != MAKING:
            return None
        if server.state in GONE:  # nobody needs to hear of this one
            forget_backup(archive)
            return None
        if server.state not in COPYABLE or server.world is None:
            _fail(server, archive, Failure.NO_WORLD)
            return None
        if server.state in (State.STARTING, State.STOPPING):
            raise NotNow(BETWEEN_SECONDS)
        backup = db.session.get_one(Backup, archive_id, populate_existing=True)
        now = clock.now()
        if backup.begun_at is None or now - backup.begun_at > SAME_ATTEMPT:
            backup.begun_at = now
        if archive.key:
            forget_object(archive.organisation_id, server.id, archive.key)
        archive.key = f"{server.organisation_id.hex}/{server.id.hex}/{new_id().hex}.tar.zst"
        show(server.id, "backups")
        return Making(
            archive_id, archive.key, server.id, server.runtime, server.template, server.world, server.run_id,
            server.state == State.RUNNING, server.disk_bytes or 0, backup.begun_at,
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
        backup.begun_at = None
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


def give_up(archive_id: UUID) -> None:
    """Nobody could bring it to an end."""
    with transaction():
        archive, server = _locked(archive_id)
        if archive.state == MAKING:
            _fail(server, archive, Failure.FAULT)


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


def stale(now: datetime, longest: timedelta) -> list[tuple[UUID, bool]]:
    """Backups that are being made, and whether each has been for too long."""
    rows = db.session.execute(
        select(Archive.id, Archive.created_at).where(
            Archive.purpose == Purpose.BACKUP.value, Archive.state == MAKING
        )
    ).all()
    db.session.rollback()
    return [(archive_id, created_at < now - longest) for archive_id, created_at in rows]


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
    finished = _finished(server_id)
    copies = [
        Copy(
            archive.id, archive.created_at, archive.state == VERIFIED and backup.test_failure is None, backup.kept
        )
        for archive, backup in finished
    ]  # fmt: skip
    gone = expired(copies, plan.keep_count, plan.keep_days, clock.now()) - in_use(server_id)
    for archive, _backup in finished:
        if archive.id in gone:
            forget_backup(archive)
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
        forget_backup(other)


def forget_backup(archive: Archive) -> None:
    """It is gone for people; a job removes the object. Joins the caller's transaction."""
    archive.state = REMOVED
    if archive.key:
        forget_object(archive.organisation_id, archive.server_id, archive.key)
