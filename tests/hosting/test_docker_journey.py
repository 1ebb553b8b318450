"""Players, restarts, backups and kills on a real Docker engine, through the router: what `test_join_wakes`, `test_warm_swap`
and `test_archive_kills` show for processes.

`KONTOR_DOCKER_KILLS=24` makes the kills a long one.
"""

from __future__ import annotations

import os
import random
import signal
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.hosting.gateways.archive import unpack
from app.hosting.gateways.archive.manifest import Packed
from app.hosting.models import Archive, SaveHold
from app.hosting.services.archive import archive_server
from app.hosting.services.backup import create_backup
from app.hosting.services.place import archive_store, runtime_named
from app.hosting.services.restore import restore_backup
from app.hosting.services.server import delete_server, stop_server
from app.kit.db import db
from tests.hosting.docker_house import House, squid_house
from tests.hosting.kill_rig import Trial
from tests.hosting.money import check_charges
from tests.hosting.platform import until
from tests.hosting.router.door import Door
from tests.hosting.swapping import Holders, Pings, join, restart, see, shown
from tests.services.nodejs import NodeTools
from tests.services.sftp import SftpServer, running_sftp

pytestmark = [pytest.mark.slow, pytest.mark.docker]
JOINS = 3
KILLS = int(os.environ.get("KONTOR_DOCKER_KILLS", "4"))
SEED = int(os.environ.get("KONTOR_KILLS_SEED", "20261121"))


class Street:
    """The house, its door, and where its worlds rest."""

    def __init__(self, house: House, sftp: SftpServer) -> None:
        self.house, self.sftp, self.host = house, sftp, house.host
        self.folder = Path(house.environment["KONTOR_VAR_DIR"])
        self.redis_url = house.environment["KONTOR_REDIS_URL"]
        self.door = Door(self.redis_url, self.folder)

    def open(self, name: str) -> tuple[UUID, str]:
        """A running server and its host name."""
        server_id = self.host.create(name, deploy=True, settings={"operators": "Alex", "motd": "Hafen"})
        self.house.until(server_id, "running", 240)
        return server_id, f"{name.lower()}.play.localhost"

    # --- what can be killed ---

    def world(self, server_id: UUID) -> Path:
        world = self.host.row(server_id).world
        assert world is not None
        return runtime_named("docker").world_folder(server_id, world)

    def victims(self, server_id: UUID) -> Mapping[str, Callable[[], float]]:
        host_name = f"{self.host.row(server_id).name.lower()}.play.localhost"
        found: dict[str, Callable[[], float]] = {
            "worker": lambda: self._kill(self._busy(server_id)),
            "default": lambda: self._kill("default"),
            "watch": lambda: self._kill("watch"),
            "clock": lambda: self._kill("clock"),
            "target": self._strike_target,
            "router": lambda: self._strike_router(host_name),
            "engine": self._strike_engine,
        }
        container = self.house.inspect(server_id)
        if container is not None and container["State"]["Running"]:
            found["container"] = lambda: self._shoot(container["Id"])
        return found

    def _busy(self, server_id: UUID) -> str:
        """The worker that is at something for the server, else any."""
        for path in ("start", "stop", "archive.archive", "archive.wake", "backup.make", "backup.restore"):
            try:
                pid = self.house.worker_on(path, server_id)
            except AssertionError:
                continue
            for name, process in self.house.processes.items():
                if process.pid == pid:
                    return name
        return random.choice([name for name in self.house.processes if name.startswith("worker-")])

    def _kill(self, name: str) -> float:
        self.house.kill(name)
        return 0.0

    def _shoot(self, container: str) -> float:
        """The kernel's SIGKILL to the game; the engine is not asked, and is waited for until it has noticed."""
        api = self.house.engine.api
        if pid := api.inspect_container(container)["State"]["Pid"]:
            os.kill(pid, signal.SIGKILL)
            until(lambda: not api.inspect_container(container)["State"]["Running"], 30)
        return 0.0

    def _strike_target(self) -> float:
        self.sftp.stop()
        time.sleep(1.0)
        self.sftp.start()
        return 0.0

    def _strike_router(self, host_name: str) -> float:
        began = time.monotonic()
        self.door.end(signal.SIGKILL)
        self.door = Door(self.redis_url, self.folder, port=self.door.port)
        until(lambda: not shown(self.door.port, host_name).startswith("dead"), 60)
        return time.monotonic() - began

    def _strike_engine(self) -> float:
        self.house.engine.stop(signal.SIGKILL)
        self.house.engine.start()
        return 0.0

    # --- phases ---

    def check_phases(self, server_id: UUID) -> list[str]:
        """Each run charged from its start to its end, no instant twice or not at all; returns the phases."""
        phases = self.host.intervals(server_id)
        assert all(before[3] == after[2] for before, after in pairwise(phases)), phases
        runs = [run for run in self.host.runs(server_id) if run.started_at is not None]
        active = [(since, until) for meter, _, since, until in phases if meter == "hosting.active"]
        assert active == [(run.started_at, run.ended_at) for run in runs]
        self.house.check(server_id, runs=len(runs))
        print(f"\nnano-euros by phase: {check_charges(self.host, server_id)}")
        return [meter.removeprefix("hosting.") for meter, *_ in phases]


