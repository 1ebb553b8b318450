"""Backups with a past: good ones, one that is kept, one that failed, one that turned out to be damaged, one in the making."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import update

from app.hosting.gateways.fake import FakeNode
from app.hosting.models import Archive, Backup
from app.hosting.services.backup import create_backup, keep_backup
from app.hosting.services.backup_plan import change_plan
from app.hosting.services.restore import restore_backup
from app.hosting.services.server import create_server, stop_server
from app.kit import clock
from app.kit.db import transaction
from tests.people import People


def backups(
    app: Flask, node: FakeNode, server_id: UUID, people: People, work: Callable[[Flask], None]
) -> dict[str, Any]:
    """Ids by name. Needs an application context; to be called last, so that nobody does the last one's work."""
    alice = people.alice.actor
    change_plan(alice, server_id, daily=True, at=time(3), zone="Europe/Berlin", keep_count=7, keep_days=30)
    made = []
    for _ in range(4):
        made.append(create_backup(alice, server_id))
        work(app)
    kept, damaged, failed, good = made
    keep_backup(alice, server_id, kept, on=True)
    now = clock.now()
    with transaction() as session:
        for days, one in ((12, kept), (3, damaged), (2, failed), (1, good)):
            at = now - timedelta(days=days)
            session.execute(
                update(Archive)
                .where(Archive.id == one)
                .values(created_at=at, finished_at=at + timedelta(seconds=95), size_bytes=734_003_200)
            )
            values = {
                "begun_at": at + timedelta(seconds=2),
                "origin": "daily" if one in (damaged, failed) else "manual",
            }
            session.execute(update(Backup).where(Backup.archive_id == one).values(values))
        session.execute(
            update(Archive)
            .where(Archive.id == failed)
            .values(state="failed", failure="full", size_bytes=None)
        )
        for one, failure in ((kept, None), (damaged, "corrupt")):
            tested = {"tested_at": now - timedelta(hours=30), "test_failure": failure}
            session.execute(update(Backup).where(Backup.archive_id == one).values(tested))
    stopped = create_server(alice, name="Spielplatz", template="flying-squid", deploy=True)
    work(app)
    node.worlds.of(stopped).append("das alte Haus")
    before = create_backup(alice, stopped)
    work(app)
    stop_server(alice, stopped)
    work(app)
    restore_backup(alice, stopped, before, save_first=False)
    work(app)
    create_backup(alice, server_id)
    return {
        "restored": stopped, "backup": good, "backup_damaged": damaged, "backup_failed": failed, "backup_restored": before,
    }  # fmt: skip
