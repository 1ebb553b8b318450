"""What every runtime promises about the generations of a world, tried on the fake and on the real ones."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from app.hosting.gateways.archive import FolderStore, pack, unpack, verify
from app.hosting.gateways.runtime import (
    AlreadyRunning,
    Spec,
    State,
    WorldExists,
    WorldMissing,
)
from tests.hosting.gateways.rigs import Rig, eventually, next_run

pytestmark = pytest.mark.slow

KEY = "organisation/server/archive.tar.zst"


def played(rig: Rig, *words: str) -> Spec:
    """A stopped server in whose first world something was written."""
    spec = rig.start()
    for word in words:
        rig.runtime.send_command(spec.server_id, f"write {word}")
    rig.runtime.stop(spec.server_id, 5, "stop")
    return spec


def copied(rig: Rig, spec: Spec, world: str, store: FolderStore) -> Path:
    """Packs the server's world, and unpacks it into a new generation."""
    packing = pack(rig.runtime.world_folder(spec.server_id, spec.world))
    store.put(KEY, packing)
    verify(store.get_part(KEY), packing.result)
    store.finish(KEY)
    made = rig.runtime.make_world(spec.server_id, world)
    unpack(store.get(KEY), made, packing.result)
    return made


def read(rig: Rig, spec: Spec) -> list[str]:
    return (rig.runtime.send_command(spec.server_id, "read") or "").splitlines()


def kept(rig: Rig, spec: Spec, world: str = "") -> list[str]:
    """What the game wrote into a generation, read from its files."""
    return (rig.runtime.world_folder(spec.server_id, world) / "world.txt").read_text().splitlines()


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


def test_a_stopped_world_comes_back_from_its_archive_and_goes_on(rig: Rig, store: FolderStore) -> None:
    spec = played(rig, "Turm", "Brücke")
    copied(rig, spec, "7f3", store)
    rig.runtime.remove_world(spec.server_id, "")
    awake = rig.start(next_run(spec, "7f3"))
    assert read(rig, awake) == ["Turm", "Brücke", "saved"]
    rig.runtime.send_command(awake.server_id, "write Hafen")
    rig.runtime.stop(awake.server_id, 5, "stop")
    assert kept(rig, awake, "7f3") == ["Turm", "Brücke", "saved", "Hafen", "saved"]
    again = rig.start(next_run(awake))
    assert read(rig, again)[-2:] == ["Hafen", "saved"]


def test_a_run_sees_only_its_own_generation_and_leaves_the_others_alone(rig: Rig) -> None:
    spec = played(rig, "old")
    rig.runtime.make_world(spec.server_id, "new")
    awake = rig.start(next_run(spec, "new"))
    rig.runtime.send_command(awake.server_id, "write young")
    assert read(rig, awake) == ["young"]
    assert kept(rig, spec) == ["old", "saved"]
    rig.runtime.kill(awake.server_id)
    back = rig.start(next_run(spec, ""))
    assert read(rig, back) == ["old", "saved"]
    assert kept(rig, spec, "new") == ["young"]


def test_removing_a_generation_touches_no_other_and_may_be_repeated(rig: Rig) -> None:
    spec, other = played(rig, "mine"), played(rig, "theirs")
    for world in ("a", "ab", "b"):
        (rig.runtime.make_world(spec.server_id, world) / "world.txt").write_text(f"{world}\n")
        rig.runtime.make_world(other.server_id, world)
    assert rig.another().list_worlds(spec.server_id) == ["", "a", "ab", "b"]
    for _ in range(2):
        rig.another().remove_world(spec.server_id, "a")
    with pytest.raises(WorldMissing):
        rig.runtime.world_folder(spec.server_id, "a")
    assert [kept(rig, spec, world) for world in ("", "ab", "b")] == [["mine", "saved"], ["ab"], ["b"]]
    rig.runtime.remove_world(spec.server_id, "")
    assert kept(rig, spec, "b") == ["b"]
    assert rig.runtime.disk_bytes(spec.server_id) == 0
    assert rig.runtime.list_worlds(spec.server_id) == ["ab", "b"]
    assert kept(rig, other) == ["theirs", "saved"]
    assert rig.runtime.world_folder(other.server_id, "a").is_dir()


def test_a_server_never_seen_has_no_world_to_remove(rig: Rig) -> None:
    spec = rig.spec()
    rig.runtime.remove_world(spec.server_id, "")
    rig.runtime.remove_world(spec.server_id, "b")
    assert rig.runtime.disk_bytes(spec.server_id, "b") == 0
    assert rig.runtime.list_worlds(spec.server_id) == []
    with pytest.raises(WorldMissing):
        rig.runtime.world_folder(spec.server_id, "")


def test_the_world_a_game_plays_on_is_never_removed(rig: Rig) -> None:
    spec = rig.start()
    rig.runtime.send_command(spec.server_id, "write played")
    with pytest.raises(AlreadyRunning) as caught:
        rig.another().remove_world(spec.server_id, "")
    assert caught.value.run_id == spec.run_id
    assert read(rig, spec) == ["played"]
    rig.runtime.stop(spec.server_id, 5, "stop")
    assert kept(rig, spec) == ["played", "saved"]
    rig.runtime.remove_world(spec.server_id, "")
    assert rig.runtime.disk_bytes(spec.server_id) == 0


