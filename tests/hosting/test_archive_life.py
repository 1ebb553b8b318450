"""A server that nobody needs moves into the archive and comes back whole, charged without a gap, whatever is killed."""

from __future__ import annotations

import errno
import itertools
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from pydantic import SecretStr

from app.billing.services.reconcile import find_differences
from app.hosting.gateways.archive import FolderStore, StoreFull, StoreRefused, StoreUnavailable, unpack
from app.hosting.gateways.fake import FakeRuntime
from app.hosting.models import Archive
from app.hosting.rules.archive import ArchiveState
from app.hosting.services import (
    archive,
    archive_tidy,
    archive_work,
    backup,
    backup_due,
    backup_work,
    doors,
    restore,
    restore_work,
    work,
)
from app.hosting.services.place import EXTENSION, use_archive
from app.hosting.services.server import change_server, delete_server, start_server, stop_server
from app.kit import clock
from app.kit.config import settings
from app.kit.db import db
from app.kit.errors import Conflict
from tests.hosting.conftest import Host
from tests.hosting.killing import Steps, killed, recover

pytestmark = pytest.mark.slow

WORLD = {"region/r.0.0.mca": b"\x00block placed before\x00" * 500, "level.dat": b"seed", "empty/.keep": b""}


@pytest.fixture
def store(app: Flask, host: Host, tmp_path: Path) -> FolderStore:
    """Where the archives of these tests lie."""
    found = FolderStore(tmp_path / "archive")
    use_archive(app, found)
    return found


def stopped(host: Host) -> UUID:
    """A server that ran, has a world, and stands still."""
    server_id = host.running()
    clock.advance(60)
    stop_server(host.owner, server_id)
    host.settle()
    folder = host.node.worlds.of(server_id, "").folder
    for name, content in WORLD.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    assert host.row(server_id).state == "stopped"
    return server_id


def archived(host: Host) -> UUID:
    server_id = stopped(host)
    archive.archive_server(host.owner, server_id)
    host.settle()
    assert host.row(server_id).state == "archived"
    return server_id


def content(host: Host, server_id: UUID) -> dict[str, bytes]:
    """What the node has of the world that its row names."""
    world = host.row(server_id).world
    assert world is not None
    folder = host.node.worlds.of(server_id, world).folder
    return {name: (folder / name).read_bytes() for name in WORLD if (folder / name).exists()}


def objects(store: FolderStore, tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "archive").rglob("*") if path.is_file())


def check_bill(host: Host, server_id: UUID) -> None:
    """No instant is in two phases, none is left out between the first run and the last, and the books add up."""
    found = host.intervals(server_id)
    for (_, _, _, ended), (_, _, began, _) in itertools.pairwise(found):
        assert ended == began
    assert find_differences() == []


def test_a_rested_world_moves_and_comes_back(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime
) -> None:
    server_id = stopped(host)
    clock.advance(47 * 3600)
    assert archive_work.order_due() == 0
    clock.advance(3600)
    assert archive_work.order_due() == 1
    assert archive_work.order_due() == 0
    assert host.row(server_id).state == "archiving"
    host.settle()
    row = host.row(server_id)
    assert (row.state, row.world) == ("archived", None)
    assert host.node.worlds.generations(server_id) == []
    assert len(objects(store, tmp_path)) == 1
    clock.advance(3600)
    start_server(host.owner, server_id)
    assert host.row(server_id).state == "waking"
    host.settle()
    assert host.row(server_id).state == "running"
    assert content(host, server_id) == WORLD
    meters = [meter for meter, *_ in host.intervals(server_id)]
    assert meters[:3] == ["hosting.active", "hosting.sleep", "hosting.archive"]
    assert meters[-1] == "hosting.active"
    check_bill(host, server_id)


def test_its_owner_may_shorten_the_rest_and_not_lengthen_it(
    host: Host, store: FolderStore, frozen: datetime
) -> None:
    server_id = stopped(host)
    change_server(host.owner, server_id, archive_hours=2)
    clock.advance(2 * 3600)
    assert archive_work.order_due() == 1
    host.settle()
    other = stopped_too(host)
    change_server(host.owner, other, archive_hours=500)
    clock.advance(48 * 3600)
    assert archive_work.order_due() == 1


def stopped_too(host: Host) -> UUID:
    server_id = host.running("Zweite")
    stop_server(host.owner, server_id)
    host.settle()
    return server_id