@pytest.fixture(scope="module")
def street(squid_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with (
        running_sftp() as sftp,
        squid_house(squid_cache, tmp_path_factory.mktemp("image"), archive_url=sftp.url()) as house,
    ):
        found = Street(house, sftp)
        try:
            yield found
        finally:
            found.door.end(signal.SIGKILL)


def test_joining_wakes_what_sleeps_and_what_lies_in_the_archive(
    street: Street, node_tools: NodeTools
) -> None:
    """The block placed before is there, a ping wakes nothing, and each phase costs what it should."""
    host, house, port = street.host, street.house, street.door.port
    server_id, name = street.open("Hafen")
    bot = join(node_tools, port, "Alex", name)
    bot.say("/setblock 3 20 3 diamond_block")
    see(bot, "diamond_block", 20)
    bot.leave()
    label = {"label": f"kontor.server={server_id}"}
    took: dict[str, list[float]] = {"asleep": [], "archived": []}
    for rest in ["asleep"] * JOINS + ["archived"] * JOINS:
        stop_server(host.owner, server_id)
        house.until(server_id, "stopped")
        if rest == "archived":
            archive_server(host.owner, server_id)
            house.until(server_id, "archived", 120)
            house.wait(lambda: not house.engine.api.volumes(filters=label)["Volumes"], 60)
        until(lambda: shown(port, name) == rest, 20)  # noqa: B023
        for _ in range(10):
            assert shown(port, name) == rest
        assert host.row(server_id).state in ("stopped", "archived"), "a look wakes nothing"
        began = time.monotonic()
        bot = join(node_tools, port, "Alex", name)
        took[rest].append(round(time.monotonic() - began, 2))
        see(bot, "diamond_block", 30, lambda: f"was {rest}; {house.told(server_id)}; joined in {took}")  # noqa: B023
        bot.leave()
    told = {rest: statistics.median(times) for rest, times in took.items()}
    print(f"\nseconds until in the game, the client's own start included: {told} of {took}")
    stop_server(host.owner, server_id)
    house.until(server_id, "stopped")
    wanted = ["active", "sleep"] * (JOINS + 1) + ["archive", "sleep", "active", "sleep"] * JOINS
    phases = street.check_phases(server_id)
    assert phases == wanted, phases
    delete_server(host.owner, server_id)
    house.until(server_id, "deleted")


def test_a_backup_is_made_while_somebody_plays(street: Street, node_tools: NodeTools, tmp_path: Path) -> None:
    """The game is held still, copied, and let go; the player stays and builds on; what was built before comes back."""
    host, house = street.host, street.house
    server_id, name = street.open("Werft")
    bot = join(node_tools, street.door.port, "Alex", name)
    bot.say("/setblock 3 20 3 gold_block")
    see(bot, "gold_block", 20)
    house.wait(lambda: host.row(server_id).players_online == 1, 30)
    archive_id = create_backup(host.owner, server_id)
    house.wait(lambda: copy_of(archive_id).state != "making", 120)
    row = copy_of(archive_id)
    assert (row.state, row.failure) == ("verified", None)
    assert row.finished_at is not None
    print(f"\nbacked up in {(row.finished_at - row.created_at).total_seconds():.1f} s while played")
    assert (host.row(server_id).players_online, host.row(server_id).state) == (1, "running")
    bot.say("/setblock 3 20 3 iron_block")
    see(bot, "iron_block", 20)
    db.session.rollback()
    assert db.session.scalars(select(SaveHold)).all() == [], "nobody owes the game its save-on"
    packed = Packed(row.sha256 or "", row.size_bytes or 0, row.raw_bytes or 0, row.files or 0)
    unpack(archive_store().get(row.key), tmp_path / "back", packed)
    assert (tmp_path / "back/world/level.dat").is_file()
    bot.leave()
    stop_server(host.owner, server_id)
    house.until(server_id, "stopped")
    restore_backup(host.owner, server_id, archive_id, save_first=False)
    house.wait(lambda: host.row(server_id).world != "", 60)
    bot = join(node_tools, street.door.port, "Alex", name)
    see(bot, "gold_block", 30)
    bot.leave()
    stop_server(host.owner, server_id)
    house.until(server_id, "stopped")
    phases = street.check_phases(server_id)
    assert phases == ["active", "sleep", "sleep", "active", "sleep"], (
        "the world that came back has a size of its own"
    )
    delete_server(host.owner, server_id)
    house.until(server_id, "deleted")


def copy_of(archive_id: UUID) -> Archive:
    db.session.rollback()
    return db.session.get_one(Archive, archive_id, populate_existing=True)


def test_a_restart_is_a_warm_swap(street: Street, node_tools: NodeTools) -> None:
    """The port never looks dead, and there is one container at a time."""
    host, house, api = street.host, street.house, street.house.engine.api
    server_id, name = street.open("Kran")
    running = {"label": f"kontor.server={server_id}", "status": "running"}
    alex = join(node_tools, street.door.port, "Alex", name)
    alex.say("/setblock 3 20 3 diamond_block")
    see(alex, "diamond_block", 20)
    with Pings(street.door.port, name) as pings, Holders(lambda: api.containers(filters=running)) as holders:
        took = [restart(host, server_id, until) for _ in range(3)]
        alex.wait_for("left", 20)
        mia = join(node_tools, street.door.port, "Mia", name)
        see(mia, "diamond_block", 20)
        mia.leave()
    print(f"\n{len(pings.answers)} pings: {pings.story()}; {holders.looks} counts; restarts {took} s")
    assert pings.dead == [], pings.story()
    assert {"game", "restarting"} <= {one.what for one in pings.answers}
    assert holders.most == 1, "one world, one writer"
    assert statistics.median(took) < 30
    stop_server(host.owner, server_id)
    house.until(server_id, "stopped")
    street.check_phases(server_id)
    delete_server(host.owner, server_id)
    house.until(server_id, "deleted")


def test_whatever_is_killed_the_world_stays_whole(street: Street) -> None:
    host = street.host
    server_id, _name = street.open("Sturm")
    trial = Trial(street, server_id, SEED, 40)
    trial.run(KILLS, few=("container", "engine", "target", "worker"))
    trial.check_money()
    street.check_phases(server_id)
    delete_server(host.owner, server_id)
    street.house.until(server_id, "deleted")
