"""Whatever is killed at whatever instant while a server restarts, is backed up and restored, moves out and in: its world is
whole, nothing stays stuck, and the ledger is right to the nano-euro.

Real processes: clock, watch, workers, the router, Flying Squid with its keeper, an OpenSSH server as the archive.
`KONTOR_KILLS=100` makes it a long one, `KONTOR_KILLS_SEED` another one.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.hosting.gateways.process import ProcessRuntime
from app.hosting.gateways.process.folders import Run
from app.hosting.gateways.process.system import Identity
from app.hosting.models import Archive
from app.hosting.rules.archive import ArchiveState
from app.hosting.services.place import runtime_named
from app.kit import cache
from app.kit.db import db
from tests.hosting.conftest import Host
from tests.hosting.kill_rig import KILLS_A_CYCLE, Trial
from tests.hosting.platform import Platform, running_platform, until
from tests.hosting.router.door import Door
from tests.hosting.swapping import shown
from tests.services.sftp import SftpServer, running_sftp

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("KONTOR_KILLS", "4"))
SEED = int(os.environ.get("KONTOR_KILLS_SEED", "20261121"))
MEGABYTES = 60 if KILLS >= KILLS_A_CYCLE else 24
NAME = "bauwelt.play.localhost"


class House:
    """An installation whose games are processes, and everything in it that may be killed."""

    def __init__(self, host: Host, platform: Platform, sftp: SftpServer, redis_url: str) -> None:
        self.host, self.platform, self.sftp, self.redis_url = host, platform, sftp, redis_url
        self.door = Door(redis_url, host.folder)

    def folders(self, server_id: UUID) -> list[Path]:
        """All generations of a world that lie there."""
        return sorted((self.host.folder / "games/servers" / server_id.hex).glob("data*"))

    def world(self, server_id: UUID) -> Path:
        world = self.host.row(server_id).world
        assert world is not None
        return self.host.folder / "games/servers" / server_id.hex / (f"data-{world}" if world else "data")

    def victims(self, server_id: UUID) -> Mapping[str, Callable[[], float]]:
        found: dict[str, Callable[[], float]] = {
            name: lambda name=name: self._restart(name)  # type: ignore[misc]
            for name in ("worker", "default", "watch", "clock")
        }
        found |= {"target": self._strike_target, "router": self._strike_router}
        run = self._run(server_id)
        if run is not None:
            for who, name in (("game", "game"), ("supervisor", "keeper")):
                one = run.identity(who)
                if one is not None and one.alive():
                    found[name] = lambda one=one: self._shoot(one)  # type: ignore[misc]
        return found

    @staticmethod
    def _run(server_id: UUID) -> Run | None:
        runtime = runtime_named("process")
        assert isinstance(runtime, ProcessRuntime)
        return runtime._folders.server(server_id).current()

    def _restart(self, name: str) -> float:
        self.platform.restart(name)
        return 0.0

    @staticmethod
    def _shoot(one: Identity) -> float:
        """Until it is gone: before that a look would find it alive."""
        one.send(signal.SIGKILL)
        until(lambda: not one.alive(), 30)
        return 0.0

    def _strike_target(self) -> float:
        """The archive goes, and comes back within two seconds."""
        self.sftp.stop()
        time.sleep(1.0)
        self.sftp.start()
        return 0.0

    def _strike_router(self) -> float:
        """Seconds until a new one answers with what it knew."""
        began = time.monotonic()
        self.door.end(signal.SIGKILL)
        self.door = Door(self.redis_url, self.host.folder, port=self.door.port)
        until(lambda: not shown(self.door.port, NAME).startswith("dead"), 60)
        return time.monotonic() - began

    def objects(self) -> set[str]:
        """What lies in the archive."""
        return {path.name for path in self.sftp.files.rglob("*") if path.is_file()}

    @staticmethod
    def verified() -> set[str]:
        """What should: objects of copies that the rows trust."""
        db.session.rollback()
        keys = db.session.scalars(select(Archive.key).where(Archive.state == ArchiveState.VERIFIED.value))
        return {key.rpartition("/")[2] for key in keys}


@pytest.fixture
def house(
    tmp_path: Path, redis_url: str, squid_cache: Path, run_jobs: Callable[..., list[str]]
) -> Iterator[House]:
    cache.make_client(redis_url).flushdb()
    (tmp_path / "games-cache").symlink_to(squid_cache)
    with (
        running_sftp() as sftp,
        running_platform(tmp_path, redis_url, run_jobs, archive_url=sftp.url()) as (host, platform),
    ):
        found = House(host, platform, sftp, redis_url)
        try:
            yield found
        finally:
            found.door.end(signal.SIGKILL)


def test_whatever_is_killed_the_world_stays_whole(house: House) -> None:
    server_id = house.host.create(deploy=True)
    until(lambda: house.host.row(server_id).state == "running", 240)
    trial = Trial(house, server_id, SEED, MEGABYTES)
    trial.run(KILLS, few=("game", "router", "target", "worker"))
    until(lambda: len(house.folders(server_id)) == 1, 120)
    until(lambda: house.objects() == house.verified(), 120)
    trial.check_money()
    trial.check_phases()
