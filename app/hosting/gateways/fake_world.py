"""The worlds of a fake node: real folders, so that they can be packed and unpacked, with the words of the game as lines."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from app.hosting.gateways.runtime import checked_world

FIRST = "data"


class FakeWorld(Sequence[str]):
    """One generation. Reads as the lines of its only file `world.txt` and equals a list of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def file(self) -> Path:
        return self.folder / "world.txt"

    def exists(self) -> bool:
        return self.folder.is_dir()

    def empty(self) -> bool:
        """Whether nothing lies in it; also when it does not exist."""
        return not self.exists() or not any(self.folder.iterdir())

    def make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.folder.parent.rmdir()  # only when it was the last one

    def append(self, line: str) -> None:
        with open(self.file, "a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def grow(self, size_bytes: int) -> None:
        """Lets the world be larger by so much without filling a disk."""
        with open(self.folder / "region.bin", "ab") as file:
            file.truncate(file.tell() + size_bytes)

    def bytes(self) -> int:
        """Lengths of all files; a hole counts here, so that tests can have large worlds."""
        found = 0
        for parent, _, names in os.walk(self.folder):
            found += sum(os.lstat(os.path.join(parent, name)).st_size for name in names)
        return found

    def lines(self) -> list[str]:
        try:
            return self.file.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return []

    def __getitem__(self, index: int) -> str:  # type: ignore[override]
        return self.lines()[index]

    def __len__(self) -> int:
        return len(self.lines())

    def __iter__(self) -> Iterator[str]:
        return iter(self.lines())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FakeWorld):
            return self.folder == other.folder
        return self.lines() == other

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{self.folder.name}: {self.lines()}>"


@dataclass(frozen=True, slots=True)
class Worlds:
    """All worlds of a node: `<root>/<server>/data`, and `data-<generation>` for every later one."""

    root: Path

    def of(self, server_id: UUID, world: str = "") -> FakeWorld:
        name = f"{FIRST}-{world}" if checked_world(world) else FIRST
        return FakeWorld(self.root / server_id.hex / name)

    def generations(self, server_id: UUID) -> list[str]:
        """Names of those that are there, the first one first."""
        with contextlib.suppress(FileNotFoundError):
            names = os.listdir(self.root / server_id.hex)
            return sorted(name.removeprefix(FIRST).removeprefix("-") for name in names)
        return []

    def servers(self) -> list[UUID]:
        """Those that have a world in any generation."""
        found = [UUID(name) for name in os.listdir(self.root)]
        return [server_id for server_id in found if self.generations(server_id)]

    def remove_all(self, server_id: UUID) -> None:
        shutil.rmtree(self.root / server_id.hex, ignore_errors=True)
