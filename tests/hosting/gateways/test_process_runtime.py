"""What the process runtime promises beyond the contract: it survives us, keeps servers apart and cleans up."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.hosting.gateways.process import ProcessConfig, ProcessRuntime, launch
from app.hosting.gateways.process.folders import Folders, Run
from app.hosting.gateways.process.system import Identity, Stat
from app.hosting.gateways.runtime import (
    AlreadyRunning,
    DiskFull,
    Quiet,
    Spec,
    State,
)
from app.hosting.rules.setting import Setting, Words
from tests.hosting.gateways.rigs import (
    CATALOG,
    EDGE,
    Rig,
    eventually,
    make_spec,
    open_folder,
    process_rig,
)

pytestmark = pytest.mark.slow
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives each server a user of its own")


@pytest.fixture
def rig() -> Iterator[Rig]:
    with open_folder() as folder, process_rig(folder) as found:
        yield found


def folders(rig: Rig) -> Folders:
    return rig.runtime._folders  # type: ignore[attr-defined, no-any-return]


def current(rig: Rig, spec: Spec) -> Run:
    run = folders(rig).server(spec.server_id).current()
    assert run is not None
    return run


def test_a_game_outlives_the_worker_that_started_it(rig: Rig) -> None:
    folder = rig.runtime.config.root  # type: ignore[attr-defined]
    spec = make_spec()
    rig.used.append(spec)
    script = f"""
import sys, time, uuid
from pathlib import Path
from app.hosting.gateways.process import ProcessConfig, ProcessRuntime
from tests.hosting.gateways.rigs import CATALOG, make_spec
import dataclasses
runtime = ProcessRuntime(ProcessConfig(root=Path({str(folder)!r}), cache=Path({str(folder)!r}),
                                       installation="test{os.getpid()}", catalog=CATALOG))
spec = dataclasses.replace(make_spec(port={spec.port}), server_id=uuid.UUID({str(spec.server_id)!r}),
                           run_id=uuid.UUID({str(spec.run_id)!r}))
