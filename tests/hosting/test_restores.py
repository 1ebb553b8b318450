"""A world comes back from a backup whole or not at all, and the present one stays until it has."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.billing.services.reconcile import find_differences
from app.core.models import Job
from app.hosting.gateways.archive import FolderStore, StoreFull, StoreUnavailable
from app.hosting.gateways.fake import FakeRuntime
from app.hosting.gateways.runtime import DiskFull
from app.hosting.models import Archive, Restore, Server
from app.hosting.services import archive, archive_work, backup, backup_due, doors, restore, restore_work
from app.hosting.services.place import use_archive
from app.hosting.services.server import delete_server, deploy, start_server, stop_server
from app.kit import clock
from app.kit.db import db
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.hosting.conftest import Host
from tests.hosting.killing import Steps, killed, recover

pytestmark = pytest.mark.slow

BEFORE = {"world/region/r.0.0.mca": b"\x00the old house\x00" * 500, "world/level.dat": b"seed"}
AFTER = {
    "world/region/r.0.0.mca": b"\x00ruins\x00" * 700,
    "world/level.dat": b"seed",
    "world/new.dat": b"new",
}


@pytest.fixture
def store(app: Flask, host: Host, tmp_path: Path) -> FolderStore:
    found = FolderStore(tmp_path / "archive")
    use_archive(app, found)
    return found


@pytest.fixture
def db_store(db_app: Flask, db_host: Host, tmp_path: Path) -> FolderStore:
    found = FolderStore(tmp_path / "archive")
    use_archive(db_app, found)
    return found


def fill(host: Host, server_id: UUID, world: dict[str, bytes]) -> None:
    folder = host.node.worlds.of(server_id, host.row(server_id).world or "").folder
    for name, content in world.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def content(host: Host, server_id: UUID) -> dict[str, bytes]:
    world = host.row(server_id).world
    assert world is not None
    folder = host.node.worlds.of(server_id, world).folder
    return {name: (folder / name).read_bytes() for name in AFTER if (folder / name).exists()}


def backed_up(host: Host) -> tuple[UUID, UUID]:
    """A stopped server with another world than that of its backup."""
    server_id = host.running()
    clock.advance(60)
    fill(host, server_id, BEFORE)
    made = backup.create_backup(host.owner, server_id)
    host.settle()
    stop_server(host.owner, server_id)
    host.settle()
    fill(host, server_id, AFTER)
    assert host.row(server_id).state == "stopped"
    return server_id, made


def restores(server_id: UUID) -> list[tuple[str, str | None]]:
    db.session.rollback()
    wanted = select(Restore.state, Restore.failure).where(Restore.server_id == server_id)
    return [
        (state, failure)
        for state, failure in db.session.execute(wanted.order_by(Restore.created_at, Restore.id))
    ]


def good(server_id: UUID) -> int:
    db.session.rollback()
    rows = db.session.scalars(
        select(Archive).where(Archive.server_id == server_id, Archive.purpose == "backup")
    )
    return sum(row.state == "verified" for row in rows)


def check(host: Host, server_id: UUID) -> None:
    """One world on the node, nothing stuck, and the books add up."""
    assert host.node.worlds.generations(server_id) == [host.row(server_id).world]
    assert all(state in ("done", "failed") for state, _ in restores(server_id))
    found = host.intervals(server_id)
    for (_, _, _, ended), (_, _, began, _) in itertools.pairwise(found):
        assert ended == began
    assert find_differences() == []


def test_the_world_of_a_backup_takes_the_place_of_the_present_one_which_is_backed_up_before(
    db_host: Host, db_store: FolderStore, frozen: datetime
) -> None:
    server_id, made = backed_up(db_host)
    clock.advance(3600)
    restore.restore_backup(db_host.owner, server_id, made)
    with pytest.raises(Conflict, match="wiederhergestellt"):
        start_server(db_host.owner, server_id)
    db_host.settle()
    recover(db_host, backup_due.run_due)
    assert content(db_host, server_id) == BEFORE
    assert restores(server_id) == [("done", None)]
    assert good(server_id) == 2
    check(db_host, server_id)
    start_server(db_host.owner, server_id)
    db_host.settle()
    assert db_host.row(server_id).state == "running"
    assert content(db_host, server_id) == BEFORE
    stop_server(db_host.owner, server_id)
    db_host.settle()
    newest = db.session.scalars(
        select(Archive).where(Archive.server_id == server_id, Archive.id != made, Archive.purpose == "backup")
    ).one()
    restore.restore_backup(db_host.owner, server_id, newest.id, save_first=False)
    recover(db_host, backup_due.run_due)
    assert content(db_host, server_id) == AFTER, "and back again"
    check(db_host, server_id)


def test_without_a_backup_before_only_the_world_changes(
    host: Host, store: FolderStore, frozen: datetime
) -> None:
    server_id, made = backed_up(host)
    restore.restore_backup(host.owner, server_id, made, save_first=False)
    host.settle()
    assert content(host, server_id) == BEFORE
    assert good(server_id) == 1
    check(host, server_id)


def test_a_backup_before_that_fails_stops_it(
    host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id, made = backed_up(host)
    monkeypatch.setattr(FolderStore, "put", raising(StoreFull("no space")))
    restore.restore_backup(host.owner, server_id, made)
    recover(host, backup_due.run_due)
    assert restores(server_id) == [("failed", "full")]
    assert content(host, server_id) == AFTER
    check(host, server_id)


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: object) -> Any:
        raise error

    return fail


@pytest.mark.parametrize("state", ["running", "archived", "draft"])
def test_only_a_stopped_server_takes_another_world(
    host: Host, store: FolderStore, frozen: datetime, state: str
) -> None:
    server_id, made = backed_up(host)
    if state == "running":
        start_server(host.owner, server_id)
    elif state == "archived":
        archive.archive_server(host.owner, server_id)
    else:
        with pytest.raises(NotFound):
            restore.restore_backup(host.owner, host.create("Entwurf"), made)
        return
    host.settle()
    with pytest.raises(Conflict, match="Stoppe"):
        restore.restore_backup(host.owner, server_id, made)


def test_who_joins_waits_until_it_is_over(host: Host, store: FolderStore, frozen: datetime) -> None:
    server_id, made = backed_up(host)
    restore.restore_backup(host.owner, server_id, made, save_first=False)
    with pytest.raises(Conflict, match="wiederhergestellt"):
        doors.wake(server_id, "Alex")
    recover(host, backup_due.run_due)
    assert doors.wake(server_id, "Alex")
    host.settle()
    assert host.row(server_id).state == "running"
    assert content(host, server_id) == BEFORE


def test_one_at_a_time_and_its_backup_stays_meanwhile(
    host: Host, store: FolderStore, frozen: datetime
) -> None:
    server_id, made = backed_up(host)
    restore.restore_backup(host.owner, server_id, made)
    with pytest.raises(Conflict, match="wiederhergestellt"):
        restore.restore_backup(host.owner, server_id, made)
    with pytest.raises(Conflict, match="wiederhergestellt"):
        backup.delete_backup(host.owner, server_id, made)


FAULTS: list[tuple[Exception, str]] = [
    (StoreUnavailable("no answer"), "unavailable"),
    (DiskFull("no space"), "disk-full"),
    (PermissionError(13, "not ours"), "fault"),
]


@pytest.mark.parametrize(("error", "failure"), FAULTS)
def test_what_is_in_the_way_leaves_the_present_world_as_it_is(
    host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch, error: Exception, failure: str
) -> None:  # fmt: skip
    server_id, made = backed_up(host)
    owner, name = (FolderStore, "get") if failure == "unavailable" else (FakeRuntime, "make_world")
    monkeypatch.setattr(owner, name, raising(error))
    restore.restore_backup(host.owner, server_id, made, save_first=False)
    for _ in range(7):
        recover(host, backup_due.run_due)
    assert restores(server_id) == [("failed", failure)]
    assert content(host, server_id) == AFTER
    check(host, server_id)
    start_server(host.owner, server_id)


def test_a_damaged_backup_never_becomes_a_world(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime
) -> None:
    server_id, made = backed_up(host)
    path = tmp_path / "archive" / db.session.get_one(Archive, made).key
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    restore.restore_backup(host.owner, server_id, made, save_first=False)
    host.settle()
    assert restores(server_id) == [("failed", "corrupt")]
    assert content(host, server_id) == AFTER
    check(host, server_id)


# --- a new server --------------------------------------------------------------------------------------------


def test_a_new_server_begins_with_the_world_of_a_backup(
    db_host: Host, db_store: FolderStore, frozen: datetime
) -> None:
    server_id, made = backed_up(db_host)
    new = restore.restore_as_new(db_host.owner, server_id, made, name="Zweite Welt", once="a")
    assert restore.restore_as_new(db_host.owner, server_id, made, name="Zweite Welt", once="a") == new
    with pytest.raises(Conflict, match="wiederhergestellt"):
        deploy(db_host.owner, new)
    db_host.settle()
    row = db_host.row(new)
    assert (row.state, row.template, row.memory_mb) == (
        "draft",
        "flying-squid",
        db_host.row(server_id).memory_mb,
    )
    assert content(db_host, new) == BEFORE
    assert db_host.intervals(new) == [], "a draft costs nothing"
    deploy(db_host.owner, new)
    db_host.settle()
    assert db_host.row(new).state == "running"
    assert content(db_host, new) == BEFORE
    assert content(db_host, server_id) == AFTER, "the old one is as it was"
    check(db_host, new)


def test_a_new_server_needs_a_name_of_its_own_and_nothing_is_left_of_one_that_has_none(
    host: Host, store: FolderStore, frozen: datetime
) -> None:
    server_id, made = backed_up(host)
    before = db.session.query(Server).count()
    with pytest.raises(Invalid):
        restore.restore_as_new(host.owner, server_id, made, name="Bauwelt")
    assert db.session.query(Server).count() == before
    assert db.session.query(Restore).count() == 0


def test_a_server_whose_world_is_being_copied_into_a_new_one_is_not_deleted_under_it(
    host: Host, store: FolderStore, frozen: datetime
) -> None:
    """Backups go with their server: the new one would never get its world, and nobody else would have it."""
    server_id, made = backed_up(host)
    new = restore.restore_as_new(host.owner, server_id, made, name="Zweite Welt")
    with pytest.raises(Conflict, match="neuer"):
        delete_server(host.owner, server_id)
    host.settle()
    assert content(host, new) == BEFORE
    delete_server(host.owner, server_id)
    host.settle()
    assert host.row(server_id).state == "deleted"
    deploy(host.owner, new)
    host.settle()
    assert content(host, new) == BEFORE


def test_no_server_moves_away_while_a_world_is_brought_into_it(
    host: Host, store: FolderStore, frozen: datetime
) -> None:
    server_id, made = backed_up(host)
    restore.restore_backup(host.owner, server_id, made, save_first=False)
    with pytest.raises(Conflict, match="wiederhergestellt"):
        archive.archive_server(host.owner, server_id)
    clock.advance(60 * 3600)
    assert archive_work.order_due() == 0
    host.settle()
    assert restores(server_id) == [("done", None)]
    assert content(host, server_id) == BEFORE


def test_members_and_strangers_bring_nothing_back(host: Host, store: FolderStore, frozen: datetime) -> None:
    server_id, made = backed_up(host)
    with pytest.raises(NotAllowed):
        restore.restore_backup(host.member, server_id, made)
    with pytest.raises(NotAllowed):
        restore.restore_as_new(host.member, server_id, made, name="Meins")
    with pytest.raises(NotFound):
        restore.restore_backup(host.stranger, server_id, made)
    with pytest.raises(NotFound):
        restore.restore_as_new(host.stranger, server_id, made, name="Meins")


# --- killed and overtaken ------------------------------------------------------------------------------------


RESTORING: Steps = {
    FakeRuntime: ("make_world", "remove_world", "disk_bytes"),
    FolderStore: ("get",),
    restore_work: ("unpack",),
    restore: ("begin_restoring", "record_restored"),
}


@pytest.mark.parametrize("step", range(1, 8))
def test_killed_in_the_middle(host: Host, store: FolderStore, frozen: datetime, step: int) -> None:
    server_id, made = backed_up(host)
    restore_id = restore.restore_backup(host.owner, server_id, made, save_first=False)
    assert killed(lambda: restore_work.restore(restore_id), step, RESTORING) == (step <= 6)
    assert content(host, server_id) == (AFTER if step < 6 else BEFORE), "one of the two, whole"
    recover(host, backup_due.run_due)
    assert restores(server_id) == [("done", None)]
    assert content(host, server_id) == BEFORE
    check(host, server_id)


def test_a_worker_that_comes_back_late_removes_its_own_generation_only(
    host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id, made = backed_up(host)
    restore_id = restore.restore_backup(host.owner, server_id, made, save_first=False)
    bring, entered = restore_work._bring, []

    def overtaken(*args: Any) -> int:
        disk = bring(*args)
        if not entered:
            entered.append(True)
            restore_work.restore(restore_id)
        return disk

    monkeypatch.setattr(restore_work, "_bring", overtaken)
    restore_work.restore(restore_id)
    host.settle()
    assert restores(server_id) == [("done", None)]
    assert content(host, server_id) == BEFORE
    check(host, server_id)


def test_deleted_meanwhile_nothing_of_it_is_left(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id, made = backed_up(host)
    restore.restore_backup(host.owner, server_id, made, save_first=False)
    bring = restore_work._bring

    def then_deleted(*args: Any) -> int:
        disk = bring(*args)
        delete_server(host.owner, server_id)
        return disk

    monkeypatch.setattr(restore_work, "_bring", then_deleted)
    recover(host, backup_due.run_due)
    assert host.row(server_id).state == "deleted"
    assert restores(server_id) == [("failed", "changed")]
    assert host.node.worlds.generations(server_id) == []


def test_one_that_nobody_can_bring_to_an_end_lets_the_server_start_again(
    host: Host, store: FolderStore, frozen: datetime
) -> None:
    server_id, made = backed_up(host)
    restore.restore_backup(host.owner, server_id, made, save_first=False)
    db.session.execute(Job.__table__.delete())
    db.session.commit()
    clock.advance(13 * 3600)
    backup_due.run_due()
    host.settle()
    assert restores(server_id) == [("failed", "fault")]
    start_server(host.owner, server_id)
    host.settle()
    assert content(host, server_id) == AFTER
