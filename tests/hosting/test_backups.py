"""A world is copied at one moment, whatever the game does; what was made stays, and the game always saves again."""

from __future__ import annotations

import time as monotonic
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.api import NotNow
from app.core.models import Job
from app.hosting.errors import BackupFailed
from app.hosting.gateways.archive import (
    FolderStore,
    StoreFault,
    StoreFull,
    StoreRefused,
    StoreUnavailable,
)
from app.hosting.gateways.fake import FakeRuntime
from app.hosting.models import Archive, Backup, BackupPlan, SaveHold, Server
from app.hosting.rules.backup import Origin
from app.hosting.services import backup, backup_due, backup_made, backup_test, backup_work, saving
from app.hosting.services.archive import archive_server
from app.hosting.services.backup_door import ServerBackups
from app.hosting.services.backup_plan import change_plan
from app.hosting.services.place import use_archive
from app.hosting.services.plugin_backup import Backed, backups, use_backups
from app.hosting.services.server import delete_server, start_server, stop_server
from app.kit import clock
from app.kit.authz import SYSTEM
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.hosting.conftest import Host
from tests.hosting.killing import Steps, killed, recover

pytestmark = pytest.mark.slow

WORLD = {"world/region/r.0.0.mca": b"\x00block placed before\x00" * 500, "world/level.dat": b"seed"}


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


def playing(host: Host) -> UUID:
    """A server that runs, with a world."""
    server_id = host.running()
    clock.advance(60)
    fill(host, server_id)
    return server_id


def fill(host: Host, server_id: UUID, world: dict[str, bytes] = WORLD) -> None:
    folder = host.node.worlds.of(server_id, host.row(server_id).world or "").folder
    for name, content in world.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def resting(host: Host) -> UUID:
    server_id = playing(host)
    stop_server(host.owner, server_id)
    host.settle()
    assert host.row(server_id).state == "stopped"
    return server_id


def rows(server_id: UUID) -> list[Archive]:
    db.session.rollback()
    wanted = select(Archive).where(Archive.server_id == server_id, Archive.purpose == "backup")
    return list(db.session.scalars(wanted.order_by(Archive.created_at, Archive.id)))


def states(server_id: UUID) -> list[str]:
    return [row.state for row in rows(server_id)]


def objects(tmp_path: Path) -> int:
    return sum(1 for path in (tmp_path / "archive").rglob("*") if path.is_file())


def check_whole(host: Host, server_id: UUID, tmp_path: Path) -> None:
    """Nothing stuck: the game saves, nobody holds it, every verified backup is there and nothing else is."""
    db.session.rollback()
    run = host.node.run(server_id)
    assert run is None or not run.alive or run.saving, "the game never writes its world again"
    assert db.session.scalars(select(SaveHold)).all() == []
    good = [row for row in rows(server_id) if row.state == "verified"]
    assert "making" not in states(server_id)
    for row in good:
        assert (tmp_path / "archive" / row.key).is_file()
    assert objects(tmp_path) == len(good)


