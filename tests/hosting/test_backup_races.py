"""Backups and restores by many at the same moment on PostgreSQL: one copy, one world, and a game that saves."""

from __future__ import annotations

from contextlib import suppress
from datetime import time
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.core.api import NotNow
from app.hosting.gateways.archive import FolderStore
from app.hosting.models import Archive, BackupPlan, Restore, SaveHold
from app.hosting.services import backup, backup_due, backup_work, restore, restore_work, saving
from app.hosting.services.backup_plan import change_plan
from app.hosting.services.place import use_archive
from app.hosting.services.server import start_server, stop_server
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.errors import Conflict
from tests.hosting.conftest import Host
from tests.threads import at_once

pytestmark = pytest.mark.postgres


@pytest.fixture
def store(pg_app: Flask, pg_host: Host, tmp_path: Path) -> FolderStore:
    found = FolderStore(tmp_path / "archive")
    use_archive(pg_app, found)
    return found


def playing(host: Host) -> UUID:
    server_id = host.running()
    host.node.worlds.of(server_id).append("the old house")
    return server_id


def rows(server_id: UUID) -> list[Archive]:
    db.session.rollback()
    wanted = select(Archive).where(Archive.server_id == server_id, Archive.purpose == "backup")
    return list(db.session.scalars(wanted.order_by(Archive.id)))


def settle(host: Host, server_id: UUID) -> None:
    """Until nothing is under way; what somebody was told to ask for later is asked now."""
    for _ in range(20):
        backup_due.resume(clock.now())
        for row in rows(server_id):
            if row.state == "making":
                with suppress(NotNow):
                    backup_work.make(row.id)
        host.settle(1)


def test_ten_orders_are_one_backup(pg_app: Flask, pg_host: Host, store: FolderStore) -> None:
    server_id = playing(pg_host)
    results = at_once(pg_app, 10, lambda _: backup.create_backup(pg_host.owner, server_id))
    assert len(set(results)) == 1
    assert len(rows(server_id)) == 1


def test_four_workers_with_one_backup_make_one(
    pg_app: Flask, pg_host: Host, store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = playing(pg_host)
    archive_id = backup.create_backup(pg_host.owner, server_id)
    at_once(pg_app, 4, lambda _: backup_work.make(archive_id))
    settle(pg_host, server_id)
    assert [row.state for row in rows(server_id)] == ["verified"]
    assert sum(path.is_file() for path in (tmp_path / "archive").rglob("*")) == 1
    saving.release_lost()
    assert pg_host.game(server_id).saving
    assert db.session.scalars(select(SaveHold)).all() == []


def test_what_is_due_is_ordered_once(pg_app: Flask, pg_host: Host, store: FolderStore) -> None:
    server_id = playing(pg_host)
    change_plan(
        pg_host.owner, server_id, daily=True, at=time(3), zone="Europe/Berlin", keep_count=7, keep_days=30
    )
    with transaction() as session:
        session.execute(update(BackupPlan).values(next_at=clock.now()))
    results = at_once(pg_app, 5, lambda _: backup_due.order_daily(server_id))
    assert sorted(results) == [False, False, False, False, True]
    assert len(rows(server_id)) == 1


def test_a_start_and_a_restore_at_the_same_moment(pg_app: Flask, pg_host: Host, store: FolderStore) -> None:
    """Whoever is first wins; whichever it is, the server has one whole world."""
    server_id = playing(pg_host)
    made = backup.create_backup(pg_host.owner, server_id)
    settle(pg_host, server_id)
    stop_server(pg_host.owner, server_id)
    pg_host.settle()
    pg_host.node.worlds.of(server_id).append("ruins")

    def act(index: int) -> object:
        if index % 2:
            return restore.restore_backup(pg_host.owner, server_id, made, save_first=False)
        return start_server(pg_host.owner, server_id)

    results = at_once(pg_app, 6, act)
    assert sum(not isinstance(result, Exception) for result in results) == 1
    assert all(isinstance(result, Conflict) for result in results if isinstance(result, Exception))
    settle(pg_host, server_id)
    row = pg_host.row(server_id)
    restored = any(isinstance(result, UUID) for result in results)
    assert ("ruins" in list(pg_host.node.worlds.of(server_id, row.world or ""))) != restored
    assert pg_host.node.worlds.generations(server_id) == [row.world]


def test_three_workers_with_one_restore_make_one_world(
    pg_app: Flask, pg_host: Host, store: FolderStore
) -> None:
    server_id = playing(pg_host)
    made = backup.create_backup(pg_host.owner, server_id)
    settle(pg_host, server_id)
    stop_server(pg_host.owner, server_id)
    pg_host.settle()
    pg_host.node.worlds.of(server_id).append("ruins")
    restore_id = restore.restore_backup(pg_host.owner, server_id, made, save_first=False)
    at_once(pg_app, 3, lambda _: restore_work.restore(restore_id))
    settle(pg_host, server_id)
    if db.session.get_one(Restore, restore_id, populate_existing=True).state != "done":
        restore_work.restore(restore_id)
        settle(pg_host, server_id)
    row = pg_host.row(server_id)
    assert "ruins" not in list(pg_host.node.worlds.of(server_id, row.world or ""))
    assert "the old house" in list(pg_host.node.worlds.of(server_id, row.world or ""))
    assert pg_host.node.worlds.generations(server_id) == [row.world]
