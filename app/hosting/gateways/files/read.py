"""Reading a file: opened without waiting, looked at, and only then read."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from app.hosting.gateways.files.fault import FileFault, telling
from app.hosting.gateways.files.place import Here
from app.hosting.rules.files import name_fault

READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
PIECE = 1 << 17


@dataclass(slots=True)
class Opened:
    """A file that is open for reading; close it, or read `pieces` to the end."""

    descriptor: int
    found: os.stat_result

    @property
    def size(self) -> int:
        """Bytes when it was opened."""
        return self.found.st_size

    def pieces(self) -> Iterator[bytes]:
        """Its bytes, at most as many as it had when it was opened: a log that grows has an end here."""
        left = self.size
        try:
            while left > 0:
                with telling():
                    piece = os.read(self.descriptor, min(PIECE, left))
                if not piece:
                    return
                left -= len(piece)
                yield piece
        finally:
            self.close()

    def close(self) -> None:
        if self.descriptor >= 0:
            descriptor, self.descriptor = self.descriptor, -1
            os.close(descriptor)


def open_file(here: Here, name: bytes) -> Opened:
    """Raises FileFault: gone, link, folder, special, foreign, denied."""
    if name_fault(name):
        raise FileFault("gone")
    with telling():
        _must_be_file(os.stat(name, dir_fd=here.descriptor, follow_symlinks=False), here.owner)
        descriptor = os.open(name, READ, dir_fd=here.descriptor)
    try:
        found = os.fstat(descriptor)
        _must_be_file(found, here.owner)  # it may be another one by now
    except BaseException:
        os.close(descriptor)
        raise
    return Opened(descriptor, found)


def _must_be_file(found: os.stat_result, owner: int) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise FileFault("link")
    if stat.S_ISDIR(found.st_mode):
        raise FileFault("folder")
    if not stat.S_ISREG(found.st_mode):
        raise FileFault("special")
    # A second name for a file of somebody else: we might read what the game itself may not.
    if found.st_nlink > 1 and found.st_uid != owner:
        raise FileFault("foreign")


def read_small(here: Here, name: bytes, most: int) -> tuple[bytes, os.stat_result]:
    """All of a file of at most `most` bytes. Raises FileFault too-large, and all that `open_file` raises."""
    opened = open_file(here, name)
    with contextlib.closing(opened):
        if opened.size > most:
            raise FileFault("too-large")
        return b"".join(opened.pieces()), opened.found
