"""Backups of games that really run and really write, made by workers that are really killed."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.billing.services.price import ensure_price_list
from app.hosting import catalog
from app.hosting.gateways.archive import unpack, verify
from app.hosting.gateways.archive.manifest import Packed
from app.hosting.gateways.process import ProcessRuntime
from app.hosting.models import Archive, SaveHold
from app.hosting.services import backup, backup_due, backup_work, restore, saving
from app.hosting.services.place import archive_store, process_config, runtime_named, use_runtimes
from app.hosting.services.reconcile import reconcile
from app.hosting.services.server import start_server, stop_server
from app.kit.config import settings
from app.kit.db import db, transaction
from tests.conftest import make_app
from tests.hosting.conftest import Host
from tests.hosting.gateways.rigs import CATALOG, eventually
from tests.services.processes import free_range

pytestmark = pytest.mark.slow


@pytest.fixture
def toy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_jobs: Callable[..., list[str]]
) -> Iterator[Host]:
    """A house whose only game is the one for tests, in the process runtime."""
    monkeypatch.setattr(catalog, "FOLDER", CATALOG)
    catalog.templates.cache_clear()
    app = make_app(tmp_path, game_ports=free_range(20))
    with app.app_context():
        config = replace(process_config(settings()), catalog=CATALOG)
        use_runtimes(app, {"process": lambda: ProcessRuntime(config)})
        with transaction():
            ensure_price_list()
        host = Host(None, run_jobs)  # type: ignore[arg-type]
        host.template = "edge"
        host.fund()
        yield host
        for owned in runtime_named("process").list_owned():
            runtime_named("process").remove(owned.server_id, keep_data=False)
        db.session.remove()
    monkeypatch.undo()
    catalog.templates.cache_clear()


def settle(host: Host, done: Callable[[], bool], seconds: float = 60.0) -> None:
    """Work until it is so."""
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, "did not happen in time"
        host.run_jobs()
        reconcile()
        backup_due.run_due()
        time.sleep(0.05)


def say(server_id: UUID, line: str) -> str:
    return runtime_named("process").send_command(server_id, line) or ""


def playing(host: Host) -> UUID:
    """A game that keeps writing."""
    server_id = host.create(deploy=True)
    settle(host, lambda: host.row(server_id).state == "running")
    say(server_id, "write the old house")
    say(server_id, "busy")
    eventually(lambda: (folder_of(host, server_id) / "region.mca").exists())
    return server_id


def folder_of(host: Host, server_id: UUID) -> Path:
    return runtime_named("process").world_folder(server_id, host.row(server_id).world or "")


def rows(server_id: UUID) -> list[Archive]:
    db.session.rollback()
    wanted = select(Archive).where(Archive.server_id == server_id, Archive.purpose == "backup")
    return list(db.session.scalars(wanted.order_by(Archive.id)))


def finished(server_id: UUID) -> bool:
    return all(row.state != "making" for row in rows(server_id))


def packed(row: Archive) -> Packed:
    return Packed(row.sha256 or "", row.size_bytes or 0, row.raw_bytes or 0, row.files or 0)


def one_moment(folder: Path) -> bool:
    """The region file is of one write: the game replaces it line by line."""
    return len(set((folder / "region.mca").read_text().split())) == 1


def test_a_game_that_writes_all_the_time_is_copied_at_one_moment_and_goes_on(
    toy: Host, tmp_path: Path
) -> None:
    server_id = playing(toy)
    backup.create_backup(toy.owner, server_id)
    settle(toy, lambda: finished(server_id))
    (row,) = rows(server_id)
    assert (row.state, row.failure) == ("verified", None)
    back = tmp_path / "back"
    unpack(archive_store().get(row.key), back, packed(row))
    assert one_moment(back)
    assert say(server_id, "saving") == "yes"
    before = (folder_of(toy, server_id) / "region.mca").read_bytes()
    eventually(lambda: (folder_of(toy, server_id) / "region.mca").read_bytes() != before)


def test_the_world_comes_back_and_is_played_on(toy: Host) -> None:
    server_id = playing(toy)
    made = backup.create_backup(toy.owner, server_id)
    settle(toy, lambda: finished(server_id))
    say(server_id, "write ruins")
    stop_server(toy.owner, server_id)
    settle(toy, lambda: toy.row(server_id).state == "stopped")
    restore.restore_backup(toy.owner, server_id, made)
    settle(toy, lambda: (toy.row(server_id).world or "") != "")
    start_server(toy.owner, server_id)
    settle(toy, lambda: toy.row(server_id).state == "running")
    told = eventually(lambda: say(server_id, "read"))
    assert "the old house" in str(told)
    assert "ruins" not in str(told)
    settle(toy, lambda: len(list(folder_of(toy, server_id).parent.glob("data*"))) == 1)


def test_a_new_server_plays_on_in_a_copy(toy: Host) -> None:
    server_id = playing(toy)
    made = backup.create_backup(toy.owner, server_id)
    settle(toy, lambda: finished(server_id))
    new = restore.restore_as_new(toy.owner, server_id, made, name="Kopie")
    settle(toy, lambda: (toy.row(new).world or "") != "")
    from app.hosting.services.server import deploy

    deploy(toy.owner, new)
    settle(toy, lambda: toy.row(new).state == "running")
    assert "the old house" in str(eventually(lambda: say(new, "read")))


def _make(app: Flask, archive_id: UUID) -> None:
    with app.app_context():
        db.engine.dispose(close=False)
        backup_work.make(archive_id)


@pytest.mark.parametrize("seed", range(12))
def test_a_worker_that_is_killed_leaves_a_game_that_saves_and_whole_backups(
    toy: Host, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """SIGKILL at a random instant; then the next look, and the next attempt."""
    from flask import current_app

    monkeypatch.setattr(saving, "LEASE", saving.LEASE / 30)
    monkeypatch.setattr(saving, "RENEW_SECONDS", 0.2)
    server_id = playing(toy)
    backup.create_backup(toy.owner, server_id)
    settle(toy, lambda: finished(server_id))
    archive_id = backup.create_backup(toy.owner, server_id)
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    db.session.remove()
    worker = get_context("fork").Process(target=_make, args=(app, archive_id))
    worker.start()
    time.sleep(random.Random(seed).uniform(0.0, 0.5))
    assert worker.pid is not None
    if worker.is_alive():
        os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    time.sleep(1.1)
    reconcile()
    assert say(server_id, "saving") == "yes"
    assert db.session.scalars(select(SaveHold)).all() == []
    settle(toy, lambda: finished(server_id))
    assert [row.state for row in rows(server_id)] == ["verified", "verified"]
    for row in rows(server_id):
        verify(archive_store().get(row.key), packed(row))
    assert say(server_id, "saving") == "yes"


@pytest.fixture
def squid(tmp_path: Path, squid_cache: Path, run_jobs: Callable[..., list[str]]) -> Iterator[Host]:
    (tmp_path / "games-cache").symlink_to(squid_cache)
    app = make_app(tmp_path, game_ports=free_range(20))
    with app.app_context():
        with transaction():
            ensure_price_list()
        host = Host(None, run_jobs)  # type: ignore[arg-type]
        host.fund()
        yield host
        for owned in runtime_named("process").list_owned():
            runtime_named("process").remove(owned.server_id, keep_data=False)
        db.session.remove()


def test_flying_squid_is_held_still_and_its_world_comes_back(
    squid: Host, node_tools: object, tmp_path: Path
) -> None:
    server_id = squid.create(deploy=True)
    settle(squid, lambda: squid.row(server_id).state == "running", 120)
    backup.create_backup(squid.owner, server_id)
    settle(squid, lambda: finished(server_id))
    (row,) = rows(server_id)
    assert (row.state, row.failure) == ("verified", None)
    assert squid.row(server_id).state == "running"
    assert "enabled" in say(server_id, "save-on")
    back = tmp_path / "back"
    unpack(archive_store().get(row.key), back, packed(row))
    assert (back / "world" / "level.dat").is_file()
