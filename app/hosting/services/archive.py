"""Worlds that move into the archive and come back: what is written down, each step in one transaction.

Every attempt has a name of its own, the copy's key on the way out and the world's generation on the way in, written on
the row before anything is made under it. Only the attempt whose name still stands there may finish; whoever comes late
finds another name, and removes what it made itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.core.api import record
from app.hosting import events, tasks
from app.hosting.gateways.archive import Packed
from app.hosting.models import Archive, Server
from app.hosting.policies import P
from app.hosting.rules.archive import AGAIN_AFTER, ArchiveState, Failure, Purpose
from app.hosting.rules.server import Desired, Reason, State
from app.hosting.services import charge
from app.hosting.services.check import require_no_restore
from app.hosting.services.forget import drop_archives, forget_object
from app.hosting.services.life import begin_if_affordable, queue_archive, set_state, show
from app.hosting.services.setup import owned
from app.kit import clock
from app.kit.authz import SYSTEM, Actor, require
from app.kit.db import db, lock, move, require_transaction, transaction
from app.kit.errors import Conflict
from app.kit.ids import new_id


@dataclass(frozen=True)
class Leaving:
    """One attempt to copy a world into the archive."""

    archive_id: UUID
    key: str
    world: str


@dataclass(frozen=True)
class Returning:
    """One attempt to bring a world back."""

    world: str
    key: str
    packed: Packed
    former_world: str | None
    """What an attempt that was killed may have left."""


def archive_server(actor: Actor, server_id: UUID) -> None:
    """Move a stopped server's world into the archive now. Raises Conflict when it is not stopped or never ran."""
    require(actor, P.server_power)
    with transaction():
        server = owned(actor, server_id)
        if server.state not in (State.STOPPED, State.CRASHED) or server.last_ended_at is None:
            raise Conflict
        order_archive(server, actor)


def order_archive(server: Server, actor: Actor) -> None:
    """Begin. Joins the caller's transaction; the row is locked. A planned restart is taken back.

    Raises Conflict while another world is being brought into the server.
    """
    require_transaction()
    require_no_restore(server)
    archive = Archive(
        id=new_id(), server_id=server.id, organisation_id=server.organisation_id, purpose=Purpose.REST.value,
        state=ArchiveState.MAKING.value, key="", game_version=server.game_version, created_at=clock.now(),
    )  # fmt: skip
    db.session.add(archive)
    db.session.flush()
    set_state(
        server, State.ARCHIVING, desired=Desired.STOPPED.value, next_restart_at=None, archive_id=archive.id,
        archive_after=None, archive_failure=None,
    )  # fmt: skip
    queue_archive(server, actor)
    record(
        events.ArchiveBegun(),
        actor=actor, organisation_id=server.organisation_id, subject=charge.subject(server.id),
    )  # fmt: skip


def begin_leaving(server_id: UUID) -> Leaving | None:
    """A new attempt. None when the server does not move (any more). What a killed one may have left is removed."""
    with transaction():
        server = lock(Server, server_id)
        if server.state != State.ARCHIVING or server.archive_id is None or server.world is None:
            return None
        archive = db.session.get_one(Archive, server.archive_id, populate_existing=True)
        if archive.key:
            forget_object(server.organisation_id, server_id, archive.key)
        archive.key = f"{server.organisation_id.hex}/{server_id.hex}/{new_id().hex}.tar.zst"
        return Leaving(archive.id, archive.key, server.world)


def still_leaving(server_id: UUID, attempt: Leaving) -> bool:
    """Whether the attempt is still wanted: a start in between makes it worthless."""
    wanted = (
        select(Server.id)
        .join(Archive, Archive.id == Server.archive_id)
        .where(Server.id == server_id, Server.state == State.ARCHIVING.value, Archive.key == attempt.key)
    )
    found = db.session.scalar(wanted) is not None
    db.session.rollback()
    return found


def record_archived(server_id: UUID, attempt: Leaving, packed: Packed) -> bool:
    """The copy is verified and in its place: from here on it is the world. False when nobody wants it any more.

    The world on the node goes after this, by a job of its own; copies of earlier rests go too.
    """
    with transaction():
        server = lock(Server, server_id)
        archive = db.session.get(Archive, attempt.archive_id, populate_existing=True)
        current = server.state == State.ARCHIVING and server.archive_id == attempt.archive_id
        if archive is None or not current or archive.key != attempt.key:
            return False
        now = clock.now()
        archive.state, archive.finished_at = ArchiveState.VERIFIED.value, now
        archive.sha256, archive.size_bytes = packed.sha256, packed.size_bytes
        archive.raw_bytes, archive.files = packed.raw_bytes, packed.files
        db.session.flush()
        set_state(server, State.ARCHIVED, world=None)
        charge.archived(server.organisation_id, server.id, archive.id, now, packed.size_bytes)
        tasks.remove_world.later(
            organisation_id=server.organisation_id, subject=charge.subject(server_id),
            server_id=str(server_id), world=attempt.world,
        )  # fmt: skip
        drop_archives(server_id, Purpose.REST, keep=archive.id)
        seconds = round((now - archive.created_at).total_seconds())
        record(
            events.ServerArchived(packed.size_bytes, packed.raw_bytes, seconds),
            organisation_id=server.organisation_id, subject=charge.subject(server_id),
        )  # fmt: skip
        return True


