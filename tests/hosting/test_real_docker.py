"""The life of a game server on a real Docker engine, with everything broken that can break.

Clock, watch and workers are processes, the game is Flying Squid from an image that the engine pulls. After every fault the row
says the truth within a minute, each run was one container, and the ledger holds price × memory × time of each run once.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from app.hosting.queries.console import console_lines
from app.hosting.queries.server import server_detail
from app.hosting.services.archive import archive_server
from app.hosting.services.server import delete_server, deploy, send_command, start_server, stop_server
from app.kit import clock
from app.kit.authz import Actor
from app.kit.errors import Conflict
from tests.hosting.docker_house import House, squid_house
from tests.hosting.money import intervals_of
from tests.services import game_image
from tests.services.nodejs import NodeTools

pytestmark = [pytest.mark.slow, pytest.mark.docker]


@pytest.fixture(scope="module")
def house(squid_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with squid_house(squid_cache, tmp_path_factory.mktemp("image")) as found:
        yield found
        sys.stderr.write(f"\nseconds until the state was right: {found.took}\n")


@pytest.fixture(autouse=True)
def whole(house: House) -> Iterator[None]:
    """Each test finds all workers, an open gate and an engine that answers."""
    yield
    house.gate.open()
    house.registry.go_on()
    house.revive_workers()


def lines(server_id: UUID) -> list[str]:
    detail = server_detail(server_id)
    assert detail is not None
    return console_lines(detail)


def say_is_shown(house: House, server_id: UUID, text: str) -> None:
    house.wait(
        lambda: any(text in line for line in lines(server_id)), 30, lambda: f"{text}: {lines(server_id)}"
    )


def test_deploy_play_command_stop_start_delete(house: House, node_tools: NodeTools) -> None:
    host = house.host
    server_id = house.running("Bauwelt")
    seeds = [line for line in lines(server_id) if "World seed" in line]

    port = host.row(server_id).port
    assert port is not None
    bot = node_tools.bot(port, "Ida", version="1.21.4")
    bot.wait_for("joined", 90)
    house.wait(lambda: host.row(server_id).players_online == 1, 30)
    bot.say("/seed")
    say_is_shown(house, server_id, "Ida issued server command: /seed")
    send_command(host.owner, server_id, "list")
    say_is_shown(house, server_id, "There are 1 of a max of 20 players online: Ida")
    bot.leave()
    house.wait(lambda: host.row(server_id).players_online == 0, 30)

    stop_server(host.owner, server_id)
    house.until(server_id, "stopped")
    row = host.row(server_id)
    assert (row.reason, row.exit_code) == ("requested", 0)
    say_is_shown(house, server_id, "Saved the game")
    house.check(server_id, runs=1)

    start_server(host.owner, server_id)
    house.until(server_id, "running")
    assert [line.partition("World")[2] for line in lines(server_id) if "World seed" in line][-1] in seeds[0]
    house.check(server_id, runs=2)

    delete_server(host.owner, server_id)
    house.until(server_id, "deleted")
    assert house.containers(server_id) == []
    assert not house.engine.api.volumes(filters={"label": f"kontor.server={server_id}"})["Volumes"]
    house.check(server_id, runs=2)
    assert all(one.ended_at is not None for one in intervals_of(host, server_id))


def test_two_admins_start_at_once_and_one_container_runs(house: House) -> None:
    host = house.host
    server_id = house.running("Doppelklick")
    for runs in (2, 3):
        stop_server(host.owner, server_id)
        house.until(server_id, "stopped")
        assert click_start_together(house, server_id, [host.owner, host.admin, host.owner, host.admin]) == 3
        house.until(server_id, "running")
        house.check(server_id, runs)
    delete_server(host.owner, server_id)
    house.until(server_id, "deleted")


def click_start_together(house: House, server_id: UUID, people: list[Actor]) -> int:
    """Everybody clicks at the same moment; returns how many were refused."""
    barrier, refused = threading.Barrier(len(people)), []

    def click(actor: Actor) -> None:
        with house.app.app_context():
            barrier.wait()
            try:
                start_server(actor, server_id)
            except Conflict:
                refused.append(actor)

    threads = [threading.Thread(target=click, args=(actor,)) for actor in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(refused)


def crashed(house: House, fault: str, server_id: UUID, since: float, reason: str, pause: int) -> None:
    """The row says so, with the reason, and when it starts again."""
    house.right(since, *house.stands(server_id, "crashed"), fault)
    row = house.host.row(server_id)
    assert row.reason == reason
    assert row.next_restart_at is not None
    assert (row.next_restart_at - row.state_since).total_seconds() == pytest.approx(pause, abs=0.5)


def test_out_of_memory_is_named_and_restarted_with_growing_pauses(house: House) -> None:
    host = house.host
    server_id = house.running("Nimmersatt")
    for run, pause in enumerate((5, 15)):
        (house.world(server_id) / game_image.LEAK_FILE).touch()
        house.wait(lambda: not house.inspect(server_id)["State"]["Running"], 60)  # type: ignore[index]
        crashed(house, f"out of memory {run + 1}", server_id, time.monotonic(), "out-of-memory", pause)
        ended = host.runs(server_id)[run]
        assert (ended.reason, ended.exit_code) == ("out-of-memory", 137)
        if run == 0:
            house.until(server_id, "running")
    house.check(server_id, runs=2)
    stop_server(host.owner, server_id)  # takes the planned restart back
    assert host.row(server_id).state == "stopped"
    delete_server(host.owner, server_id)
    house.until(server_id, "deleted")


def test_killed_and_removed_behind_our_back(house: House) -> None:
    host, api = house.host, house.engine.api
    server_id = house.running("Abschuss")
    killed = time.monotonic()
    api.kill(house.inspect(server_id)["Id"])  # type: ignore[index]
    crashed(house, "container killed", server_id, killed, "exit-code", 5)
    assert host.runs(server_id)[0].exit_code == 137
    house.right(killed, *house.stands(server_id, "running"), "container killed: runs again")
    house.check(server_id, runs=2)

    removed, at = time.monotonic(), clock.now()
    api.remove_container(house.inspect(server_id)["Id"], force=True)  # type: ignore[index]
    crashed(house, "container removed", server_id, removed, "vanished", 15)
    gone = host.runs(server_id)[1]
    assert gone.started_at is not None
    assert gone.ended_at is not None
    assert gone.started_at <= gone.ended_at <= at, "time that nobody saw is not charged"
    house.check(server_id, runs=2)
    delete_server(host.owner, server_id)
    house.until(server_id, "deleted")


@pytest.mark.parametrize("live_restore", [False, True], ids=["games-end", "games-live-on"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["ended", "killed"])
def test_the_engine_goes_and_comes_back(house: House, number: signal.Signals, live_restore: bool) -> None:
    host, engine = house.host, house.engine
    if engine.live_restore != live_restore:
        engine.live_restore = live_restore
        engine.restart()
    server_id = house.running("Stromausfall")
    first, before = host.row(server_id).run_id, host.events(server_id)
    engine.stop(number)
    silent = time.monotonic()
    while time.monotonic() - silent < (12 if live_restore else 3):  # one of the watch's rounds is ten seconds
        row = host.row(server_id)
        assert (row.state, row.run_id) == ("running", first), "no answer is not an answer"
        time.sleep(0.2)
    assert host.events(server_id) == before
    stops = live_restore and number == signal.SIGKILL
    if stops:
        stop_server(host.owner, server_id)  # waits for the engine

    engine.start()
    back, at = time.monotonic(), clock.now()
    fault = f"engine {'killed' if number == signal.SIGKILL else 'ended'}, games {'live on' if live_restore else 'end'}"

    def right() -> bool:
        row = host.row(server_id)
        if stops:
            return row.state == "stopped"
        seen = row.observed_at is not None and row.observed_at > at
        return row.state == "running" and seen and (row.run_id == first) == live_restore

    house.right(back, server_id, right, fault)
    house.check(server_id, runs=1 if live_restore else 2)
    run = host.runs(server_id)[0]
    if not live_restore:
        assert run.reason == "node-restarted"
    if stops:
        assert (run.reason, run.exit_code) == ("requested", 0)
    else:
        stop_server(host.owner, server_id)
        house.until(server_id, "stopped")
        assert host.row(server_id).exit_code == 0
    delete_server(host.owner, server_id)
    house.until(server_id, "deleted")
    house.check(server_id, runs=1 if live_restore else 2)


def test_the_worker_is_killed_while_the_image_comes(house: House) -> None:
    host = house.host
    house.use_image(house.registry.image("cut-off", held=True))
    try:
        server_id = host.create("Halbes Bild", deploy=True)
        assert house.registry.asked.wait(60)
        assert host.row(server_id).state == "installing"
        house.kill_worker_on("install", server_id)
        killed = time.monotonic()
        house.registry.go_on()
        house.right(killed, *house.stands(server_id, "running"), "worker killed in install")
    finally:
        house.use_image(house.registry.image("stable"))
    house.check(server_id, runs=1)
    delete_server(host.owner, server_id)
    house.until(server_id, "deleted")


def test_workers_are_killed_in_the_middle_of_start_stop_and_delete(house: House) -> None:
    """Each server loses its worker at another moment; one worker is not dead but late, and comes back after the others."""
    servers = _killed_in_start(house)
    _killed_in_stop(house, servers)
    for server_id in servers.values():
        house.check(server_id, runs=1)


def _killed_in_start(house: House) -> dict[str, UUID]:
    host, gate = house.host, house.gate
    servers: dict[str, UUID] = {}
    for moment in ("made, not started", "nothing made", "worker frozen", "started, not recorded"):
        server_id = servers[moment] = host.create(moment)
        create = rf"^POST /v[\d.]+/containers/create\?name=kontor-.*{server_id.hex}"
        if moment == "started, not recorded":
            hold = gate.hold(r"^POST /v[\d.]+/containers/[0-9a-f]{64}/start", answer=True)
        else:
            hold = gate.hold(create, answer=moment == "made, not started")
        deploy(host.owner, server_id)
        hold.wait()
    for moment in ("started, not recorded", "made, not started", "nothing made"):
        house.kill_worker_on("start", servers[moment])
    killed = time.monotonic()
    frozen = house.worker_on("start", servers["worker frozen"])
    os.kill(frozen, signal.SIGSTOP)
    faults = {
        f"worker killed in start: {moment}": house.stands(one, "running") for moment, one in servers.items()
    }
    house.all_right(killed, faults)
    os.kill(frozen, signal.SIGCONT)
    gate.open()  # the late worker's order reaches the engine only now
    time.sleep(3.0)  # it is answered, and finds that its job is another's
    for server_id in servers.values():
        assert host.row(server_id).state == "running"
        house.check(server_id, runs=1)
    house.revive_workers()
    return servers


def _killed_in_stop(house: House, servers: dict[str, UUID]) -> None:
    host, gate = house.host, house.gate
    untold, deleted, told, last = servers.values()
    holds = [
        gate.hold(rf"^GET /v[\d.]+/containers/kontor-.*{untold.hex}/json"),
        gate.hold(rf"^DELETE /v[\d.]+/volumes/kontor-.*{deleted.hex}"),
        gate.hold(rf"^GET /v[\d.]+/containers/{house.inspect(told)['Id']}/json", answer=True),  # type: ignore[index]
    ]
    stop_server(host.owner, untold)
    delete_server(host.owner, deleted)
    for hold in holds[:2]:
        hold.wait()
    stop_server(host.owner, told)
    holds[2].wait()
    for path, server_id in (("stop", told), ("stop", untold), ("delete", deleted)):
        house.kill_worker_on(path, server_id)
    killed = time.monotonic()
    gate.open()
    faults = {
        "worker killed in stop: game not told": house.stands(untold, "stopped"),
        "worker killed in stop: game told": house.stands(told, "stopped"),
        "worker killed in delete: world still there": house.stands(deleted, "deleted"),
    }
    house.all_right(killed, faults)
    assert {host.row(one).exit_code for one in (untold, told)} == {0}
    assert house.containers(deleted) == []
    stop_server(host.owner, last)
    house.until(last, "stopped")


def test_workers_are_killed_while_a_world_moves_into_the_archive_and_back(house: House) -> None:
    """The volume goes only when its archive is verified, a new one comes, and the world is the same, byte for byte."""
    server_id = house.running("Ruhewelt")
    stop_server(house.host.owner, server_id)
    house.until(server_id, "stopped")
    region = random.Random(4).randbytes(150 << 20)
    (house.world(server_id) / "region.bin").write_bytes(region)
    archive_server(house.host.owner, server_id)
    house.wait(lambda: works_on(house, "archive.archive", server_id), 30)
    killed = time.monotonic()
    house.kill_worker_on("archive.archive", server_id)
    house.right(killed, server_id, house.stands(server_id, "archived")[1], "worker killed while archiving")
    label = {"label": f"kontor.server={server_id}"}
    house.wait(lambda: not house.engine.api.volumes(filters=label)["Volumes"], 30)
    house.revive_workers()
    start_server(house.host.owner, server_id)
    house.wait(lambda: works_on(house, "archive.wake", server_id), 30)
    killed = time.monotonic()
    house.kill_worker_on("archive.wake", server_id)
    house.right(killed, server_id, house.stands(server_id, "running")[1], "worker killed while waking")
    house.wait(lambda: len(house.engine.api.volumes(filters=label)["Volumes"]) == 1, 30)
    assert (house.world(server_id) / "region.bin").read_bytes() == region
    stop_server(house.host.owner, server_id)
    house.until(server_id, "stopped")
    house.check(server_id, runs=2)


def works_on(house: House, path: str, server_id: UUID) -> bool:
    try:
        return house.worker_on(path, server_id) > 0
    except AssertionError:
        return False