def test_the_old_world_goes_while_the_game_runs_on_the_new_one(rig: Rig, store: FolderStore) -> None:
    spec = played(rig, "tower")
    copied(rig, spec, "2", store)
    awake = rig.start(next_run(spec, "2"))
    position = rig.console(awake).position
    rig.runtime.remove_world(awake.server_id, "")
    with pytest.raises(WorldMissing):
        rig.runtime.world_folder(awake.server_id, "")
    assert read(rig, awake) == ["tower", "saved"]
    rig.runtime.send_command(awake.server_id, r"raw still\n")
    assert eventually(lambda: rig.console(awake, position).lines) == ("still",)
    assert rig.runtime.inspect(awake.server_id).run_id == awake.run_id
    assert rig.runtime.stop(awake.server_id, 5, "stop").exit_code == 0


def test_a_generation_that_was_never_made_is_not_started_empty(rig: Rig) -> None:
    spec = played(rig, "kept")
    lost = next_run(spec, "lost")
    with pytest.raises(WorldMissing):
        rig.runtime.start(lost)
    assert rig.runtime.inspect(spec.server_id).state is not State.RUNNING
    with pytest.raises(WorldMissing):
        rig.runtime.world_folder(spec.server_id, "lost")
    again = rig.start(next_run(spec))
    assert read(rig, again) == ["kept", "saved"]


def test_a_place_for_a_world_is_empty_and_never_one_that_is_in_use(rig: Rig) -> None:
    spec = rig.spec()
    made = rig.runtime.make_world(spec.server_id, "b")
    assert list(made.iterdir()) == []
    assert rig.another().make_world(spec.server_id, "b") == made
    (made / "half").write_text("left by someone who was killed")
    with pytest.raises(WorldExists):
        rig.runtime.make_world(spec.server_id, "b")
    assert (made / "half").exists()
    assert rig.runtime.world_folder(spec.server_id, "b") == made
    rig.runtime.remove_world(spec.server_id, "b")
    assert list(rig.runtime.make_world(spec.server_id, "b").iterdir()) == []
    assert spec.server_id in {owned.server_id for owned in rig.runtime.list_owned()}


def test_removing_a_server_removes_all_generations(rig: Rig) -> None:
    spec = played(rig, "first")
    for world in ("a", "b"):
        rig.runtime.make_world(spec.server_id, world)
    rig.start(next_run(spec, "b"))
    rig.runtime.remove(spec.server_id, keep_data=True)
    assert kept(rig, spec) == ["first", "saved"]
    assert rig.runtime.world_folder(spec.server_id, "a").is_dir()
    for _ in range(2):
        rig.runtime.remove(spec.server_id, keep_data=False)
        assert rig.runtime.list_worlds(spec.server_id) == []
        for world in ("", "a", "b"):
            assert rig.runtime.disk_bytes(spec.server_id, world) == 0
            with pytest.raises(WorldMissing):
                rig.runtime.world_folder(spec.server_id, world)
        assert spec.server_id not in {owned.server_id for owned in rig.runtime.list_owned()}


def test_many_workers_may_remove_the_same_world_at_once(rig: Rig) -> None:
    spec = played(rig, "shared")
    folder = rig.runtime.world_folder(spec.server_id, "")
    for number in range(30):
        (folder / f"region{number}").mkdir()
        for chunk in range(20):
            (folder / f"region{number}" / str(chunk)).touch()
    rig.runtime.make_world(spec.server_id, "b")
    faults: list[Exception] = []

    def remove() -> None:
        try:
            rig.another().remove_world(spec.server_id, "")
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=remove) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert not folder.exists()
    assert rig.runtime.world_folder(spec.server_id, "b").is_dir()


def test_a_start_and_a_removal_at_once_never_leave_a_game_without_its_world(rig: Rig) -> None:
    spec = rig.start()
    rig.runtime.stop(spec.server_id, 5, "stop")
    for number in range(4):
        world = f"race{number}"
        (rig.runtime.make_world(spec.server_id, world) / "world.txt").write_text("whole\n")
        run = next_run(spec, world)
        told: dict[str, bool] = {}

        def start(run: Spec = run, told: dict[str, bool] = told) -> None:
            told["started"] = _done(lambda: rig.another().start(run))

        def remove(run: Spec = run, told: dict[str, bool] = told) -> None:
            told["removed"] = _done(lambda: rig.another().remove_world(run.server_id, run.world))

        threads = [threading.Thread(target=start), threading.Thread(target=remove)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert told in ({"started": True, "removed": False}, {"started": False, "removed": True})
        if told["started"]:
            rig.ready(run)
            assert read(rig, run) == ["whole"]
            rig.runtime.stop(spec.server_id, 5, "stop")


def _done(call) -> bool:
    try:
        call()
    except (AlreadyRunning, WorldMissing):
        return False
    return True


def test_disk_space_is_told_for_each_generation(rig: Rig) -> None:
    spec = played(rig)
    (rig.runtime.make_world(spec.server_id, "large") / "region").write_bytes(os.urandom(3 * 1024**2))
    assert rig.runtime.disk_bytes(spec.server_id) < 1024**2
    assert rig.runtime.disk_bytes(spec.server_id, "large") >= 3 * 1024**2
    awake = rig.start(next_run(spec, "large"))
    sample = rig.another().sample([awake.server_id])[awake.server_id]
    assert (sample.disk_bytes or 0) >= 3 * 1024**2


@pytest.mark.parametrize("world", ["../data", "A", "a-b", "a" * 33, "a\n", "ä", "."])
def test_no_other_name_becomes_part_of_a_path(rig: Rig, world: str) -> None:
    spec = rig.spec()
    with pytest.raises(ValueError, match="generation"):
        next_run(spec, world)
    for call in (rig.runtime.world_folder, rig.runtime.make_world, rig.runtime.remove_world):
        with pytest.raises(ValueError, match="generation"):
            call(spec.server_id, world)
