"""The fake fails as real runtimes do: before anything happened, or with everything done and only the answer lost."""

from __future__ import annotations

import gc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.hosting.gateways.fake import FakeNode, FakeRuntime
from app.hosting.gateways.runtime import (
    DiskFull,
    InstallFailed,
    NotPrepared,
    OutOfReach,
    Quiet,
    RuntimeUnavailable,
    State,
    WorldMissing,
)
from app.kit import clock
from tests.hosting.gateways.rigs import make_spec


@pytest.fixture
def node() -> FakeNode:
    return FakeNode()


def test_a_lost_answer_started_the_server_all_the_same(node: FakeNode) -> None:
    runtime, spec = FakeRuntime(node), make_spec()
    runtime.prepare(spec, Quiet())
    node.fail_next("start", after=True)
    with pytest.raises(RuntimeUnavailable):
        runtime.start(spec)
    assert runtime.inspect(spec.server_id).state is State.RUNNING
    assert not runtime.start(spec).fresh
    assert node.started == [spec.run_id]


def test_a_refused_call_did_nothing(node: FakeNode) -> None:
    runtime, spec = FakeRuntime(node), make_spec()
    runtime.prepare(spec, Quiet())
    node.fail_next("start")
    with pytest.raises(RuntimeUnavailable):
        runtime.start(spec)
    assert runtime.inspect(spec.server_id).state is State.ABSENT
    assert runtime.start(spec).fresh


def test_a_node_that_is_down_never_says_absent(node: FakeNode) -> None:
    runtime, spec = FakeRuntime(node), make_spec()
    node.down = True
    for call in (
        lambda: runtime.inspect(spec.server_id),
        lambda: runtime.inspect_many([spec.server_id]),
        lambda: runtime.stop(spec.server_id, 1),
        lambda: runtime.list_owned(),
        lambda: runtime.sample([spec.server_id]),
        lambda: runtime.console_tail(spec.server_id, None),
        lambda: runtime.check(),
    ):
        with pytest.raises(RuntimeUnavailable):
            call()


def test_nothing_starts_unprepared_and_broken_installations_say_so(node: FakeNode) -> None:
    runtime, spec = FakeRuntime(node), make_spec()
    with pytest.raises(NotPrepared):
        runtime.start(spec)
    node.broken_installs.add(spec.template.slug)
    with pytest.raises(InstallFailed):
        runtime.prepare(spec, Quiet())


def test_a_slow_start_follows_the_clock(node: FakeNode) -> None:
    runtime, spec = FakeRuntime(node), make_spec(start_seconds=30)
    with clock.freeze(datetime(2026, 11, 21, 12, tzinfo=UTC)):
        runtime.prepare(spec, Quiet())
        address = runtime.start(spec).address
        assert node.sweep({spec.server_id: address}) == {spec.server_id: None}
        clock.advance(30)
        assert node.sweep({spec.server_id: address})[spec.server_id] is not None
        node.join(spec.server_id, "Alex")
        answer = node.sweep({spec.server_id: address})[spec.server_id]
        assert answer is not None
        assert answer.players_online == 1
        node.hang(spec.server_id)
        assert node.sweep({spec.server_id: address}) == {spec.server_id: None}
        assert runtime.inspect(spec.server_id).state is State.RUNNING


def test_a_far_node_runs_games_but_gives_no_world_to_read(node: FakeNode) -> None:
    runtime, spec = FakeRuntime(node), make_spec()
    runtime.prepare(spec, Quiet())
    runtime.start(spec)
    node.out_of_reach = True
    for call in (runtime.world_folder, runtime.make_world):
        with pytest.raises(OutOfReach) as caught:
            call(spec.server_id, "b")
        assert caught.value.code == "out-of-reach"
    runtime.stop(spec.server_id, 1, "stop")
    assert runtime.disk_bytes(spec.server_id) > 0
    runtime.remove_world(spec.server_id, "")
    assert runtime.disk_bytes(spec.server_id) == 0


def test_a_lost_answer_to_a_removal_can_be_asked_for_again(node: FakeNode) -> None:
    runtime, spec = FakeRuntime(node), make_spec()
    runtime.make_world(spec.server_id, "b")
    node.fail_next("remove_world", after=True)
    with pytest.raises(RuntimeUnavailable):
        runtime.remove_world(spec.server_id, "b")
    runtime.remove_world(spec.server_id, "b")
    node.fail_next("make_world", DiskFull())
    with pytest.raises(DiskFull):
        runtime.make_world(spec.server_id, "b")
    with pytest.raises(WorldMissing):
        runtime.world_folder(spec.server_id, "b")


def test_the_worlds_of_a_node_go_with_it_and_those_in_a_given_folder_stay(tmp_path: Path) -> None:
    node, given = FakeNode(), FakeNode(tmp_path)
    for one in (node, given):
        made = FakeRuntime(one).make_world(make_spec().server_id, "b")
        assert made.is_relative_to(one.root)
    root = node.root
    del node, one, given
    gc.collect()
    assert not root.exists()
    assert len(list(tmp_path.iterdir())) == 1