def test_a_running_game_is_held_still_while_it_is_copied_and_goes_on_before_the_copy_is_checked(
    db_host: Host, db_store: FolderStore, tmp_path: Path, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = playing(db_host)
    told: list[tuple[str, bool]] = []
    for name in ("put", "get_part"):
        original = getattr(FolderStore, name)

        def spied(self: FolderStore, *args: Any, _name: str = name, _original: Any = original) -> Any:
            told.append((_name, db_host.game(server_id).saving))
            return _original(self, *args)

        monkeypatch.setattr(FolderStore, name, spied)
    backup.create_backup(db_host.owner, server_id)
    db_host.settle()
    assert told == [("put", False), ("get_part", True)]
    (row,) = rows(server_id)
    assert row.state == "verified"
    assert row.size_bytes
    assert db_host.row(server_id).state == "running"
    check_whole(db_host, server_id, tmp_path)
    names = [name for name in db_host.events(server_id) if "backup" in name]
    assert names == ["hosting.backup.begun", "hosting.backup.made"] or names == [
        "backup.begun",
        "backup.made",
    ]


def test_a_world_at_rest_is_copied_as_it_is(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime
) -> None:
    server_id = resting(host)
    backup.create_backup(host.owner, server_id)
    host.settle()
    assert states(server_id) == ["verified"]
    assert host.row(server_id).state == "stopped"
    check_whole(host, server_id, tmp_path)


def test_a_game_without_such_commands_is_copied_as_it_is(
    host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = playing(host)
    template = host.game(server_id).spec.template
    silent = template.model_copy(update={"save": type(template.save)()})
    monkeypatch.setattr(backup_work, "templates", lambda: {template.slug: silent})
    put = FolderStore.put

    def busy(self: FolderStore, key: str, chunks: Any) -> None:
        fill(host, server_id, {"world/level.dat": b"written meanwhile"})
        put(self, key, chunks)

    monkeypatch.setattr(FolderStore, "put", busy)
    backup.create_backup(host.owner, server_id)
    host.settle()
    assert states(server_id) == ["verified"]


def writing(host: Host, server_id: UUID, times: int, name: str = "world/level.dat") -> Callable[..., None]:
    """Something writes in the world during the next so many copies."""
    put, left = FolderStore.put, [times]

    def disturbed(self: FolderStore, key: str, chunks: Any) -> None:
        put(self, key, chunks)
        if left[0]:
            left[0] -= 1
            fill(host, server_id, {name: f"other {left[0]}".encode() * 9})

    return disturbed


def test_a_copy_in_which_something_changed_is_made_again(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = playing(host)
    monkeypatch.setattr(FolderStore, "put", writing(host, server_id, 1))
    backup.create_backup(host.owner, server_id)
    recover(host, backup_due.run_due)
    assert states(server_id) == ["verified"]
    check_whole(host, server_id, tmp_path)


def test_what_never_stands_still_fails_and_says_so(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = playing(host)
    monkeypatch.setattr(FolderStore, "put", writing(host, server_id, 99))
    backup.create_backup(host.owner, server_id)
    recover(host, backup_due.run_due)
    (row,) = rows(server_id)
    assert (row.state, row.failure) == ("failed", "changed")
    check_whole(host, server_id, tmp_path)


def test_what_the_template_lets_change_may_change(
    host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = playing(host)
    monkeypatch.setattr(FolderStore, "put", writing(host, server_id, 99, "logs/latest.log"))
    backup.create_backup(host.owner, server_id)
    host.settle()
    assert states(server_id) == ["verified"]


def test_a_game_that_does_not_confirm_is_not_copied_and_saves_again(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = playing(host)
    template = host.game(server_id).spec.template
    quick = template.model_copy(update={"save": template.save.model_copy(update={"timeout_seconds": 0.2})})
    monkeypatch.setattr(backup_work, "templates", lambda: {template.slug: quick})
    monkeypatch.setattr(saving, "says_saved", lambda *_: False)
    backup.create_backup(host.owner, server_id)
    recover(host, backup_due.run_due)
    (row,) = rows(server_id)
    assert (row.state, row.failure) == ("failed", "not-saved")
    check_whole(host, server_id, tmp_path)


def test_a_reply_that_is_lost_is_found_in_the_console(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Saving a large world takes longer than a command may."""
    server_id = playing(host)
    send = FakeRuntime.send_command

    def slow(self: FakeRuntime, one: UUID, line: str) -> str | None:
        reply = send(self, one, line)
        if line.startswith("save-all"):
            host.node.say(server_id, "[Rcon: Saved the game]")
            from app.hosting.gateways.runtime import RuntimeUnavailable

            raise RuntimeUnavailable("no answer in time")
        return reply

    monkeypatch.setattr(FakeRuntime, "send_command", slow)
    host.node.say(server_id, "Saved the game")
    backup.create_backup(host.owner, server_id)
    host.settle()
    assert states(server_id) == ["verified"]
    check_whole(host, server_id, tmp_path)


# --- two at once, and everything else that may happen meanwhile ----------------------------------------------


def test_of_two_orders_the_second_finds_the_first(host: Host, store: FolderStore, frozen: datetime) -> None:
    server_id = playing(host)
    first = backup.create_backup(host.owner, server_id)
    assert backup.create_backup(host.admin, server_id) == first
    host.settle()
    assert states(server_id) == ["verified"]
    assert backup.create_backup(host.owner, server_id) != first


def test_of_two_workers_with_the_same_backup_the_late_one_changes_nothing(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = playing(host)
    archive_id = backup.create_backup(host.owner, server_id)
    put, entered = FolderStore.put, []

    def overtaken(self: FolderStore, key: str, chunks: Any) -> None:
        put(self, key, chunks)
        if not entered:
            entered.append(True)
            backup_work.make(archive_id)

    monkeypatch.setattr(FolderStore, "put", overtaken)
    with pytest.raises(NotNow):
        backup_work.make(archive_id)
    recover(host, backup_due.run_due)
    assert states(server_id) == ["verified"]
    check_whole(host, server_id, tmp_path)


@pytest.mark.parametrize("act", ["stop", "delete", "drop"])
def test_what_happens_during_a_copy_of_a_running_game(
    host: Host,
    store: FolderStore,
    tmp_path: Path,
    frozen: datetime,
    monkeypatch: pytest.MonkeyPatch,
    act: str,
) -> None:
    server_id = playing(host)
    archive_id = backup.create_backup(host.owner, server_id)
    put, done = FolderStore.put, []

    def then(self: FolderStore, key: str, chunks: Any) -> None:
        put(self, key, chunks)
        if not done:
            done.append(True)
            if act == "stop":
                stop_server(host.owner, server_id)
                host.game(server_id).end(0)
            elif act == "delete":
                delete_server(host.owner, server_id)
            else:
                backup.delete_backup(host.owner, server_id, archive_id)

    monkeypatch.setattr(FolderStore, "put", then)
    host.settle()
    recover(host, backup_due.run_due)
    row = host.row(server_id)
    assert row.state == {"stop": "stopped", "delete": "deleted", "drop": "running"}[act]
    if act == "stop":
        assert states(server_id) == ["verified"]
    else:
        assert set(states(server_id)) <= {"removed", "failed"}
    check_whole(host, server_id, tmp_path)


def test_a_start_during_a_copy_at_rest_makes_it_begin_again(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = resting(host)
    backup.create_backup(host.owner, server_id)
    put, copied = FolderStore.put, []

    def then(self: FolderStore, key: str, chunks: Any) -> None:
        put(self, key, chunks)
        copied.append(key)
        if len(copied) == 1:
            start_server(host.owner, server_id)

    monkeypatch.setattr(FolderStore, "put", then)
    host.settle()
    recover(host, backup_due.run_due)
    assert len(copied) == 2, "what was copied while the game began is not one moment"
    assert host.row(server_id).state == "running"
    assert states(server_id) == ["verified"]
    check_whole(host, server_id, tmp_path)


def test_a_world_that_moves_into_the_archive_meanwhile_is_no_disaster(
    host: Host, store: FolderStore, frozen: datetime
) -> None:
    server_id = resting(host)
    backup.create_backup(host.owner, server_id)
    archive_server(host.owner, server_id)
    host.settle()
    recover(host, backup_due.run_due)
    assert host.row(server_id).state == "archived"
    assert states(server_id)[0] in ("verified", "failed")
    with pytest.raises(Conflict, match="Archiv"):
        backup.create_backup(host.owner, server_id)


def test_a_draft_has_nothing_to_copy(host: Host, store: FolderStore) -> None:
    with pytest.raises(Conflict, match="keine Welt"):
        backup.create_backup(host.owner, host.create())


# --- killed --------------------------------------------------------------------------------------------------


BACKING_UP: Steps = {
    FakeRuntime: ("inspect", "world_folder", "send_command", "make_world", "remove_world", "disk_bytes"),
    FolderStore: ("put", "get_part", "finish", "get"),
    backup_made: ("begin_making", "record_made"),
    saving: ("_take", "_forget"),
    backup_test: ("begin_test", "record_tested", "cleared"),
}
LIVE_STEPS = 12


@pytest.mark.parametrize("step", range(1, LIVE_STEPS + 2))
def test_killed_while_a_running_game_is_copied(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime, step: int
) -> None:
    server_id = playing(host)
    older = backup.create_backup(host.owner, server_id)
    host.settle()
    clock.advance(3600)
    archive_id = backup.create_backup(host.owner, server_id)
    assert killed(lambda: backup_work.make(archive_id), step, BACKING_UP) == (step <= LIVE_STEPS)
    recover(host, backup_due.run_due)
    assert states(server_id) == ["verified", "verified"]
    assert rows(server_id)[0].id == older
    check_whole(host, server_id, tmp_path)


@pytest.mark.parametrize("step", range(1, LIVE_STEPS + 1))
def test_killed_and_nobody_takes_the_job_up_again_the_game_saves_all_the_same(
    host: Host, store: FolderStore, frozen: datetime, step: int
) -> None:
    """The next look at all servers is enough."""
    from app.hosting.services.reconcile import reconcile

    server_id = playing(host)
    archive_id = backup.create_backup(host.owner, server_id)
    killed(lambda: backup_work.make(archive_id), step, BACKING_UP)
    clock.advance(31)
    reconcile()
    assert host.game(server_id).saving
    assert db.session.scalars(select(SaveHold)).all() == []


def test_a_runtime_that_is_away_is_told_when_it_is_back(
    host: Host, store: FolderStore, frozen: datetime
) -> None:
    server_id = playing(host)
    archive_id = backup.create_backup(host.owner, server_id)
    assert killed(lambda: backup_work.make(archive_id), 6, BACKING_UP)
    assert not host.game(server_id).saving
    clock.advance(40)
    host.node.down = True
    assert saving.release_lost() == 0
    host.node.down = False
    assert saving.release_lost() == 1
    assert host.game(server_id).saving


def test_a_worker_that_was_frozen_does_not_take_its_copy_for_one_moment(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease ran out, the game saved again: what it packed before and after does not belong together."""
    server_id = playing(host)
    archive_id = backup.create_backup(host.owner, server_id)
    put, entered = FolderStore.put, []

    def frozen_put(self: FolderStore, key: str, chunks: Any) -> None:
        put(self, key, chunks)
        if not entered:
            entered.append(True)
            clock.advance(60)
            assert saving.release_lost() == 1

    monkeypatch.setattr(FolderStore, "put", frozen_put)
    with pytest.raises(NotNow):
        backup_work.make(archive_id)
    assert host.game(server_id).saving
    assert states(server_id) == ["making"]
    recover(host, backup_due.run_due)
    assert states(server_id) == ["verified"]
    check_whole(host, server_id, tmp_path)


def test_a_worker_that_was_frozen_before_it_held_the_game_lets_it_go_again(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was thought lost and the game told to save; then its own late order not to save arrived."""
    server_id = playing(host)
    archive_id = backup.create_backup(host.owner, server_id)
    send, told = FakeRuntime.send_command, []

    def late(self: FakeRuntime, one: UUID, line: str) -> str | None:
        if line == "save-off" and not told:
            told.append(line)
            clock.advance(60)
            assert saving.release_lost() == 1
        return send(self, one, line)

    monkeypatch.setattr(FakeRuntime, "send_command", late)
    with pytest.raises(NotNow):
        backup_work.make(archive_id)
    assert told
    assert host.game(server_id).saving
    assert db.session.scalars(select(SaveHold)).all() == []


def test_a_late_order_not_to_save_is_not_forgotten_when_the_runtime_is_away_then(
    host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = playing(host)
    archive_id = backup.create_backup(host.owner, server_id)
    send, told = FakeRuntime.send_command, []

    def late(self: FakeRuntime, one: UUID, line: str) -> str | None:
        if line == "save-off" and not told:
            told.append(line)
            clock.advance(60)
            assert saving.release_lost() == 1
            reply = send(self, one, line)
            host.node.down = True
            return reply
        return send(self, one, line)

    monkeypatch.setattr(FakeRuntime, "send_command", late)
    with pytest.raises(NotNow):
        backup_work.make(archive_id)
    host.node.down = False
    assert not host.game(server_id).saving
    clock.advance(10)
    assert saving.release_lost() == 1, "the duty was written down again"
    assert host.game(server_id).saving


# --- stores that cannot --------------------------------------------------------------------------------------


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: object) -> Any:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "failure"), [(StoreFull("no space"), "full"), (StoreUnavailable("no answer"), "unavailable")]
)
def test_a_store_that_cannot_leaves_world_and_older_backups_as_they_are(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime, monkeypatch: pytest.MonkeyPatch,
    error: Exception, failure: str,
) -> None:  # fmt: skip
    server_id = playing(host)
    backup.create_backup(host.owner, server_id)
    host.settle()
    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "put", raising(error))
        backup.create_backup(host.owner, server_id)
        for _ in range(8):
            recover(host, backup_due.run_due)
    first, second = rows(server_id)
    assert (first.state, second.state, second.failure) == ("verified", "failed", failure)
    check_whole(host, server_id, tmp_path)


@pytest.mark.parametrize(
    "error", [StoreFull("no space"), StoreUnavailable("no answer"), ValueError("unforeseen")]
)
def test_whatever_goes_wrong_while_a_game_is_held_it_saves_again_at_once(
    host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Not only when its lease has run out."""
    server_id = playing(host)
    archive_id = backup.create_backup(host.owner, server_id)
    held: list[bool] = []

    def fail(*_: object) -> None:
        held.append(host.game(server_id).saving)
        raise error

    monkeypatch.setattr(FolderStore, "put", fail)
    with suppress(NotNow, ValueError):
        backup_work.make(archive_id)
    assert held == [False]
    assert host.game(server_id).saving
    assert db.session.scalars(select(SaveHold)).all() == []


def test_one_that_waited_long_for_a_worker_is_as_patient_as_any_other(
    host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At three in the night all are due at once, and the last of them meets a store that is away for a moment."""
    server_id = playing(host)
    archive_id = backup.create_backup(host.owner, server_id)
    clock.advance(3600)
    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "put", raising(StoreUnavailable("no answer")))
        with pytest.raises(NotNow):
            backup_work.make(archive_id)
        clock.advance(240)
        with pytest.raises(NotNow):
            backup_work.make(archive_id)
    backup_work.make(archive_id)
    assert states(server_id) == ["verified"]


def test_a_lease_is_kept_by_the_copier_itself_however_slow_the_store_is(
    host: Host, store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One piece of an upload may take longer than the lease."""
    monkeypatch.setattr(saving, "LEASE", timedelta(seconds=0.6))
    monkeypatch.setattr(saving, "RENEW_SECONDS", 0.1)
    server_id = host.running()
    fill(host, server_id)
    put = FolderStore.put

    def slow(self: FolderStore, key: str, chunks: Any) -> None:
        monotonic.sleep(1.5)
        assert saving.release_lost() == 0
        put(self, key, chunks)

    monkeypatch.setattr(FolderStore, "put", slow)
    backup.create_backup(host.owner, server_id)
    host.settle()
    assert states(server_id) == ["verified"]
    check_whole(host, server_id, tmp_path)


def test_no_game_is_held_for_ever(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "RENEW_SECONDS", 0.05)
    server_id = playing(host)
    archive_id = backup.create_backup(host.owner, server_id)
    put = FolderStore.put

    def endless(self: FolderStore, key: str, chunks: Any) -> None:
        put(self, key, chunks)
        for _ in range(70):
            clock.advance(29)
            monotonic.sleep(0.1)
        assert saving.release_lost() == 1

    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "put", endless)
        with pytest.raises(NotNow):
            backup_work.make(archive_id)
    assert host.game(server_id).saving
    recover(host, backup_due.run_due)
    check_whole(host, server_id, tmp_path)


# --- waiting for one -----------------------------------------------------------------------------------------


def test_others_wait_for_a_backup_and_do_not_go_on_without_it(
    host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = playing(host)
    with transaction():
        wanted = backup.order_backup(lock(Server, server_id), SYSTEM, Origin.UPDATE)
    with pytest.raises(NotNow):
        backup.require_backup(wanted)
    host.settle()
    backup.require_backup(wanted)
    monkeypatch.setattr(FolderStore, "put", raising(StoreFull("no space")))
    with transaction():
        failed = backup.order_backup(lock(Server, server_id), SYSTEM, Origin.UPDATE)
    host.settle()
    with pytest.raises(BackupFailed, match="full"):
        backup.require_backup(failed)


def test_plugin_updates_get_their_backup_through_the_door(
    app: Flask, host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_backups(app, ServerBackups())
    server_id, found = playing(host), backups()
    assert found is not None
    with transaction():
        lock(Server, server_id)
        wanted = found.order(server_id)
    assert found.state(wanted) is Backed.MAKING
    host.settle()
    assert found.state(wanted) is Backed.VERIFIED
    backup.delete_backup(host.owner, server_id, wanted)
    assert found.state(wanted) is Backed.FAILED
    assert found.state(server_id) is Backed.FAILED, "one that never was"


# --- daily, kept, tested -------------------------------------------------------------------------------------


def daily(host: Host, server_id: UUID, **more: Any) -> None:
    change_plan(
        host.owner, server_id,
        **{"daily": True, "at": time(3), "zone": "Europe/Berlin", "keep_count": 3, "keep_days": 30, **more},
    )  # fmt: skip


def days(host: Host, server_id: UUID, count: int) -> None:
    for number in range(count):
        fill(host, server_id, {"world/level.dat": f"day {number} {clock.now()}".encode()})
        clock.advance(86400)
        backup_due.run_due()
        backup_due.run_due()
        host.settle()


def test_one_a_day_and_the_plan_keeps_as_many_as_it_says(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime
) -> None:
    server_id = playing(host)
    daily(host, server_id)
    plan = db.session.get(BackupPlan, server_id)
    assert plan is not None
    assert plan.next_at == datetime(2026, 11, 22, 2, 0, tzinfo=frozen.tzinfo)
    days(host, server_id, 5)
    assert states(server_id) == ["removed", "removed", "verified", "verified", "verified"]
    check_whole(host, server_id, tmp_path)


def test_an_outage_of_days_is_made_up_for_once(host: Host, store: FolderStore, frozen: datetime) -> None:
    server_id = playing(host)
    daily(host, server_id)
    clock.advance(5 * 86400)
    assert backup_due.run_due()["daily"] == 1
    assert backup_due.run_due()["daily"] == 0
    assert len(rows(server_id)) == 1


def test_switched_off_nothing_is_made(host: Host, store: FolderStore, frozen: datetime) -> None:
    server_id = playing(host)
    daily(host, server_id)
    daily(host, server_id, daily=False)
    clock.advance(5 * 86400)
    assert backup_due.run_due()["daily"] == 0


def test_one_and_the_same_world_does_not_push_older_ones_out(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime
) -> None:
    server_id = resting(host)
    backup.create_backup(host.owner, server_id)
    host.settle()
    fill(host, server_id, {"world/level.dat": b"later"})
    daily(host, server_id)
    for _ in range(6):
        clock.advance(86400)
        backup_due.run_due()
        host.settle()
    good = [row for row in rows(server_id) if row.state == "verified"]
    assert len(good) == 2, "the one made by hand, and the newest of those that are the same"
    check_whole(host, server_id, tmp_path)


def test_failures_never_push_the_last_good_one_out(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = playing(host)
    daily(host, server_id, keep_count=1, keep_days=2)
    days(host, server_id, 1)
    monkeypatch.setattr(FolderStore, "put", raising(StoreFull("no space")))
    days(host, server_id, 10)
    assert [row.state for row in rows(server_id)].count("verified") == 1
    check_whole(host, server_id, tmp_path)


def test_what_somebody_keeps_stays(host: Host, store: FolderStore, tmp_path: Path, frozen: datetime) -> None:
    server_id = playing(host)
    daily(host, server_id, keep_count=1)
    days(host, server_id, 1)
    kept = rows(server_id)[0].id
    backup.keep_backup(host.owner, server_id, kept, on=True)
    days(host, server_id, 3)
    assert next(row.id for row in rows(server_id) if row.state == "verified") == kept
    assert states(server_id).count("verified") == 2
    check_whole(host, server_id, tmp_path)


def results(server_id: UUID) -> list[tuple[bool, str | None]]:
    db.session.rollback()
    found = db.session.scalars(
        select(Backup).where(Backup.server_id == server_id).order_by(Backup.archive_id)
    )
    return [(row.tested_at is not None, row.test_failure) for row in found]


def test_once_a_week_one_is_unpacked_by_way_of_trial(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime
) -> None:
    server_id = playing(host)
    backup.create_backup(host.owner, server_id)
    host.settle()
    assert backup_due.run_due()["tests"] == 0
    clock.advance(7 * 86400)
    assert backup_due.run_due()["tests"] == 1
    host.settle()
    assert results(server_id) == [(True, None)]
    assert host.node.worlds.generations(server_id) == [""], "nothing of it stays on the node"
    assert backup_due.run_due()["tests"] == 0
    clock.advance(7 * 86400)
    assert backup_due.run_due()["tests"] == 1


def test_one_that_does_not_come_back_whole_counts_as_lost(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime
) -> None:
    server_id = playing(host)
    backup.create_backup(host.owner, server_id)
    host.settle()
    path = tmp_path / "archive" / rows(server_id)[0].key
    whole = path.read_bytes()
    path.write_bytes(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
    clock.advance(7 * 86400)
    backup_due.run_due()
    host.settle()
    assert results(server_id) == [(True, "corrupt")]
    assert host.node.worlds.generations(server_id) == [""]
    assert "backup.test_failed" in " ".join(host.events(server_id))


@pytest.mark.parametrize(
    "error", [StoreRefused("another key", "wrong-host-key"), StoreFault("busy"), OSError(5, "broken disk")]
)
def test_what_says_nothing_about_a_backup_does_not_make_it_a_lost_one(
    host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    server_id = playing(host)
    backup.create_backup(host.owner, server_id)
    host.settle()
    clock.advance(7 * 86400)
    with monkeypatch.context() as patched:
        patched.setattr(backup_work, "unpack", raising(error))
        backup_due.run_due()
        host.settle()
    assert results(server_id) == [(False, None)]
    assert host.node.worlds.generations(server_id) == [""]
    assert backup_due.run_due()["tests"] == 0
    clock.advance(6 * 3600)
    assert backup_due.run_due()["tests"] == 1, "tried again"
    host.settle()
    assert results(server_id) == [(True, None)]


@pytest.mark.parametrize("step", range(1, 9))
def test_killed_during_a_test(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime, step: int
) -> None:
    server_id = playing(host)
    backup.create_backup(host.owner, server_id)
    host.settle()
    clock.advance(7 * 86400)
    killed(lambda: backup_work.test(server_id), step, BACKING_UP)
    clock.advance(7 * 3600)
    recover(host, backup_due.run_due)
    assert results(server_id) == [(True, None)]
    assert host.node.worlds.generations(server_id) == [""]
    check_whole(host, server_id, tmp_path)


# --- who may -------------------------------------------------------------------------------------------------


def test_managers_make_and_delete_members_look_strangers_find_nothing(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime
) -> None:
    server_id = playing(host)
    with pytest.raises(NotAllowed):
        backup.create_backup(host.member, server_id)
    with pytest.raises(NotFound):
        backup.create_backup(host.stranger, server_id)
    made = backup.create_backup(host.admin, server_id)
    host.settle()
    for act in (backup.delete_backup, backup.note_download):
        with pytest.raises(NotAllowed):
            act(host.member, server_id, made)
        with pytest.raises(NotFound):
            act(host.stranger, server_id, made)
    with pytest.raises(Invalid):
        daily(host, server_id, zone="Mond/Krater")
    backup.delete_backup(host.owner, server_id, made)
    host.settle()
    assert objects(tmp_path) == 0
    with pytest.raises(NotFound):
        backup.delete_backup(host.owner, server_id, made)


def test_backups_go_with_their_server(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime
) -> None:
    server_id = playing(host)
    daily(host, server_id)
    days(host, server_id, 2)
    delete_server(host.owner, server_id)
    recover(host, backup_due.run_due)
    assert objects(tmp_path) == 0
    assert db.session.get(BackupPlan, server_id) is None


def test_work_that_nobody_can_bring_to_an_end_fails_at_last(
    host: Host, store: FolderStore, frozen: datetime
) -> None:
    server_id = playing(host)
    backup.create_backup(host.owner, server_id)
    db.session.execute(Job.__table__.delete())
    db.session.commit()
    clock.advance(timedelta(hours=13).total_seconds())
    backup_due.run_due()
    assert states(server_id) == ["failed"]
