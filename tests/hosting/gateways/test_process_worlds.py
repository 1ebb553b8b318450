"""Generations of a world as folders of the process runtime: killed workers, links, owners and old records."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.hosting.gateways.archive import pack, unpack
from app.hosting.gateways.disk import remove_folder
from app.hosting.gateways.process import ProcessRuntime, readings
from app.hosting.gateways.runtime import AlreadyRunning, DiskFull, State, WorldExists, WorldMissing
from tests.hosting.gateways.rigs import Rig, next_run, open_folder, process_rig
from tests.hosting.gateways.test_process_runtime import as_root, current, folders

pytestmark = pytest.mark.slow


@pytest.fixture
def rig() -> Iterator[Rig]:
    with open_folder() as folder, process_rig(folder) as found:
        yield found


def test_what_a_killed_worker_left_of_a_world_or_a_server_goes_with_the_next_removal(rig: Rig) -> None:
    spec = rig.start()
    rig.runtime.stop(spec.server_id, 5, "stop")
    server = folders(rig).server(spec.server_id)
    rig.runtime.make_world(spec.server_id, "b")
    server.data("a").mkdir()
    (server.data("a") / "half").touch()
    server.data("a").rename(server.path / "data-a.0123.gone")
    rig.runtime.remove_world(spec.server_id, "c")
    assert sorted(path.name for path in server.path.glob("data*")) == ["data", "data-b"]
    server.path.rename(server.path.with_name(f"{server.path.name}.0123.gone"))
    assert spec.server_id not in {owned.server_id for owned in rig.runtime.list_owned()}
    rig.runtime.remove(spec.server_id, keep_data=False)
    assert list(server.path.parent.iterdir()) == []


def test_a_worker_killed_while_it_removes_a_world_left_it_whole_or_gone(rig: Rig) -> None:
    spec = rig.start()
    rig.runtime.stop(spec.server_id, 5, "stop")
    config = rig.runtime.config  # type: ignore[attr-defined]
    script = f"""
from pathlib import Path
from uuid import UUID
from app.hosting.gateways.process import ProcessConfig, ProcessRuntime
runtime = ProcessRuntime(ProcessConfig(root=Path({str(config.root)!r}), cache=Path({str(config.cache)!r})))
print("ready", flush=True)
input()
runtime.remove_world(UUID({str(spec.server_id)!r}), "big")
"""
    seen = set()
    for milliseconds in (0, 1, 2, 4, 8, 16, 32):
        made = rig.runtime.make_world(spec.server_id, "big")
        for number in range(3000):
            (made / str(number)).touch()
        worker = subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path.cwd()
        )
        assert worker.stdin is not None
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"ready\n"
        worker.stdin.write(b"\n")
        worker.stdin.flush()
        time.sleep(milliseconds / 1000)
        worker.kill()
        worker.communicate()
        seen.add(made.exists())
        assert not made.exists() or len(os.listdir(made)) == 3000
        rig.runtime.remove_world(spec.server_id, "big")
        assert sorted(path.name for path in made.parent.glob("data*")) == ["data"]
    assert False in seen


def test_the_record_of_a_run_from_before_there_were_generations_is_read(rig: Rig) -> None:
    spec = rig.start()
    record = current(rig, spec).path / "run.json"
    written = json.loads(record.read_text())
    assert written.pop("world") == ""
    record.write_text(json.dumps(written))
    assert rig.another().inspect(spec.server_id).state is State.RUNNING
    with pytest.raises(AlreadyRunning):
        rig.another().remove_world(spec.server_id, "")


def test_a_link_in_the_place_of_a_world_is_never_followed(rig: Rig, tmp_path: Path) -> None:
    spec = rig.start()
    rig.runtime.stop(spec.server_id, 5, "stop")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "world.txt").write_text("not yours")
    folders(rig).server(spec.server_id).data("b").symlink_to(outside)
    with pytest.raises(WorldMissing):
        rig.runtime.world_folder(spec.server_id, "b")
    with pytest.raises(WorldExists):
        rig.runtime.make_world(spec.server_id, "b")
    with pytest.raises(WorldMissing):
        rig.runtime.start(next_run(spec, "b"))
    rig.runtime.remove_world(spec.server_id, "b")
    assert (outside / "world.txt").read_text() == "not yours"
    assert not folders(rig).server(spec.server_id).data("b").is_symlink()


def test_what_an_ended_game_left_running_is_ended_before_its_world_goes(rig: Rig) -> None:
    spec = rig.start()
    rig.runtime.send_command(spec.server_id, "spawn 2")
    rig.runtime.send_command(spec.server_id, "stop")
    rig.ended(spec)
    run = current(rig, spec)
    assert len(readings.victims(run)) == 2
    rig.runtime.remove_world(spec.server_id, "")
    assert readings.victims(run) == []
    assert rig.runtime.inspect(spec.server_id).exit_code == 0


@as_root
def test_folders_that_a_game_closed_to_us_go_all_the_same() -> None:
    with open_folder() as above:
        world = above / "games" / "world"
        (world / "closed" / "below").mkdir(parents=True)
        (world / "closed" / "below" / "region").touch()
        (world / "link").symlink_to(above)
        for path in (above / "games", world, world / "closed", world / "closed" / "below"):
            os.chown(path, 65534, 65534)
        (world / "closed" / "below").chmod(0)
        (world / "closed").chmod(0)
        child = os.fork()
        if not child:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            try:
                remove_folder(world)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert not world.exists()
        assert above.is_dir()


@as_root
def test_a_world_packed_under_another_user_belongs_to_the_servers_own_when_it_runs(rig: Rig) -> None:
    one, two = rig.start(), rig.start()
    rig.runtime.send_command(one.server_id, "write moved")
    for spec in (one, two):
        rig.runtime.stop(spec.server_id, 5, "stop")
    packing = pack(rig.runtime.world_folder(one.server_id, ""))
    chunks = list(packing)
    made = rig.runtime.make_world(two.server_id, "b")
    unpack(chunks, made, packing.result)
    awake = rig.start(next_run(two, "b"))
    assert "moved" in (rig.runtime.send_command(awake.server_id, "read") or "")
    user = int((rig.runtime.send_command(awake.server_id, "who") or "0").split()[0])
    assert {path.lstat().st_uid for path in (made, *made.iterdir())} == {user}
    assert made.stat().st_mode & 0o077 == 0


def test_without_space_no_place_for_a_world_is_made(rig: Rig) -> None:
    spec = rig.spec()
    full = ProcessRuntime(dataclasses.replace(rig.runtime.config, free_bytes=1 << 60))  # type: ignore[attr-defined]
    with pytest.raises(DiskFull):
        full.make_world(spec.server_id, "b")
    with pytest.raises(WorldMissing):
        full.world_folder(spec.server_id, "b")