runtime.start(spec)
print("started", flush=True)
time.sleep(600)
"""
    worker = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, start_new_session=True, cwd=Path.cwd()
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == b"started\n"
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    rig.ready(spec)
    assert rig.runtime.inspect(spec.server_id).run_id == spec.run_id
    assert rig.runtime.stop(spec.server_id, 5, "stop").exit_code == 0


def test_a_start_that_was_cut_off_before_anything_ran_is_done_by_the_next_try(rig: Rig) -> None:
    spec = rig.spec()
    server = folders(rig).server(spec.server_id)
    server.path.mkdir(parents=True)
    server.add_run(launch._record(spec, None, None))
    assert rig.runtime.inspect(spec.server_id).state is State.UNKNOWN
    assert rig.runtime.start(spec).fresh
    rig.ready(spec)


def test_a_game_whose_supervisor_was_killed_still_runs_and_can_be_stopped(rig: Rig) -> None:
    spec = rig.start()
    supervisor = current(rig, spec).identity("supervisor")
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    eventually(lambda: not supervisor.alive())
    assert rig.runtime.inspect(spec.server_id).state is State.RUNNING
    assert not rig.runtime.start(spec).fresh
    with pytest.raises(AlreadyRunning):
        rig.runtime.start(dataclasses.replace(spec, run_id=uuid.uuid4()))
    seen = rig.runtime.stop(spec.server_id, 5, "stop")
    assert (seen.state, seen.exit_code) == (State.EXITED, None)
    assert rig.start(dataclasses.replace(spec, run_id=uuid.uuid4()))


def test_a_reused_process_id_is_not_taken_for_the_game(tmp_path: Path) -> None:
    own = Stat.read(os.getpid())
    assert own is not None
    (tmp_path / "game").write_text(f"{own.pid} {own.start_ticks} {own.session}\n")
    (tmp_path / "other").write_text(f"{own.pid} {own.start_ticks - 1} {own.session}\n")
    assert Identity.read(tmp_path / "game").alive()  # type: ignore[union-attr]
    assert not Identity.read(tmp_path / "other").alive()  # type: ignore[union-attr]
    (tmp_path / "half").write_text(f"{own.pid} {own.start_ticks}")
    assert Identity.read(tmp_path / "half") is None


def test_after_a_reboot_nothing_is_alive(rig: Rig) -> None:
    spec = rig.start()
    record = current(rig, spec).path / "run.json"
    before = json.loads(record.read_text())
    record.write_text(json.dumps({**before, "boot_id": "another boot"}))
    assert rig.another().inspect(spec.server_id).state is State.EXITED
    record.write_text(json.dumps(before))


def test_no_process_is_left_behind_as_our_child(rig: Rig) -> None:
    before = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    spec = rig.start()
    rig.runtime.stop(spec.server_id, 5, "stop")
    assert Path(f"/proc/self/task/{os.getpid()}/children").read_text().split() == before


def test_nothing_of_our_environment_reaches_the_game(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONTOR_SECRET_KEYS", "very secret")
    monkeypatch.setenv("DATABASE_PASSWORD", "very secret")
    spec = rig.start()
    said = rig.runtime.send_command(spec.server_id, "who") or ""
    assert "HOME" in said
    assert "KONTOR_SECRET_KEYS" not in said
    assert "DATABASE_PASSWORD" not in said


def test_what_a_game_keeps_stays_from_run_to_run_unless_it_is_too_much(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = rig.start()
    assert "XDG_CACHE_HOME" in (rig.runtime.send_command(spec.server_id, "who") or "")
    kept = folders(rig).server(spec.server_id).path / "cache"
    (kept / "small").write_bytes(b"x" * 5000)
    rig.runtime.stop(spec.server_id, 5, "stop")
    spec = dataclasses.replace(spec, run_id=uuid.uuid4())
    rig.runtime.start(spec)
    assert (kept / "small").is_file()
    assert kept.stat().st_uid == folders(rig).server(spec.server_id).data().stat().st_uid
    assert oct(kept.stat().st_mode)[-3:] == "700"
    rig.runtime.stop(spec.server_id, 5, "stop")
    monkeypatch.setattr(launch, "KEPT_BYTES", 4000)
    rig.runtime.start(dataclasses.replace(spec, run_id=uuid.uuid4()))
    assert list(kept.iterdir()) == []
    rig.runtime.remove(spec.server_id, keep_data=True)
    assert not kept.exists()


@as_root
def test_each_server_has_its_own_user_who_cannot_read_the_others(rig: Rig) -> None:
    one, two = rig.start(), rig.start()
    users = {int((rig.runtime.send_command(spec.server_id, "who") or "0").split()[0]) for spec in (one, two)}
    assert len(users) == 2
    assert 0 not in users
    secret = folders(rig).server(one.server_id)
    for path in (secret.data(), secret.secret, current(rig, one).path):
        for user in users - {secret.data().stat().st_uid}:
            seen = subprocess.run(
                ["setpriv", f"--reuid={user}", "--clear-groups", "ls", path], capture_output=True
            )
            content = subprocess.run(
                ["setpriv", f"--reuid={user}", "--clear-groups", "cat", path], capture_output=True
            )
            assert content.returncode != 0
            assert path.is_file() or seen.returncode != 0


@as_root
def test_what_is_told_about_isolation_is_what_a_start_does(rig: Rig) -> None:
    assert rig.runtime.isolation()["user"] == "own"  # type: ignore[attr-defined]
    above = folders(rig).root.parent
    above.chmod(0o700)
    assert rig.runtime.isolation()["user"] == "shared"  # type: ignore[attr-defined]
    spec = rig.start()
    assert int((rig.runtime.send_command(spec.server_id, "who") or "1").split()[0]) == 0


@as_root
def test_a_server_keeps_its_user_from_run_to_run(rig: Rig) -> None:
    spec = rig.start()
    first = rig.runtime.send_command(spec.server_id, "who").split()[0]  # type: ignore[union-attr]
    rig.runtime.stop(spec.server_id, 5, "stop")
    again = rig.start(dataclasses.replace(spec, run_id=uuid.uuid4()))
    assert rig.runtime.send_command(again.server_id, "who").split()[0] == first  # type: ignore[union-attr]


def test_kernel_limits_are_set(rig: Rig) -> None:
    spec = rig.start()
    game = current(rig, spec).identity("game")
    assert game is not None
    limits = Path(f"/proc/{game.pid}/limits").read_text()
    assert f"Max file size             {64 * 1024**3}" in limits
    assert "Max core file size        0" in limits
    assert "NoNewPrivs:\t1" in Path(f"/proc/{game.pid}/status").read_text()


def test_with_too_little_space_nothing_is_started_and_the_run_may_be_tried_again(rig: Rig) -> None:
    spec = rig.spec()
    config = rig.runtime.config  # type: ignore[attr-defined]
    full = ProcessRuntime(dataclasses.replace(config, free_bytes=1 << 60))
    with pytest.raises(DiskFull):
        full.start(spec)
    assert full.inspect(spec.server_id).state is State.ABSENT
    assert rig.runtime.start(spec).fresh
    rig.ready(spec)


def test_cgroups_go_with_the_server(rig: Rig) -> None:
    groups = rig.runtime._groups  # type: ignore[attr-defined]
    if groups is None:
        pytest.skip("cgroups cannot be written here")
    spec = rig.start()
    name = current(rig, spec).record.cgroup
    assert name is not None
    assert groups.members(name)
    rig.runtime.remove(spec.server_id, keep_data=False)
    assert not any(folder.exists() for folder in groups.folders(name))


def test_bytes_to_players_are_counted(rig: Rig) -> None:
    spec = rig.start()
    with socket.create_connection(("127.0.0.1", spec.port)) as player:
        player.sendall(b"x" * 5000)
        eventually(lambda: (_traffic(rig, spec) or 0) >= 5000)
    assert (_traffic(rig, spec) or 0) >= 5000


def _traffic(rig: Rig, spec: Spec) -> int | None:
    return rig.runtime.sample([spec.server_id])[spec.server_id].network_received_bytes_total


def test_the_console_jumps_over_a_flood_and_frees_what_was_read(rig: Rig) -> None:
    spec = rig.start()
    position = rig.console(spec).position
    rig.runtime.send_command(spec.server_id, "flood 120000")
    log = current(rig, spec).path / "console.log"
    eventually(lambda: log.stat().st_size > 11_000_000)
    chunk = rig.console(spec, position)
    assert chunk.skipped_bytes > 5_000_000
    assert chunk.lines[-1].startswith("flood 119999 ")
    assert all(line.startswith("flood ") for line in chunk.lines)
    assert log.stat().st_blocks * 512 < 4_000_000
    rig.runtime.send_command(spec.server_id, "raw after\\n")
    assert eventually(lambda: rig.console(spec, chunk.position).lines) == ("after",)
    assert rig.console(spec, None).lines[-1] == "after"


def test_half_a_line_waits_for_its_end_but_not_for_ever(rig: Rig) -> None:
    spec = rig.start()
    position = rig.console(spec).position
    rig.runtime.send_command(spec.server_id, "raw half")
    time.sleep(0.1)
    assert rig.console(spec, position).lines == ()
    rig.runtime.send_command(spec.server_id, "raw _line\\nrest")
    lines = eventually(lambda: rig.console(spec, position).lines)
    assert lines == ("half_line",)
    rig.runtime.kill(spec.server_id)
    assert rig.console(spec, position).lines == ("half_line", "rest")


def test_a_line_without_end_is_cut(rig: Rig) -> None:
    spec = rig.start()
    position = rig.console(spec).position
    rig.runtime.send_command(spec.server_id, "raw " + "y" * 1000)
    for _ in range(40):
        rig.runtime.send_command(spec.server_id, "raw " + "y" * 1000)
    lines = eventually(lambda: rig.console(spec, position).lines)
    assert all(len(line) <= 16 * 1024 for line in lines)  # type: ignore[union-attr]


def test_settings_for_server_properties_leave_other_lines_alone(rig: Rig, tmp_path: Path) -> None:
    setting = Setting(
        key="slots", label=Words(de="Plätze", en="Slots"), type="integer", default=20, minimum=1, maximum=50,
        property="max-players",
    )  # fmt: skip
    template = EDGE.model_copy(update={"settings": (setting,)})
    spec = dataclasses.replace(rig.spec(), template=template, settings={"slots": 7})
    data = folders(rig).server(spec.server_id).data()
    data.mkdir(parents=True)
    outside = tmp_path / "outside"
    outside.write_text("untouched")
    (data / "server.properties").symlink_to(outside)
    rig.runtime.start(spec)
    rig.runtime.stop(spec.server_id, 5)
    assert outside.read_text() == "untouched"
    (data / "server.properties").write_text("level-name=mine\nmax-players=3\n")
    rig.runtime.start(dataclasses.replace(spec, run_id=uuid.uuid4()))
    assert (data / "server.properties").read_text() == "level-name=mine\nmax-players=7\n"


def test_a_template_without_installation_needs_none(tmp_path: Path) -> None:
    runtime = ProcessRuntime(ProcessConfig(root=tmp_path / "a", cache=tmp_path / "b", catalog=CATALOG))
    runtime.prepare(make_spec(), Quiet())
    assert not (tmp_path / "b").exists()
