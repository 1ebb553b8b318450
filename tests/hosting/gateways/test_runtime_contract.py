"""What every runtime promises, tried on the fake and on the real ones with the same game."""

from __future__ import annotations

import re
import socket
import threading
import time
import uuid

import pytest

from app.hosting.gateways.runtime import (
    AlreadyRunning,
    CommandRefused,
    NotRunning,
    PortTaken,
    RuntimeFault,
    RuntimeUnavailable,
    State,
)
from tests.hosting.gateways.rigs import Rig, eventually, make_spec, next_run

pytestmark = pytest.mark.slow


def test_a_server_never_started_is_absent_and_everything_that_ends_it_is_harmless(rig: Rig) -> None:
    spec = rig.spec()
    assert rig.runtime.inspect(spec.server_id).state is State.ABSENT
    assert rig.runtime.stop(spec.server_id, 1).state is State.ABSENT
    assert rig.runtime.kill(spec.server_id).state is State.ABSENT
    rig.runtime.remove(spec.server_id, keep_data=False)
    assert rig.runtime.console_tail(spec.server_id, None).lines == ()
    assert rig.runtime.sample([spec.server_id]) == {}
    assert rig.runtime.disk_bytes(spec.server_id) == 0
    with pytest.raises(NotRunning):
        rig.runtime.send_command(spec.server_id, "list")


def test_a_started_server_answers_pings_and_says_that_it_is_ready(rig: Rig) -> None:
    spec = rig.start()
    seen = rig.runtime.inspect(spec.server_id)
    assert (seen.state, seen.run_id, seen.exit_code) == (State.RUNNING, spec.run_id, None)
    assert seen.started_at is not None
    eventually(lambda: any("Done (" in line for line in rig.console(spec).lines))


def test_starting_the_same_run_again_starts_nothing(rig: Rig) -> None:
    spec = rig.start()
    began = rig.runtime.inspect(spec.server_id).started_at
    assert not rig.runtime.start(spec).fresh
    assert not rig.another().start(spec).fresh
    assert rig.runtime.inspect(spec.server_id).started_at == began
    assert sum("Done (" in line for line in rig.console(spec).lines) <= 1


def test_many_workers_starting_the_same_run_at_once_start_one_server(rig: Rig) -> None:
    spec = rig.spec()
    rig.runtime.prepare(spec, Progress())
    fresh: list[bool] = []
    faults: list[Exception] = []

    def start() -> None:
        try:
            fresh.append(rig.another().start(spec).fresh)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sorted(fresh) == [False] * 5 + [True]
    rig.ready(spec)
    time.sleep(0.3 if rig.real else 0)
    assert sum("Done (" in line for line in rig.console(spec).lines) == 1


def test_two_runs_of_one_server_never_live_at_once(rig: Rig) -> None:
    spec = rig.start()
    with pytest.raises(AlreadyRunning) as caught:
        rig.another().start(next_run(spec))
    assert caught.value.run_id == spec.run_id
    assert rig.runtime.inspect(spec.server_id).run_id == spec.run_id


def test_a_run_that_ended_is_not_started_again_by_a_late_job(rig: Rig) -> None:
    spec = rig.start()
    rig.runtime.stop(spec.server_id, 5, "stop")
    assert not rig.runtime.start(spec).fresh
    time.sleep(0.2 if rig.real else 0)
    assert rig.runtime.inspect(spec.server_id).state is State.EXITED


def test_a_new_run_follows_an_ended_one_on_the_same_world(rig: Rig) -> None:
    spec = rig.start()
    rig.runtime.send_command(spec.server_id, "write first")
    rig.runtime.stop(spec.server_id, 5, "stop")
    again = rig.start(next_run(spec))
    assert rig.runtime.inspect(spec.server_id).run_id == again.run_id
    assert rig.runtime.send_command(spec.server_id, "read") == "first\nsaved\n"


def test_the_stop_command_lets_the_game_save(rig: Rig) -> None:
    spec = rig.start()
    seen = rig.runtime.stop(spec.server_id, 5, "stop")
    assert (seen.state, seen.exit_code, seen.oom_killed) == (State.EXITED, 0, False)
    assert seen.finished_at is not None
    assert seen.started_at is not None
    assert seen.finished_at >= seen.started_at.replace(microsecond=0)
    assert "Saved the game" in rig.console(spec).lines[-1]


def test_without_a_command_sigterm_lets_the_game_save(rig: Rig) -> None:
    spec = rig.start()
    assert rig.runtime.stop(spec.server_id, 5).exit_code == 0
    assert "Saved the game" in rig.console(spec).lines[-1]


def test_a_game_that_does_not_listen_is_cut_off_when_its_grace_is_over(rig: Rig) -> None:
    spec = rig.start(deaf=True)
    began = time.monotonic()
    seen = rig.runtime.stop(spec.server_id, 1.5)
    assert (seen.state, seen.exit_code) == (State.EXITED, 137)
    assert time.monotonic() - began < 10


