"""Whatever is killed at whatever instant while a world moves out and in, is backed up and restored: it is whole, and
nothing stays stuck.

Real processes: clock, watch, workers, an OpenSSH server as the archive. `KONTOR_KILLS=100` makes it a long one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.billing.services.reconcile import find_differences
from app.hosting.models import Archive, Restore
from app.hosting.rules.archive import ArchiveState
from app.hosting.services.archive import archive_server
from app.hosting.services.backup import create_backup
from app.hosting.services.restore import restore_backup
from app.hosting.services.server import start_server, stop_server
from app.kit import cache
from app.kit.db import db
from app.kit.errors import Conflict
from tests.hosting.conftest import Host
from tests.hosting.platform import Platform, running_platform, until
from tests.services.sftp import SftpServer, running_sftp

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("KONTOR_KILLS", "4"))
STUCK = 75.0
"""Seconds: the minute that is promised, and what a look at it takes on a busy machine."""
MEGABYTES = 60


class House:
    """One stopped server with a world, and everything that may be killed."""

    def __init__(self, host: Host, platform: Platform, sftp: SftpServer) -> None:
        self.host, self.platform, self.sftp = host, platform, sftp
        self.dice = random.Random(20261121)
        self.struck: list[str] = []
        self.failed: list[str] = []
        self.server_id = self._server()

    def _server(self) -> UUID:
        server_id = self.host.create(deploy=True)
        self.until(server_id, "running", seconds=120)
        stop_server(self.host.owner, server_id)
        self.until(server_id, "stopped")
        return server_id

    def state(self, server_id: UUID | None = None) -> str:
        return self.host.row(server_id or self.server_id).state

    def until(self, server_id: UUID, *states: str, seconds: float = STUCK) -> str:
        until(lambda: self.state(server_id) in states, seconds)
        return self.state(server_id)

    def strike(self) -> None:
        """Wait for a random instant and kill one of all."""
        time.sleep(self.dice.uniform(0, 1.5))
        victim = self.dice.choice(("worker", "worker", "target", "watch", "clock"))
        self.struck.append(f"{victim} while {self.state()}")
        if victim == "target":
            self.sftp.stop()
            time.sleep(self.dice.uniform(0, 2))
            self.sftp.start()
        else:
            self.platform.restart(victim)

    @property
    def folders(self) -> list[Path]:
        return sorted((self.host.folder / "games/servers" / self.server_id.hex).glob("data*"))

    def hashes(self) -> dict[str, str]:
        """Every file of the world that the row names."""
        world = self.host.row(self.server_id).world
        assert world is not None
        folder = (
            self.host.folder / "games/servers" / self.server_id.hex / (f"data-{world}" if world else "data")
        )
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*")
            if path.is_file()
        }

    def regions(self) -> dict[str, str]:
        return {name: value for name, value in self.hashes().items() if "region-" in name}

    def objects(self) -> set[str]:
        """What lies in the archive."""
        return {path.name for path in self.sftp.files.rglob("*") if path.is_file()}

    @staticmethod
    def verified() -> set[str]:
        """What should: objects of copies that the rows trust."""
        db.session.rollback()
        keys = db.session.scalars(select(Archive.key).where(Archive.state == ArchiveState.VERIFIED.value))
        return {key.rpartition("/")[2] for key in keys}

    def move_out(self) -> None:
        """Into the archive, with one kill on the way; what failed for want of the archive is ordered again."""
        archive_server(self.host.owner, self.server_id)
        self.strike()
        while self.until(self.server_id, "archived", "stopped") == "stopped":
            archive_server(self.host.owner, self.server_id)

    def move_in(self) -> None:
        """Back, without a start, with one kill on the way."""
        self._wake()
        self.strike()
        while self.until(self.server_id, "archived", "stopped") == "archived":
            self._wake()

    def back_up(self) -> UUID:
        """A verified backup, with one kill on the way."""
        backup_id = create_backup(self.host.owner, self.server_id)
        self.strike()
        until(lambda: self.archive(backup_id).state != ArchiveState.MAKING, STUCK)
        if self.archive(backup_id).state == ArchiveState.VERIFIED:
            return backup_id
        self.failed.append(f"backup: {self.archive(backup_id).failure}")
        return self.back_up()

    def archive(self, archive_id: UUID) -> Archive:
        db.session.rollback()
        return db.session.get_one(Archive, archive_id, populate_existing=True)

    def bring_back(self, backup_id: UUID) -> None:
        """The world of a backup instead of the present one, with one kill on the way."""
        restore_id = restore_backup(self.host.owner, self.server_id, backup_id, save_first=False)
        self.strike()
        until(lambda: self.restore(restore_id).state in ("done", "failed"), STUCK)
        if self.restore(restore_id).state == "failed":
            self.failed.append(f"restore: {self.restore(restore_id).failure}")
            self.bring_back(backup_id)

    @staticmethod
    def restore(restore_id: UUID) -> Restore:
        db.session.rollback()
        return db.session.get_one(Restore, restore_id, populate_existing=True)

    def _wake(self) -> None:
        start_server(self.host.owner, self.server_id)
        with contextlib.suppress(Conflict):
            stop_server(self.host.owner, self.server_id)


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
        yield House(host, platform, sftp)


def test_whatever_is_killed_the_world_stays_whole(house: House) -> None:
    content = random.Random(7)
    for number in range(MEGABYTES // 4):
        (house.folders[0] / f"region-{number}.mca").write_bytes(content.randbytes(4 << 20))
    wanted = house.hashes()
    wanted = {name: value for name, value in wanted.items() if "region-" in name}
    for _ in range(max(1, KILLS // 4)):
        house.move_out()
        house.move_in()
        if house.state() == "running":  # the world was back before the start could be taken back
            stop_server(house.host.owner, house.server_id)
            house.until(house.server_id, "stopped")
        assert house.regions() == wanted, house.struck
        backup_id = house.back_up()
        next(house.folders[-1].glob("region-3.mca")).write_bytes(b"griefed")
        house.bring_back(backup_id)
        assert house.regions() == wanted, house.struck
        assert find_differences() == []
    print("\n" + ", ".join(house.struck), house.failed, sep="\n")
    until(lambda: len(house.folders) == 1, STUCK)
    until(lambda: house.objects() == house.verified(), STUCK)
    phases = house.host.intervals(house.server_id)
    assert all(before[3] == after[2] for before, after in pairwise(phases)), "charged without gap or overlap"