def test_one_that_never_ran_or_runs_is_left_alone(host: Host, store: FolderStore, frozen: datetime) -> None:
    host.create("Nie gelaufen")
    running = host.running("Läuft")
    clock.advance(100 * 3600)
    assert archive_work.order_due() == 0
    with pytest.raises(Conflict):
        archive.archive_server(host.owner, running)


def test_a_start_in_between_needs_nothing_of_the_copy(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy was complete, and the person faster: the world on the node stays, the copy goes."""
    server_id = stopped(host)
    archive.archive_server(host.owner, server_id)
    finish = FolderStore.finish

    def then_somebody_starts(self: FolderStore, key: str) -> None:
        finish(self, key)
        start_server(host.owner, server_id)

    monkeypatch.setattr(FolderStore, "finish", then_somebody_starts)
    host.settle()
    assert host.row(server_id).state == "running"
    assert content(host, server_id) == WORLD
    assert objects(store, tmp_path) == []
    assert {row.state for row in db.session.query(Archive)} == {ArchiveState.FAILED}
    check_bill(host, server_id)


def test_who_joins_wakes_it(host: Host, store: FolderStore, frozen: datetime) -> None:
    server_id = archived(host)
    assert doors.wake(server_id, "Alex")
    assert not doors.wake(server_id, "Mia"), "it wakes already"
    host.settle()
    assert host.row(server_id).state == "running"
    assert content(host, server_id) == WORLD


def test_stopped_while_it_wakes_it_stays_down_with_its_world(
    host: Host, store: FolderStore, frozen: datetime
) -> None:
    server_id = archived(host)
    start_server(host.owner, server_id)
    stop_server(host.owner, server_id)
    clock.advance(5)
    host.settle()
    assert host.row(server_id).state == "stopped"
    assert content(host, server_id) == WORLD
    assert host.intervals(server_id)[-1][0] == "hosting.sleep"
    check_bill(host, server_id)


def test_who_joins_after_a_stop_while_it_wakes_gets_its_world_and_not_an_empty_one(
    host: Host, store: FolderStore, frozen: datetime
) -> None:
    server_id = archived(host)
    start_server(host.owner, server_id)
    stop_server(host.owner, server_id)
    assert doors.wake(server_id, "Alex")
    row = host.row(server_id)
    assert (row.state, row.desired) == ("waking", "running"), "nothing starts before its world is there"
    assert not doors.wake(server_id, "Mia"), "it wakes already"
    host.settle()
    assert host.row(server_id).state == "running"
    assert content(host, server_id) == WORLD
    check_bill(host, server_id)


def test_the_next_archive_replaces_the_last(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime
) -> None:
    server_id = archived(host)
    first = objects(store, tmp_path)
    start_server(host.owner, server_id)
    host.settle()
    assert objects(store, tmp_path) == first, "kept until the next one is verified"
    stop_server(host.owner, server_id)
    host.settle()
    archive.archive_server(host.owner, server_id)
    host.settle()
    second = objects(store, tmp_path)
    assert len(second) == 1
    assert second != first


def test_deleting_removes_world_and_archive(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime
) -> None:
    server_id = archived(host)
    delete_server(host.owner, server_id)
    host.settle()
    assert host.row(server_id).state == "deleted"
    assert objects(store, tmp_path) == []
    check_bill(host, server_id)


def test_what_nobody_needs_is_removed_however_long_the_store_lets_nobody_in(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = archived(host)
    delete_server(host.owner, server_id)
    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "delete", raising(StoreRefused("another key", "wrong-host-key")))
        for _ in range(40):
            host.run_jobs()
            clock.advance(2 * 3600)
    assert len(objects(store, tmp_path)) == 1
    host.run_jobs()
    assert objects(store, tmp_path) == []


FAULTS = [(StoreFull("no space"), "full"), (StoreUnavailable("no answer"), "unavailable")]


@pytest.mark.parametrize(("error", "failure"), FAULTS)
def test_a_store_that_cannot_leaves_everything_as_it_is(
    host: Host,
    store: FolderStore,
    frozen: datetime,
    monkeypatch: pytest.MonkeyPatch,
    error: Any,
    failure: str,
) -> None:
    server_id = stopped(host)
    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "put", raising(error))
        archive.archive_server(host.owner, server_id)
        host.settle()
    row = host.row(server_id)
    assert (row.state, row.archive_failure, row.world) == ("stopped", failure, "")
    assert content(host, server_id) == WORLD
    clock.advance(100 * 3600)
    row = host.row(server_id)
    assert archive_work.order_due() == 1, "tried again later"
    host.settle()
    assert host.row(server_id).state == "archived"
    check_bill(host, server_id)


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: object) -> Any:
        raise error

    return fail


def test_a_store_that_is_away_for_a_while_keeps_people_waiting_and_then_says_so(
    host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = archived(host)
    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "get", raising(StoreUnavailable("no answer")))
        start_server(host.owner, server_id)
        host.settle()
        row = host.row(server_id)
        assert (row.state, row.archive_failure) == ("waking", "unavailable")
        for _ in range(12):
            clock.advance(5)
            host.settle(1)
    row = host.row(server_id)
    assert (row.state, row.desired, row.archive_failure) == ("archived", "stopped", "unavailable")
    start_server(host.owner, server_id)
    host.settle()
    assert host.row(server_id).state == "running"
    assert host.row(server_id).archive_failure is None
    assert content(host, server_id) == WORLD


def test_what_was_in_the_way_of_a_world_is_forgotten_when_it_is_back(
    host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = archived(host)
    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "get", raising(StoreUnavailable("no answer")))
        start_server(host.owner, server_id)
        host.settle()
    assert host.row(server_id).archive_failure == "unavailable"
    clock.advance(5)
    host.settle()
    row = host.row(server_id)
    assert (row.state, row.archive_failure) == ("running", None)


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES])
def test_a_disk_that_refuses_keeps_nobody_waiting_for_ever(
    host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Neither runtime nor store has a word for it: the world stays where it is, whichever way it was going."""
    server_id = stopped(host)
    with monkeypatch.context() as patched:
        patched.setattr(archive_work, "pack", raising(OSError(number, "broken")))
        archive.archive_server(host.owner, server_id)
        host.settle()
    row = host.row(server_id)
    assert (row.state, row.archive_failure) == ("stopped", "fault")
    archive.archive_server(host.owner, server_id)
    host.settle()
    with monkeypatch.context() as patched:
        patched.setattr(archive_work, "unpack", raising(OSError(number, "broken")))
        start_server(host.owner, server_id)
        host.settle()
    row = host.row(server_id)
    assert (row.state, row.archive_failure) == ("archived", "fault")
    start_server(host.owner, server_id)
    host.settle()
    assert content(host, server_id) == WORLD


def test_a_damaged_archive_is_never_taken_for_a_world(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime
) -> None:
    server_id = archived(host)
    path = next(path for path in (tmp_path / "archive").rglob("*") if path.is_file())
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    start_server(host.owner, server_id)
    host.settle()
    row = host.row(server_id)
    assert (row.state, row.archive_failure, row.world) == ("archived", "corrupt", None)
    assert host.node.worlds.generations(server_id) == []
    path.write_bytes(whole)
    start_server(host.owner, server_id)
    host.settle()
    assert content(host, server_id) == WORLD


MOVING: Steps = {
    FakeRuntime: ("inspect", "world_folder", "make_world", "remove_world", "disk_bytes"),
    FolderStore: ("put", "get_part", "finish", "get"),
    archive: ("begin_leaving", "record_archived", "begin_returning", "record_returned"),
}


@pytest.mark.parametrize("step", range(1, 9))
def test_killed_in_the_middle_of_archiving(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime, step: int
) -> None:
    server_id = stopped(host)
    archive.archive_server(host.owner, server_id)
    assert killed(lambda: archive_work.archive(server_id), step, MOVING) == (step <= 7)
    recover(host)
    assert host.row(server_id).state == "archived"
    assert len(objects(store, tmp_path)) == 1
    start_server(host.owner, server_id)
    recover(host)
    assert content(host, server_id) == WORLD
    check_bill(host, server_id)


@pytest.mark.parametrize("step", range(1, 7))
def test_killed_in_the_middle_of_waking(host: Host, store: FolderStore, frozen: datetime, step: int) -> None:
    server_id = archived(host)
    start_server(host.owner, server_id)
    assert killed(lambda: archive_work.wake(server_id), step, MOVING) == (step <= 5)
    recover(host)
    assert host.row(server_id).state == "running"
    assert content(host, server_id) == WORLD
    assert host.node.worlds.generations(server_id) == [host.row(server_id).world]
    check_bill(host, server_id)


def test_a_worker_that_was_frozen_before_it_removes_finds_nothing_of_the_world_that_came_back(
    host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It removes its own generation, however late it comes."""
    server_id = stopped(host)
    archive.archive_server(host.owner, server_id)
    archive_work.archive(server_id)
    start_server(host.owner, server_id)
    archive_work.wake(server_id)
    host.settle()
    assert host.row(server_id).state == "running"
    FakeRuntime(host.node).remove_world(server_id, "")
    archive_work.remove_world(server_id, "")
    assert content(host, server_id) == WORLD


def test_of_two_that_bring_it_back_one_wins_and_the_other_removes_its_own(
    host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = archived(host)
    start_server(host.owner, server_id)
    bring = archive_work._bring_back
    entered = []

    def overtaken(*args: Any) -> int:
        disk = bring(*args)
        if not entered:
            entered.append(True)
            archive_work.wake(server_id)  # its lease ran out: another worker did it all meanwhile
        return disk

    monkeypatch.setattr(archive_work, "_bring_back", overtaken)
    archive_work.wake(server_id)
    host.settle()
    assert host.row(server_id).state == "running"
    assert content(host, server_id) == WORLD
    assert host.node.worlds.generations(server_id) == [host.row(server_id).world]


def test_one_that_was_overtaken_by_an_attempt_that_is_still_unpacking_does_not_finish_in_its_place(
    host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = archived(host)
    start_server(host.owner, server_id)
    bring, next_one = archive_work._bring_back, []

    def overtaken(*args: Any) -> int:
        disk = bring(*args)
        if not next_one:
            next_one.append(archive.begin_returning(server_id))
        return disk

    monkeypatch.setattr(archive_work, "_bring_back", overtaken)
    archive_work.wake(server_id)
    row = host.row(server_id)
    assert (row.state, row.world, row.next_world) == ("waking", None, next_one[0].world)
    host.settle()
    assert host.row(server_id).state == "running"
    assert content(host, server_id) == WORLD
    assert host.node.worlds.generations(server_id) == [host.row(server_id).world]


def test_the_world_a_server_has_or_gets_is_never_removed_whoever_asks(
    host: Host, store: FolderStore, frozen: datetime
) -> None:
    server_id = archived(host)
    start_server(host.owner, server_id)
    attempt = archive.begin_returning(server_id)
    assert attempt is not None
    FakeRuntime(host.node).make_world(server_id, attempt.world)
    archive_work.remove_world(server_id, attempt.world)
    assert host.node.worlds.generations(server_id) == [attempt.world], "it is being unpacked"
    stop_server(host.owner, server_id)
    host.settle()
    world = host.row(server_id).world
    assert host.row(server_id).state == "stopped" and world
    archive_work.remove_world(server_id, world)
    assert content(host, server_id) == WORLD


def test_a_copy_that_did_not_arrive_as_it_was_sent_is_never_taken_for_the_world(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store took it and said yes: only reading it back tells."""
    server_id = stopped(host)
    put = FolderStore.put

    def garbled(self: FolderStore, key: str, chunks: Any) -> int:
        size = put(self, key, chunks)
        part = tmp_path / "archive" / f"{key}.part"
        data = part.read_bytes()
        part.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
        return size

    monkeypatch.setattr(FolderStore, "put", garbled)
    archive.archive_server(host.owner, server_id)
    host.settle()
    row = host.row(server_id)
    assert (row.state, row.archive_failure, row.world) == ("stopped", "corrupt", "")
    assert content(host, server_id) == WORLD
    assert objects(store, tmp_path) == []
    assert host.intervals(server_id)[-1][0] == "hosting.sleep"


def test_of_two_that_archive_it_the_late_one_changes_nothing(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = stopped(host)
    archive.archive_server(host.owner, server_id)
    copy = archive_work._copy
    entered = []

    def overtaken(*args: Any) -> Any:
        packed = copy(*args)
        if not entered:
            entered.append(True)
            archive_work.archive(server_id)
        return packed

    monkeypatch.setattr(archive_work, "_copy", overtaken)
    archive_work.archive(server_id)
    host.settle()
    assert host.row(server_id).state == "archived"
    assert len(objects(store, tmp_path)) == 1
    start_server(host.owner, server_id)
    host.settle()
    assert content(host, server_id) == WORLD


def test_what_killed_attempts_left_is_removed_and_nothing_else(
    host: Host, store: FolderStore, tmp_path: Path, frozen: datetime
) -> None:
    server_id = archived(host)
    start_server(host.owner, server_id)
    host.settle()
    left = FakeRuntime(host.node).make_world(server_id, "0123456789abcdef")
    (left / "part").write_bytes(b"of a world")
    stop_server(host.owner, server_id)
    host.settle()
    archive.archive_server(host.owner, server_id)
    killed(lambda: archive_work.archive(server_id), 4, MOVING)
    start_server(host.owner, server_id)  # before anybody could say that the attempt is over
    host.settle()
    clock.advance(3 * 3600)
    assert archive_tidy.tidy() == 2
    assert archive_tidy.tidy() == 0
    host.settle()
    assert host.node.worlds.generations(server_id) == [host.row(server_id).world]
    assert content(host, server_id) == WORLD
    assert len(objects(store, tmp_path)) == 1, "the last verified archive stays"


def test_a_world_that_comes_back_after_its_server_was_deleted_does_not_stay(
    host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker was unpacking when everything was removed, went on, and was killed before it could clean up."""
    server_id = archived(host)
    other = stopped_too(host)
    start_server(host.owner, server_id)
    make = FakeRuntime.make_world

    def deleted_before(self: FakeRuntime, one: UUID, world: str) -> Path:
        delete_server(host.owner, server_id)
        work.delete(server_id)
        assert host.row(server_id).state == "deleted"
        return make(self, one, world)

    monkeypatch.setattr(FakeRuntime, "make_world", deleted_before)
    assert killed(lambda: archive_work.wake(server_id), 1, {archive_work: ("_bring_back",)})
    assert host.node.worlds.generations(server_id)
    assert archive_tidy.tidy() == 1
    assert host.node.worlds.generations(server_id) == []
    assert host.node.worlds.generations(other) == [""]
    assert archive_tidy.tidy() == 0


def test_a_setting_that_makes_no_sense_leaves_worlds_where_they_are_and_says_so(
    app: Flask, host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id, waiting = archived(host), stopped_too(host)
    monkeypatch.delitem(app.extensions[EXTENSION], "archive")
    monkeypatch.setattr(settings(), "archive_url", SecretStr("sftp://nobody"))
    archive.archive_server(host.owner, waiting)
    start_server(host.owner, server_id)
    host.settle()
    assert (host.row(waiting).state, host.row(waiting).archive_failure) == ("stopped", "refused")
    assert (host.row(server_id).state, host.row(server_id).archive_failure) == ("archived", "refused")


def test_a_disk_on_which_games_save_is_never_filled_by_a_world_that_comes_back(
    host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = stopped(host)
    (host.node.worlds.of(server_id, "").folder / "large.mca").write_bytes(b"x" * (12 << 20))
    archive.archive_server(host.owner, server_id)
    host.settle()
    start_server(host.owner, server_id)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1 << 40, 0, 50 << 20))
        host.settle()
    assert (host.row(server_id).state, host.row(server_id).archive_failure) == ("archived", "disk-full")
    assert host.node.worlds.generations(server_id) == []
    start_server(host.owner, server_id)
    host.settle()
    assert content(host, server_id) == WORLD


@pytest.mark.parametrize("test_run", [False, True])
def test_what_is_being_unpacked_is_no_leftover(
    host: Host, store: FolderStore, frozen: datetime, monkeypatch: pytest.MonkeyPatch, test_run: bool
) -> None:
    """A restore or a restore test is under way while leftovers are looked for: nothing of it goes."""
    server_id = stopped(host)
    backup_id = backup.create_backup(host.owner, server_id)
    host.settle()
    (host.node.worlds.of(server_id, "").folder / "level.dat").write_bytes(b"another seed")
    looked: list[int] = []

    def meanwhile(chunks: Any, folder: Path, packed: Any) -> None:
        unpack(chunks, folder, packed)
        looked.append(archive_tidy.tidy())
        assert folder.exists()

    monkeypatch.setattr(backup_work if test_run else restore_work, "unpack", meanwhile)
    if test_run:
        clock.advance(8 * 86400)
        backup_due.run_due()
    else:
        restore.restore_backup(host.owner, server_id, backup_id)
    recover(host)
    assert looked == [0]
    expected = WORLD | {"level.dat": b"another seed"} if test_run else WORLD
    assert content(host, server_id) == expected