def test_stopping_twice_is_no_error(rig: Rig) -> None:
    spec = rig.start()
    first = rig.runtime.stop(spec.server_id, 5, "stop")
    assert rig.another().stop(spec.server_id, 5, "stop") == first


@pytest.mark.parametrize("code", [1, 42])
def test_the_exit_code_of_a_crash_is_kept(rig: Rig, code: int) -> None:
    spec = rig.start()
    quietly(rig, spec, f"exit {code}")
    seen = rig.ended(spec)
    assert (seen.exit_code, seen.oom_killed) == (code, False)
    with pytest.raises(NotRunning):
        rig.runtime.send_command(spec.server_id, "list")


def test_a_killed_game_is_not_mistaken_for_one_out_of_memory(rig: Rig) -> None:
    spec = rig.start()
    quietly(rig, spec, "abort")
    seen = rig.ended(spec)
    assert (seen.exit_code, seen.oom_killed) == (137, False)


def test_a_game_over_its_memory_limit_ends_and_says_so(rig: Rig) -> None:
    spec = rig.start()
    quietly(rig, spec, "eat 220")
    eventually(
        lambda: (
            rig.runtime.sample([spec.server_id]) == {}
            or rig.runtime.inspect(spec.server_id).state is State.EXITED
        )
    )
    seen = rig.ended(spec)
    assert (seen.exit_code, seen.oom_killed) == (137, True)
    assert rig.another().inspect(spec.server_id).oom_killed


def test_kill_ends_children_that_hide_in_sessions_of_their_own(rig: Rig) -> None:
    spec = rig.start()
    quietly(rig, spec, "spawn 3")
    seen = rig.runtime.kill(spec.server_id)
    assert (seen.state, seen.exit_code) == (State.EXITED, 137)
    assert rig.runtime.sample([spec.server_id]) == {}


def test_commands_come_back_with_their_reply_however_long(rig: Rig) -> None:
    spec = rig.start()
    reply = rig.runtime.send_command(spec.server_id, "list")
    assert reply is not None
    assert reply.startswith("There are 0 of a max of 20")
    assert rig.runtime.send_command(spec.server_id, "big 3000") == "long " * 3000
    assert "§a20.0" in (rig.runtime.send_command(spec.server_id, "tps") or "")


@pytest.mark.parametrize("line", ["", "   ", "say a\nstop", "x" * 1500, "bell\x07"])
def test_lines_that_could_be_two_commands_or_none_are_refused(rig: Rig, line: str) -> None:
    spec = rig.start()
    with pytest.raises(CommandRefused):
        rig.runtime.send_command(spec.server_id, line)
    assert rig.runtime.inspect(spec.server_id).state is State.RUNNING


def test_no_console_line_is_lost_or_told_twice_while_the_game_talks(rig: Rig) -> None:
    spec = rig.start()
    position = rig.console(spec).position
    seen: list[str] = []
    for _ in range(4):
        rig.runtime.send_command(spec.server_id, "flood 2000")
        chunk = rig.console(spec, position)
        seen += chunk.lines
        position = chunk.position

    def rest() -> bool:
        nonlocal position
        chunk = rig.another().console_tail(spec.server_id, position)
        seen.extend(chunk.lines)
        position = chunk.position
        return len(seen) >= 8000

    eventually(rest)
    numbers = [int(match[1]) for line in seen if (match := re.match(r"flood (\d+) ", line))]
    assert numbers == list(range(2000)) * 4


def test_the_console_goes_on_into_the_next_run(rig: Rig) -> None:
    spec = rig.start()
    position = rig.console(spec).position
    rig.runtime.stop(spec.server_id, 5, "stop")
    again = rig.start(next_run(spec))
    eventually(lambda: any("Done (" in line for line in rig.console(again).lines))
    lines = rig.console(spec, position).lines
    assert [line for line in lines if "Saved" in line or "Done (" in line] == [
        next(line for line in lines if "Saved the game" in line),
        next(line for line in lines if "Done (" in line),
    ]


def test_control_characters_do_not_reach_the_reader(rig: Rig) -> None:
    spec = rig.start()
    position = rig.console(spec).position
    rig.runtime.send_command(spec.server_id, r"raw \x1b[31mred\x1b[0m \x07bell\r\nnext\n")
    lines = eventually(lambda: rig.console(spec, position).lines)
    assert lines == ("red bell", "next")


def test_samples_are_of_running_servers_and_counters_grow(rig: Rig) -> None:
    spec, stopped = rig.start(), rig.start()
    rig.runtime.stop(stopped.server_id, 5, "stop")
    first = rig.runtime.sample([spec.server_id, stopped.server_id])
    assert set(first) == {spec.server_id}
    quietly(rig, spec, "eat 30")
    second = rig.runtime.sample([spec.server_id])[spec.server_id]
    before = first[spec.server_id]
    assert second.memory_bytes - before.memory_bytes > 25 * 1024**2
    assert second.cpu_seconds_total >= before.cpu_seconds_total
    assert 4 * 1024**2 < before.memory_bytes < 128 * 1024**2