def record_not_archived(server_id: UUID, attempt: Leaving, failure: Failure | None) -> None:
    """The attempt failed, or nobody wants it any more (`failure` None). The world is where it was."""
    with transaction():
        server = lock(Server, server_id)
        archive = db.session.get(Archive, attempt.archive_id, populate_existing=True)
        if archive is None or archive.key != attempt.key or archive.state != ArchiveState.MAKING:
            return
        archive.state, archive.finished_at = ArchiveState.FAILED.value, clock.now()
        archive.failure = failure.value if failure else None
        if failure is None or server.state != State.ARCHIVING or server.archive_id != attempt.archive_id:
            return
        now = clock.now()
        set_state(
            server, State.STOPPED, archive_id=None, archive_after=now + AGAIN_AFTER, archive_failure=failure.value
        )  # fmt: skip
        record(
            events.ArchiveFailed(failure.value),
            organisation_id=server.organisation_id, subject=charge.subject(server_id),
        )  # fmt: skip


def begin_returning(server_id: UUID) -> Returning | None:
    """A new attempt. None when the server does not wake (any more)."""
    with transaction():
        server = lock(Server, server_id)
        if server.state != State.WAKING or server.archive_id is None:
            return None
        archive = db.session.get_one(Archive, server.archive_id)
        former, server.next_world = server.next_world, new_id().hex
        packed = Packed(
            archive.sha256 or "", archive.size_bytes or 0, archive.raw_bytes or 0, archive.files or 0
        )
        return Returning(server.next_world, archive.key, packed, former)


def record_returned(server_id: UUID, attempt: Returning, disk_bytes: int | None) -> bool:
    """The world is whole on the node: start, when that is still wanted. False when another attempt was first.

    Its archive stays until the next one is verified.
    """
    with transaction():
        server = lock(Server, server_id)
        if server.state != State.WAKING or server.next_world != attempt.world:
            return False
        server.world, server.next_world, server.archive_failure = attempt.world, None, None
        if disk_bytes is not None:
            server.disk_bytes = disk_bytes
        now = clock.now()
        db.session.flush()
        charge.returned(server.organisation_id, server_id, attempt.world, now, server.disk_bytes)
        record(
            events.ServerReturned(round((now - server.state_since).total_seconds(), 3)),
            organisation_id=server.organisation_id, subject=charge.subject(server_id),
        )  # fmt: skip
        if server.desired == Desired.RUNNING:
            begin_if_affordable(server)
        else:
            set_state(server, State.STOPPED)
        return True


def record_not_returned(server_id: UUID, attempt: Returning, failure: Failure) -> None:
    """The world did not come back; it is safe in the archive, or that is what has to be looked into."""
    with transaction():
        server = lock(Server, server_id)
        if server.state != State.WAKING or server.next_world != attempt.world:
            return
        set_state(
            server, State.ARCHIVED, desired=Desired.STOPPED.value, next_world=None,
            reason=Reason.NOT_RETURNED.value, archive_failure=failure.value,
        )  # fmt: skip
        record(
            events.WakeFailed(failure.value),
            organisation_id=server.organisation_id, subject=charge.subject(server_id),
        )  # fmt: skip


def note_waiting(server_id: UUID, failure: Failure) -> None:
    """The store gives no answer just now: people who wait see why."""
    with transaction():
        server = lock(Server, server_id)
        if server.state == State.WAKING and server.archive_failure != failure.value:
            move(Server, server_id, from_=State.WAKING, to=State.WAKING, archive_failure=failure.value)
            show(server_id)


def order_due(server_id: UUID) -> bool:
    """Begin for a server whose rest has lasted long enough, unless somebody decided otherwise meanwhile."""
    with transaction():
        server = lock(Server, server_id)
        still = server.state in (State.STOPPED, State.CRASHED) and server.desired == Desired.STOPPED
        later = server.archive_after is not None and server.archive_after > clock.now()
        if not still or later or server.last_ended_at is None:
            return False
        try:
            order_archive(server, SYSTEM)
        except Conflict:  # a restore that has taken longer than it was expected to
            return False
        return True
