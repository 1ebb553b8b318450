"""What the docker runtime promises beyond the contract, on a real engine of our own."""

from __future__ import annotations

import dataclasses
import signal
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.hosting.catalog import templates
from app.hosting.gateways.docker import DockerConfig, DockerRuntime, container, volume
from app.hosting.gateways.docker.container import moment
from app.hosting.gateways.process import ProcessConfig, node, npm
from app.hosting.gateways.runtime import (
    ImageMissing,
    InstallFailed,
    MapPort,
    NotPrepared,
    Quiet,
    RuntimeUnavailable,
    Spec,
    State,
)
from app.hosting.rules.console import Kind, happening
from tests.hosting.gateways.rigs import Rig, eventually, make_spec
from tests.services.docker_engine import DockerEngine, docker_rig, load_test_image, running_engine
from tests.services.processes import game_port

pytestmark = [pytest.mark.docker, pytest.mark.slow]


@pytest.fixture
def rig(docker_engine: DockerEngine) -> Iterator[Rig]:
    with docker_rig(docker_engine) as found:
        yield found


def raw(rig: Rig, spec: Spec) -> dict:
    runtime = rig.runtime
    assert isinstance(runtime, DockerRuntime)
    return runtime._engine.api.inspect_container(container.name(runtime.config, spec.server_id))


def test_a_container_gets_its_limits_labels_and_no_rights(rig: Rig) -> None:
    spec = rig.start()
    seen = raw(rig, spec)
    host = seen["HostConfig"]
    assert host["Memory"] == host["MemorySwap"] == 128 * 1024**2
    assert host["PidsLimit"] == 1024
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["RestartPolicy"]["Name"] == "no"
    assert host["LogConfig"]["Config"] == {"max-size": "8m", "max-file": "2"}
    labels = seen["Config"]["Labels"]
    assert labels["kontor.server"] == str(spec.server_id)
    assert labels["kontor.run"] == str(spec.run_id)
    assert labels["kontor.installation"] == rig.runtime.config.installation  # type: ignore[attr-defined]
    assert seen["Config"]["Healthcheck"] == {"Test": ["NONE"]}


def test_the_rcon_secret_is_in_a_file_and_rcon_is_not_public(rig: Rig) -> None:
    spec = rig.start()
    seen = raw(rig, spec)
    secret = container.read_secret(rig.runtime._engine.api, seen["Id"])  # type: ignore[attr-defined]
    assert len(secret) > 20
    assert secret not in str(seen)
    published = seen["NetworkSettings"]["Ports"] or {}
    if published:
        assert published["25575/tcp"][0]["HostIp"] == "127.0.0.1"


def test_a_missing_image_is_named(rig: Rig) -> None:
    spec = dataclasses.replace(rig.spec(), image="kontor-test:absent")
    with pytest.raises(ImageMissing, match="absent"):
        rig.runtime.start(spec)
    with pytest.raises((ImageMissing, InstallFailed)):
        rig.runtime.prepare(dataclasses.replace(spec, image="127.0.0.1:9/nobody/nothing:1"), Quiet())


def test_a_template_without_an_image_asks_for_one(rig: Rig) -> None:
    spec = dataclasses.replace(rig.spec(), template=templates()["flying-squid"])
    with pytest.raises(NotPrepared, match="no image"):
        rig.runtime.start(spec)


def test_a_start_that_was_cut_off_before_anything_ran_is_done_by_the_next_try(rig: Rig) -> None:
    spec = rig.spec()
    runtime = rig.runtime
    assert isinstance(runtime, DockerRuntime)
    volume.make(runtime._engine, runtime.config, spec.server_id)
    container.create(runtime._engine.api, runtime.config, spec, 1)
    assert runtime.inspect(spec.server_id).state is State.UNKNOWN
    assert rig.another().start(spec).fresh
    rig.ready(spec)
    assert (runtime.send_command(spec.server_id, "list") or "").startswith("There are 0")


def test_a_container_killed_from_outside_is_seen(rig: Rig) -> None:
    spec = rig.start()
    rig.runtime._engine.api.kill(raw(rig, spec)["Id"])  # type: ignore[attr-defined]
    seen = rig.ended(spec)
    assert (seen.exit_code, seen.oom_killed) == (137, False)


def test_a_game_that_ends_by_itself_was_not_shut_down(rig: Rig) -> None:
    spec = rig.start()
    rig.runtime.send_command(spec.server_id, "stop")
    seen = rig.ended(spec)
    assert (seen.exit_code, seen.shut_down) == (0, False)


