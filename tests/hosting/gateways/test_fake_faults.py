"""The fake fails as real runtimes do: before anything happened, or with everything done and only the answer lost."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.hosting.gateways.fake import FakeNode, FakeRuntime
from app.hosting.gateways.runtime import InstallFailed, NotPrepared, Quiet, RuntimeUnavailable, State
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
