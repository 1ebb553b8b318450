"""Backups, as people and the platform order, keep and delete them.

A server has at most one backup in the making: a second order finds the first.
"""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.api import NotNow, record
from app.hosting import backup_events as events
from app.hosting import tasks
from app.hosting.errors import BackupFailed
from app.hosting.models import Archive, Backup, Server
from app.hosting.policies import P
from app.hosting.rules.archive import AGAIN_AFTER, Purpose
from app.hosting.rules.backup import COPYABLE, STILL, Origin
from app.hosting.rules.server import State
from app.hosting.services import charge
from app.hosting.services.backup_made import MAKING, REMOVED, VERIFIED, forget_backup, in_use, lock_backup
from app.hosting.services.backup_plan import plan_for
from app.hosting.services.life import show
from app.hosting.services.setup import owned
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, require_transaction, transaction
from app.kit.errors import Conflict, NotFound
from app.kit.ids import new_id

ASK_AGAIN_SECONDS = 2.0
"""Until a job that waits for a backup is asked again."""


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
    if server.state in STILL:
        server.archive_after = now + AGAIN_AFTER  # it does not move away meanwhile
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


# --- what is there ------------------------------------------------------------------------------------------


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
        forget_backup(archive)
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