def test_a_game_told_to_end_by_the_engines_operator_was_shut_down(rig: Rig) -> None:
    spec = rig.start()
    rig.runtime._engine.api.stop(raw(rig, spec)["Id"])  # type: ignore[attr-defined]
    seen = rig.ended(spec)
    assert (seen.exit_code, seen.shut_down) == (0, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_game_that_went_down_with_its_engine_was_shut_down(
    number: signal.Signals, docker_engine: DockerEngine
) -> None:
    with docker_rig(docker_engine) as rig:
        spec = rig.start()
        docker_engine.restart(number)
        seen = rig.ended(spec)
        assert (seen.exit_code, seen.shut_down) == (0, True)


def test_a_container_removed_from_outside_is_absent_and_its_world_stays(rig: Rig) -> None:
    spec = rig.start()
    rig.runtime.send_command(spec.server_id, "write kept")
    rig.runtime._engine.api.remove_container(raw(rig, spec)["Id"], force=True)  # type: ignore[attr-defined]
    assert rig.runtime.inspect(spec.server_id).state is State.ABSENT
    assert spec.server_id in {owned.server_id for owned in rig.runtime.list_owned()}
    again = rig.start(dataclasses.replace(spec, run_id=uuid.uuid4()))
    assert "kept" in (rig.runtime.send_command(again.server_id, "read") or "")


def test_a_paused_container_is_not_taken_for_ended(rig: Rig) -> None:
    spec = rig.start()
    rig.runtime._engine.api.pause(raw(rig, spec)["Id"])  # type: ignore[attr-defined]
    assert rig.runtime.inspect(spec.server_id).state is State.UNKNOWN
    rig.runtime._engine.api.unpause(raw(rig, spec)["Id"])  # type: ignore[attr-defined]
    assert rig.runtime.inspect(spec.server_id).state is State.RUNNING


def test_what_others_run_on_the_engine_is_never_touched(rig: Rig, docker_engine: DockerEngine) -> None:
    spec = rig.start()
    other = DockerRuntime(dataclasses.replace(rig.runtime.config, installation="someone-else"))  # type: ignore[attr-defined]
    assert other.list_owned() == []
    assert other.inspect(spec.server_id).state is State.ABSENT
    other.remove(spec.server_id, keep_data=False)
    assert rig.runtime.inspect(spec.server_id).state is State.RUNNING


def test_readings_come_from_files_and_agree_with_the_engine(rig: Rig) -> None:
    specs = [rig.start() for _ in range(3)]
    ids = [spec.server_id for spec in specs]
    rig.runtime.sample(ids)
    began = time.perf_counter()
    samples = rig.runtime.sample(ids)
    assert time.perf_counter() - began < 0.5
    engine = rig.runtime._engine.api.stats(raw(rig, specs[0])["Id"], stream=False, one_shot=True)  # type: ignore[attr-defined]
    used = engine["memory_stats"]["usage"] - engine["memory_stats"]["stats"]["total_inactive_file"]
    assert abs(samples[ids[0]].memory_bytes - used) < 5 * 1024**2
    assert samples[ids[0]].disk_bytes is not None


def test_without_files_readings_come_from_the_engine(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = rig.start()
    near = rig.runtime.sample([spec.server_id])[spec.server_id]
    far = rig.another()
    monkeypatch.setattr(far._readings, "_local", lambda *_: None)  # type: ignore[attr-defined]
    distant = far.sample([spec.server_id])[spec.server_id]
    assert abs(distant.memory_bytes - near.memory_bytes) < 5 * 1024**2
    assert distant.cpu_seconds_total >= near.cpu_seconds_total > 0


def test_an_engine_that_is_not_there_is_unavailable_for_every_call(tmp_path: Path) -> None:
    runtime = DockerRuntime(DockerConfig(url=f"unix://{tmp_path}/nothing.sock", timeout_seconds=2))
    spec = make_spec()
    for call in (
        runtime.check,
        lambda: runtime.inspect(spec.server_id),
        lambda: runtime.inspect_many([spec.server_id]),
        lambda: runtime.start(spec),
        lambda: runtime.stop(spec.server_id, 1, "stop"),
        lambda: runtime.kill(spec.server_id),
        lambda: runtime.remove(spec.server_id, keep_data=False),
        lambda: runtime.prepare(spec, Quiet()),
        lambda: runtime.sample([spec.server_id]),
        lambda: runtime.console_tail(spec.server_id, None),
        lambda: runtime.send_command(spec.server_id, "list"),
        lambda: runtime.list_owned(),
        lambda: runtime.disk_bytes(spec.server_id),
        lambda: runtime.port_free(25600),
    ):
        with pytest.raises(RuntimeUnavailable):
            call()  # type: ignore[operator]


@pytest.mark.parametrize("live_restore", [False, True])
def test_an_engine_restart_is_survived(live_restore: bool) -> None:
    with running_engine() as engine:
        engine.live_restore = live_restore
        engine.restart()
        load_test_image(engine)
        with docker_rig(engine) as rig:
            spec = rig.start()
            position = rig.console(spec).position
            rig.runtime.send_command(spec.server_id, "write before")
            engine.stop()
            with pytest.raises(RuntimeUnavailable):
                rig.runtime.inspect(spec.server_id)
            with pytest.raises(RuntimeUnavailable):
                rig.runtime.sample([spec.server_id])
            engine.start()
            seen = rig.runtime.inspect(spec.server_id)
            assert seen.run_id == spec.run_id
            if live_restore:
                assert seen.state is State.RUNNING
                assert rig.runtime.send_command(spec.server_id, "read") == "before\n"
                assert rig.runtime.stop(spec.server_id, 5, "stop").exit_code == 0
            else:
                assert (seen.state, seen.exit_code) == (State.EXITED, 0)
                assert "Saved the game" in rig.console(spec, position).lines[-1]
                again = rig.start(dataclasses.replace(spec, run_id=uuid.uuid4()))
                assert rig.runtime.send_command(again.server_id, "read") == "before\nsaved\n"


def test_an_engine_that_was_killed_comes_back_with_the_truth() -> None:
    with running_engine() as engine:
        load_test_image(engine)
        with docker_rig(engine) as rig:
            spec = rig.start()
            engine.stop(signal.SIGKILL)
            with pytest.raises(RuntimeUnavailable):
                rig.runtime.inspect(spec.server_id)
            engine.start()
            seen = eventually(
                lambda: (
                    (o := rig.runtime.inspect(spec.server_id)).state in (State.RUNNING, State.EXITED) and o
                )
            )
            assert seen.run_id == spec.run_id  # type: ignore[attr-defined]
            rig.runtime.kill(spec.server_id)
            rig.start(dataclasses.replace(spec, run_id=uuid.uuid4()))


def test_flying_squid_runs_in_a_container_with_the_image_of_the_operator(
    docker_engine: DockerEngine, squid_cache: Path
) -> None:
    template = templates()["flying-squid"]
    install = npm.folder(ProcessConfig(root=squid_cache.parent, cache=squid_cache), template)
    program = node.find_node()
    assert program is not None
    image = _image_of(docker_engine, program.program, install)
    folders = {"/usr": "/usr", "/etc/alternatives": "/etc/alternatives", str(install): "/game"}
    folders |= {str(program.program.parent): "/node"}
    runtime = DockerRuntime(DockerConfig(url=docker_engine.url, installation="squid", read_only_folders=folders,
                                         network="bridge" if docker_engine.bridge else "host"))  # fmt: skip
    spec = Spec(
        server_id=uuid.uuid4(), run_id=uuid.uuid4(), template=template, memory_mb=512, port=game_port(), image=image,
        web_map=MapPort(game_port(), 8123),
    )  # fmt: skip
    try:
        runtime.prepare(spec, Quiet())
        runtime.start(spec)
        eventually(lambda: _said(runtime, spec, Kind.READY), 60)
        assert (runtime.send_command(spec.server_id, "list") or "").startswith("There are 0 of a max of 20")
        assert spec.web_map is not None
        with urllib.request.urlopen(f"http://127.0.0.1:{spec.web_map.outside}/", timeout=5) as answer:
            assert b"<svg" in answer.read()
        stopped = runtime.stop(spec.server_id, template.stop.grace_seconds, template.stop.command)
        assert stopped.exit_code == 0
        assert _said(runtime, spec, Kind.SAVED)
    finally:
        runtime.remove(spec.server_id, keep_data=False)


def _said(runtime: DockerRuntime, spec: Spec, kind: Kind) -> bool:
    found = (
        happening(spec.template.patterns, line) for line in runtime.console_tail(spec.server_id, None).lines
    )
    return any(event is not None and event.kind is kind for event in found)


def _image_of(engine: DockerEngine, program: Path, install: Path) -> str:
    base = load_test_image(engine, "base")
    made = engine.api.create_container(base, command=["true"])
    engine.api.commit(
        made["Id"], repository="kontor-test", tag="squid",
        changes=[f'CMD ["/node/{program.name}", "/game/server.js"]', "WORKDIR /data"],
    )  # fmt: skip
    engine.api.remove_container(made["Id"])
    return "kontor-test:squid"


def test_the_times_of_the_engine_are_read() -> None:
    assert moment("0001-01-01T00:00:00Z") is None
    found = moment("2026-11-21T10:00:00.123456789Z")
    assert found is not None
    assert found.microsecond == 123456
    assert moment("2026-11-21T10:00:00Z") is not None
    assert moment("2026-11-21T10:00:00.5Z").microsecond == 500_000  # type: ignore[union-attr]
