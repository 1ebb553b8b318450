"""The way into a game's folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.hosting.gateways.files.fault import FileFault, telling
from app.hosting.rules.files import Parts, name_fault

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
RESERVE = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class Here:
    """An open folder of the game. `owner` is the user all of it belongs to."""

    descriptor: int
    owner: int
    reserve: int

    def room(self) -> int:
        """Bytes that may still be written, so that the machine keeps some."""
        found = os.fstatvfs(self.descriptor)
        return max(0, found.f_bavail * found.f_frsize - self.reserve)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a game's files lie. The folders above `root` are the platform's own and trusted, nothing below is."""

    root: Path
    reserve: int = RESERVE
    """Bytes of the disk that stay free."""

    @contextlib.contextmanager
    def folder(self, parts: Parts = ()) -> Iterator[Here]:
        """Opens a folder name by name. Raises FileFault: gone, link, no-folder, denied."""
        with telling():
            current = os.open(self.root, FOLDER)
        try:
            owner = os.fstat(current).st_uid
            for name in parts:
                inner = step(current, name)
                os.close(current)
                current = inner
            yield Here(current, owner, self.reserve)
        finally:
            os.close(current)


def step(folder: int, name: bytes) -> int:
    """A descriptor of the folder `name` in an open folder, which stays open. Never through a link."""
    if name_fault(name):
        raise FileFault("gone")
    try:
        with telling():
            return os.open(name, FOLDER, dir_fd=folder)
    except FileFault as fault:
        # A link and a file are both "not a directory" to the kernel, in this combination of flags.
        raise FileFault("link") if fault.code == "no-folder" and _is_link(folder, name) else fault from None


def _is_link(folder: int, name: bytes) -> bool:
    with contextlib.suppress(OSError):
        os.readlink(name, dir_fd=folder)
        return True
    return False
