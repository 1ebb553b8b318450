"""The folders of the process runtime and the record of each run, readable by any Kontor process at any time.

<root>/servers/<server>/data          the game's own folder: the first generation of the world
                        data-<world>  a later generation
                        *.gone        what somebody is removing, or was when he was killed
                        worlds.lock   held while a generation is chosen for a run or taken away
                        tmp           its TMPDIR
                        secret        RCON secret
                        lock          locked while a supervisor lives
                        current       link to the newest run
                        runs/<run>/   run.json stdin console.log supervisor game exit oom
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from app.hosting.gateways.process.system import BOOT_ID, Identity
from app.hosting.gateways.runtime import checked_world

DATA = re.compile(r"data(?:-([0-9a-z]{1,32}))?")


@dataclass(frozen=True, slots=True)
class Record:
    """What was decided when a run was started; never changed afterwards."""

    server_id: str
    run_id: str
    slug: str
    boot_id: str
    started_at: str
    memory_bytes: int
    port: int
    rcon_port: int
    rcon: bool
    user_id: int | None
    cgroup: str | None
    world: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run's folder."""

    path: Path
    record: Record

    @property
    def run_id(self) -> UUID:
        return UUID(self.record.run_id)

    @property
    def started_at(self) -> datetime:
        return datetime.fromisoformat(self.record.started_at)

    def identity(self, name: str) -> Identity | None:
        """The process noted as "supervisor" or "game"; None when it was never noted or was so before a reboot."""
        if self.record.boot_id != BOOT_ID:
            return None
        return Identity.read(self.path / name)

    def launched(self) -> bool:
        """Whether the supervisor got as far as noting itself."""
        return Identity.read(self.path / "supervisor") is not None

    def has_game(self) -> bool:
        """Whether the game itself was started."""
        return Identity.read(self.path / "game") is not None

    def alive(self) -> bool:
        """Whether the supervisor or the game still lives."""
        return any(
            (who := self.identity(name)) is not None and who.alive() for name in ("supervisor", "game")
        )

    def exit(self) -> tuple[int | None, datetime | None]:
        """Exit code and time; None where nobody could note them."""
        path = self.path / "exit"
        try:
            when = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            return int(path.read_text()), when
        except (OSError, ValueError):
            return None, None

    def mark_oom(self) -> None:
        (self.path / "oom").touch()

    def marked_oom(self) -> bool:
        return (self.path / "oom").exists()


@dataclass(frozen=True, slots=True)
class ServerFolder:
    path: Path

    def data(self, world: str = "") -> Path:
        """The folder of a generation of the world."""
        return self.path / (f"data-{world}" if checked_world(world) else "data")

    def worlds(self) -> Iterator[str]:
        """Every generation there is."""
        with contextlib.suppress(FileNotFoundError):
            for name in os.listdir(self.path):
                if found := DATA.fullmatch(name):
                    yield found[1] or ""

    @property
    def secret(self) -> Path:
        return self.path / "secret"

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    @property
    def worlds_lock(self) -> Path:
        return self.path / "worlds.lock"

    def current(self) -> Run | None:
        """The newest run; None when there was none."""
        try:
            return self.run(os.readlink(self.path / "current").rpartition("/")[2])
        except OSError:
            return None

    def run(self, name: str) -> Run | None:
        path = self.path / "runs" / name
        try:
            return Run(path, Record(**json.loads((path / "run.json").read_text())))
        except (OSError, ValueError, TypeError):
            return None

    def add_run(self, record: Record, keep: int = 2) -> Run:
        """Makes the folder of a run and points `current` to it; the oldest runs go."""
        name = UUID(record.run_id).hex
        path = self.path / "runs" / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True, mode=0o700)
        os.mkfifo(path / "stdin", 0o600)
        (path / "console.log").touch(0o600)
        write_whole(path / "run.json", json.dumps(asdict(record)))
        link = self.path / "current.new"
        link.unlink(missing_ok=True)
        link.symlink_to(f"runs/{name}")
        link.replace(self.path / "current")
        for old in self.runs()[:-keep]:
            if old.path != path:
                shutil.rmtree(old.path, ignore_errors=True)
        return Run(path, record)

    def runs(self) -> list[Run]:
        """Oldest first."""
        with contextlib.suppress(OSError):
            found = [self.run(entry.name) for entry in os.scandir(self.path / "runs")]
            return sorted((run for run in found if run), key=lambda run: run.record.started_at)
        return []

    def forget_runs(self) -> None:
        """From here on the server is absent; its data stays."""
        (self.path / "current").unlink(missing_ok=True)
        shutil.rmtree(self.path / "runs", ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Folders:
    root: Path

    def server(self, server_id: UUID) -> ServerFolder:
        return ServerFolder(self.root / "servers" / server_id.hex)

    def servers(self) -> Iterator[tuple[UUID, ServerFolder]]:
        with contextlib.suppress(FileNotFoundError):
            for entry in os.scandir(self.root / "servers"):
                with contextlib.suppress(ValueError):
                    yield UUID(entry.name), ServerFolder(Path(entry.path))


def write_whole(path: Path, text: str, mode: int = 0o600) -> None:
    """Writes a file so that readers see the old or the new text, never half of it, also after a power cut."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.unlink(missing_ok=True)
    # Never through a link: the folder may belong to the game.
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