def test_removing_keeps_the_world_only_when_asked(rig: Rig) -> None:
    spec = rig.start()
    rig.runtime.send_command(spec.server_id, "write kept")
    rig.runtime.remove(spec.server_id, keep_data=True)
    assert rig.runtime.inspect(spec.server_id).state is State.ABSENT
    again = rig.start(next_run(spec))
    assert "kept" in (rig.runtime.send_command(again.server_id, "read") or "")
    rig.runtime.remove(spec.server_id, keep_data=False)
    rig.runtime.remove(spec.server_id, keep_data=False)
    assert rig.runtime.disk_bytes(spec.server_id) == 0
    assert spec.server_id not in {owned.server_id for owned in rig.runtime.list_owned()}


def test_a_taken_port_is_named_before_anything_runs(rig: Rig) -> None:
    spec = rig.spec()
    rig.runtime.prepare(spec, Progress())
    if rig.real:
        with socket.create_server(("0.0.0.0", spec.port)):
            assert not rig.runtime.port_free(spec.port)
            with pytest.raises(PortTaken):
                rig.runtime.start(spec)
    else:
        rig.runtime.node.foreign_ports.add(spec.port)  # type: ignore[attr-defined]
        assert not rig.runtime.port_free(spec.port)
        with pytest.raises(PortTaken):
            rig.runtime.start(spec)
        rig.runtime.node.foreign_ports.clear()  # type: ignore[attr-defined]
    assert rig.runtime.port_free(spec.port)
    assert rig.runtime.inspect(spec.server_id).state is not State.RUNNING
    assert rig.runtime.start(spec).fresh
    rig.ready(spec)


def test_everything_is_found_again_by_a_worker_that_started_nothing(rig: Rig) -> None:
    spec, ended = rig.start(), rig.start()
    quietly(rig, ended, "exit 3")
    rig.ended(ended)
    other = rig.another()
    owned = {found.server_id: found for found in other.list_owned()}
    assert owned[spec.server_id].state is State.RUNNING
    assert owned[spec.server_id].run_id == spec.run_id
    assert owned[ended.server_id].state is State.EXITED
    seen = other.inspect_many([spec.server_id, ended.server_id, uuid.UUID(int=0)])
    assert [seen[i].state for i in seen] == [State.RUNNING, State.EXITED, State.ABSENT]
    assert other.stop(spec.server_id, 5, "stop").exit_code == 0


def test_settings_reach_the_game(rig: Rig) -> None:
    if not rig.real:
        pytest.skip("the fake's game has no settings of its own")
    spec = rig.start(motd="Grüße & Späße")
    assert rig.ready(spec).motd == "Grüße & Späße"


def test_a_slow_game_runs_before_it_is_ready(rig: Rig) -> None:
    spec = rig.spec(start_seconds=1)
    rig.runtime.prepare(spec, Progress())
    rig.runtime.start(spec)
    seen = rig.runtime.inspect(spec.server_id)
    assert seen.state is State.RUNNING
    assert rig.ping({0: seen.address} if rig.real else {spec.server_id: seen.address}) in (
        {0: None},
        {spec.server_id: None},
    )
    rig.ready(spec)


def test_a_hanging_game_is_alive_but_answers_no_ping(rig: Rig) -> None:
    spec = rig.start()
    quietly(rig, spec, "hang")
    seen = rig.runtime.inspect(spec.server_id)
    assert seen.state is State.RUNNING
    answers = rig.ping({spec.server_id: seen.address}, 0.5)  # type: ignore[call-arg]
    assert answers == {spec.server_id: None}
    assert rig.runtime.kill(spec.server_id).state is State.EXITED


class Progress:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int]] = []
        self.lines: list[str] = []

    def step(self, step: str, percent: int) -> None:
        self.steps.append((step, percent))

    def line(self, text: str) -> None:
        self.lines.append(text)


def test_preparing_ends_at_a_hundred_and_is_repeatable(rig: Rig) -> None:
    spec = make_spec()
    for _ in range(2):
        progress = Progress()
        rig.runtime.prepare(spec, progress)
        percents = [percent for _, percent in progress.steps]
        assert percents == sorted(percents)
        assert progress.steps[-1] == ("ready", 100)


def quietly(rig: Rig, spec, line: str) -> None:
    """A command whose answer does not matter: the game may be gone before it gave one."""
    try:
        rig.runtime.send_command(spec.server_id, line)
    except (RuntimeFault, RuntimeUnavailable) as error:
        print(f"{line}: {error!r}")
