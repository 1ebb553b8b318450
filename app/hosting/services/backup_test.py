"""Restore tests, as they are written down: which backup is tried, where it is unpacked, what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from random import SystemRandom
from uuid import UUID

from sqlalchemy import select

from app.core.api import record
from app.hosting import backup_events as events
from app.hosting import tasks
from app.hosting.gateways.archive import Packed
from app.hosting.models import Archive, Backup, BackupPlan, Server
from app.hosting.rules.archive import ArchiveState, Failure, Purpose
from app.hosting.rules.backup import TEST_EVERY, TRY_TEST_AGAIN
from app.hosting.rules.server import State
from app.hosting.services import charge
from app.hosting.services.life import show
from app.kit import clock
from app.kit.db import db, lock, transaction
from app.kit.ids import new_id

_GONE = (State.DELETING.value, State.DELETED.value)


@dataclass(frozen=True)
class Testing:
    """One restore test."""

    server_id: UUID
    archive_id: UUID
    runtime: str
    key: str
    packed: Packed
    world: str
    former_world: str | None
    """What a test that was killed may have left."""


def begin_test(server_id: UUID) -> Testing | None:
    """Choose one of the good backups by chance, or go on with the one that was chosen. None when there is none."""
    with transaction():
        server = lock(Server, server_id)
        plan = db.session.get(BackupPlan, server_id, populate_existing=True)
        if plan is None or server.state in _GONE:
            return None
        good = db.session.scalars(
            select(Archive)
            .join(Backup, Backup.archive_id == Archive.id)
            .where(
                Archive.server_id == server_id,
                Archive.purpose == Purpose.BACKUP.value,
                Archive.state == ArchiveState.VERIFIED.value,
                Backup.test_failure.is_(None),
            )
            .execution_options(populate_existing=True)
        ).all()
        if not good:
            plan.test_at = clock.now() + TEST_EVERY
            return None
        chosen = next((one for one in good if one.id == plan.test_archive_id), None)
        archive = chosen or SystemRandom().choice(good)
        former, plan.test_world = plan.test_world, new_id().hex
        plan.test_archive_id = archive.id
        plan.test_at = clock.now() + TRY_TEST_AGAIN  # should nobody bring this one to an end
        packed = Packed(
            archive.sha256 or "", archive.size_bytes or 0, archive.raw_bytes or 0, archive.files or 0
        )
        return Testing(server_id, archive.id, server.runtime, archive.key, packed, plan.test_world, former)


def record_tested(testing: Testing, failure: Failure | None) -> None:
    """What came of it. One that is gone meanwhile cannot have failed."""
    with transaction():
        server = lock(Server, testing.server_id)
        plan = db.session.get(BackupPlan, testing.server_id, populate_existing=True)
        archive = db.session.get(Archive, testing.archive_id, populate_existing=True)
        if plan is None or archive is None or plan.test_world != testing.world:
            return
        now = clock.now()
        plan.test_at, plan.test_archive_id = now + TEST_EVERY, None
        if archive.state != ArchiveState.VERIFIED or archive.key != testing.key:
            return
        backup = db.session.get_one(Backup, archive.id, populate_existing=True)
        backup.tested_at, backup.test_failure = now, failure.value if failure else None
        fact = (
            events.BackupTested(archive.id)
            if failure is None
            else events.BackupTestFailed(archive.id, failure.value)
        )
        record(fact, organisation_id=server.organisation_id, subject=charge.subject(server.id))
        show(server.id, "backups", "events")


def put_off(testing: Testing) -> None:
    """It could not be tried: no answer, no space. That says nothing about the backup."""
    with transaction():
        lock(Server, testing.server_id)
        plan = db.session.get(BackupPlan, testing.server_id, populate_existing=True)
        if plan is not None and plan.test_world == testing.world:
            plan.test_at, plan.test_archive_id = clock.now() + TRY_TEST_AGAIN, None


def cleared(testing: Testing) -> None:
    """What was unpacked is gone from the node."""
    with transaction():
        lock(Server, testing.server_id)
        plan = db.session.get(BackupPlan, testing.server_id, populate_existing=True)
        if plan is not None and plan.test_world == testing.world:
            plan.test_world = None


def sweep() -> int:
    """Have removed what tests that are over left on the node, because their worker was killed or could not. Returns how
    many.
    """
    left = list(
        db.session.scalars(
            select(BackupPlan.server_id).where(
                BackupPlan.test_world.is_not(None), BackupPlan.test_archive_id.is_(None)
            )
        )
    )
    db.session.rollback()
    for server_id in left:
        with transaction():
            server = lock(Server, server_id)
            plan = db.session.get(BackupPlan, server_id, populate_existing=True)
            if plan is None or plan.test_world is None or plan.test_archive_id is not None:
                continue
            tasks.remove_world.later(
                organisation_id=server.organisation_id, subject=charge.subject(server_id),
                server_id=str(server_id), world=plan.test_world,
            )  # fmt: skip
            plan.test_world = None
    return len(left)
