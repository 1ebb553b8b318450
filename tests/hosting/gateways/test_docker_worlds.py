"""Generations of a world as volumes of a real engine: far engines, containers that hold on, and what others made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from app.hosting.gateways.docker import DockerRuntime, container, volume
from app.hosting.gateways.docker.client import Engine
from app.hosting.gateways.runtime import (
    AlreadyRunning,
    OutOfReach,
    RuntimeFault,
    Spec,
    State,
    WorldExists,
    WorldMissing,
)
from tests.hosting.gateways.rigs import Rig, eventually, next_run
from tests.services.docker_engine import DockerEngine, docker_rig

pytestmark = [pytest.mark.docker, pytest.mark.slow]


@pytest.fixture
def rig(docker_engine: DockerEngine) -> Iterator[Rig]:
    with docker_rig(docker_engine) as found:
        yield found


def api(rig: Rig) -> docker.APIClient:
    assert isinstance(rig.runtime, DockerRuntime)
    return rig.runtime._engine.api


def named(rig: Rig, spec: Spec, world: str = "") -> str:
    return container.volume(rig.runtime.config, spec.server_id, world)  # type: ignore[attr-defined]


def volumes(rig: Rig, spec: Spec) -> set[str]:
    return {v["Name"] for v in api(rig).volumes()["Volumes"] or () if spec.server_id.hex in v["Name"]}


def ended(rig: Rig) -> Spec:
    spec = rig.start()
    rig.runtime.send_command(spec.server_id, "write kept")
    rig.runtime.stop(spec.server_id, 5, "stop")
    return spec


def test_a_volume_carries_server_installation_and_generation(rig: Rig) -> None:
    spec = rig.spec()
    rig.runtime.make_world(spec.server_id, "b7")
    labels = api(rig).inspect_volume(named(rig, spec, "b7"))["Labels"]
    assert labels[container.SERVER] == str(spec.server_id)
    assert labels[container.INSTALLATION] == rig.runtime.config.installation  # type: ignore[attr-defined]
    assert labels[container.WORLD] == "b7"
    assert named(rig, spec, "b7").endswith("-data-b7")


def test_an_ended_run_goes_with_its_world_and_newer_ones_keep_their_console(rig: Rig) -> None:
    spec = ended(rig)
    rig.runtime.make_world(spec.server_id, "b")
    awake = rig.start(next_run(spec, "b"))
    rig.runtime.stop(spec.server_id, 5, "stop")
    before = rig.console(awake).lines
    position = rig.runtime.console_tail(spec.server_id, None).position
    rig.runtime.remove_world(spec.server_id, "")
    assert volumes(rig, spec) == {named(rig, spec, "b")}
    assert rig.runtime.inspect(spec.server_id).run_id == awake.run_id
    assert rig.console(awake).lines == before
    assert "Saved the game" in before[-1]
    assert rig.console(awake, position).lines == ()
    rig.runtime.remove_world(spec.server_id, "b")
    assert volumes(rig, spec) == set()
    assert rig.runtime.inspect(spec.server_id).state is State.ABSENT
    assert rig.runtime.console_tail(spec.server_id, position).lines == ()


def test_a_far_engine_runs_games_but_gives_no_world_to_read(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = ended(rig)
    monkeypatch.setattr(Engine, "local", False)
    for call in (rig.runtime.world_folder, rig.runtime.make_world):
        with pytest.raises(OutOfReach):
            call(spec.server_id, "" if call == rig.runtime.world_folder else "b")
    assert volumes(rig, spec) == {named(rig, spec)}
    rig.runtime.remove_world(spec.server_id, "")
    assert volumes(rig, spec) == set()


def test_without_the_right_to_read_its_folders_an_engine_counts_as_far(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = ended(rig)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutOfReach):
        rig.runtime.world_folder(spec.server_id, "")
    with pytest.raises(OutOfReach):
        rig.runtime.make_world(spec.server_id, "b")
    assert volumes(rig, spec) == {named(rig, spec)}


def test_a_volume_that_is_a_share_is_not_read_while_nobody_has_mounted_it(rig: Rig) -> None:
    spec = rig.spec()
    api(rig).create_volume(named(rig, spec), driver="local", driver_opts={"type": "tmpfs", "device": "tmpfs"})
    with pytest.raises(OutOfReach):
        rig.runtime.world_folder(spec.server_id, "")
    with pytest.raises((OutOfReach, WorldExists)):
        rig.runtime.make_world(spec.server_id, "")
    assert volumes(rig, spec) == {named(rig, spec)}


def test_a_volume_brought_back_by_hand_is_played_on(rig: Rig) -> None:
    spec = rig.spec()
    api(rig).create_volume(named(rig, spec))
    rig.start(spec)
    rig.runtime.remove(spec.server_id, keep_data=False)
    assert volumes(rig, spec) == set()


def test_a_container_of_someone_else_is_left_alone_and_named(rig: Rig) -> None:
    spec = ended(rig)
    other = api(rig).create_container(
        "kontor-test:edge", command=["true"], host_config=api(rig).create_host_config(
            binds=[f"{named(rig, spec)}:/backup", "/usr:/usr:ro"]
        ),
    )["Id"]  # fmt: skip
    try:
        with pytest.raises(RuntimeFault, match=other[:12]):
            rig.runtime.remove_world(spec.server_id, "")
        assert api(rig).inspect_container(other)["Id"] == other
        assert volumes(rig, spec) == {named(rig, spec)}
    finally:
        api(rig).remove_container(other)
    rig.runtime.remove_world(spec.server_id, "")
    assert volumes(rig, spec) == set()


def test_a_paused_game_keeps_its_world(rig: Rig) -> None:
    spec = rig.start()
    name = container.name(rig.runtime.config, spec.server_id)  # type: ignore[attr-defined]
    api(rig).pause(name)
    with pytest.raises(AlreadyRunning) as caught:
        rig.runtime.remove_world(spec.server_id, "")
    assert caught.value.run_id == spec.run_id
    api(rig).unpause(name)
    assert rig.runtime.inspect(spec.server_id).state is State.RUNNING


def test_a_world_that_goes_in_the_middle_of_a_start_is_not_replaced_by_an_empty_one(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = ended(rig)
    rig.runtime.make_world(spec.server_id, "b")
    create = container.create

    def late(*args: Any) -> str:
        rig.another().remove_world(spec.server_id, "b")
        return create(*args)

    monkeypatch.setattr(container, "create", late)
    with pytest.raises(WorldMissing):
        rig.runtime.start(next_run(spec, "b"))
    monkeypatch.undo()
    assert volumes(rig, spec) == {named(rig, spec)}
    again = rig.start(next_run(spec))
    assert "kept" in (rig.runtime.send_command(again.server_id, "read") or "")


def test_a_removal_that_was_cut_off_after_the_container_is_finished_by_the_next(rig: Rig) -> None:
    spec = ended(rig)
    api(rig).remove_container(container.name(rig.runtime.config, spec.server_id))  # type: ignore[attr-defined]
    assert spec.server_id in {owned.server_id for owned in rig.runtime.list_owned()}
    rig.another().remove_world(spec.server_id, "")
    assert spec.server_id not in {owned.server_id for owned in rig.runtime.list_owned()}


def test_readings_tell_the_size_of_the_generation_that_is_played(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = ended(rig)
    (rig.runtime.make_world(spec.server_id, "b") / "region").write_bytes(os.urandom(2 * 1024**2))
    awake = rig.start(next_run(spec, "b"))
    monkeypatch.setattr(Engine, "local", False)
    far = rig.another()
    sizes = eventually(
        lambda: (
            far.disk_bytes(awake.server_id, "b") >= 2 * 1024**2 and far.disk_bytes(awake.server_id) < 1024**2
        )
    )
    assert sizes
    assert (far.sample([awake.server_id])[awake.server_id].disk_bytes or 0) >= 2 * 1024**2
    assert volume.look(rig.runtime._engine, named(rig, awake, "b")) is not None  # type: ignore[attr-defined]
