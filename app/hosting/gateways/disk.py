"""What folders take on disk, and how they go."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

SPARE_BYTES = 64 << 20
LOOK_EVERY = 8 << 20
DEEP_SECONDS = 60


class Room:
    """Watches a disk while much is written to it: a little stays free, so that games on the same one can go on saving."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._taken = 0

    def take(self, size: int) -> None:
        """So many bytes more are about to be written. Raises OSError (ENOSPC) when too little would be left."""
        self._taken += size
        if self._taken >= LOOK_EVERY:
            self._taken = 0
            if shutil.disk_usage(self._folder).free < SPARE_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._folder))


def folder_bytes(path: str) -> int:
    """Space a folder takes on disk (blocks, not lengths: a sparse file is small). A file with two names counts once."""
    total, seen = 0, set()
    for entry in below(path):
        try:
            stat = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        if stat.st_nlink > 1 and not entry.is_dir(follow_symlinks=False):
            if (stat.st_dev, stat.st_ino) in seen:
                continue
            seen.add((stat.st_dev, stat.st_ino))
        total += stat.st_blocks * 512
    return total


def below(path: str | os.PathLike[str]) -> Iterator[os.DirEntry[str]]:
    """Everything in a folder, each folder before what is in it. Links are not followed, what cannot be read is left out.

    Games may nest folders deeper than `os.walk` can follow.
    """
    waiting = [os.fspath(path)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as found:
                entries = list(found)
        except OSError:
            continue
        for entry in entries:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)


def remove_folder(path: str | os.PathLike[str]) -> None:
    """Removes a folder with all that is in it, or the link that has its name. Absent is no error, nor that somebody else
    removes it at the same time. Raises OSError when something stays.
    """
    try:
        _remove(path)
    except PermissionError:
        if os.geteuid() == 0:
            raise
        # A game under our own user may have closed folders of its own to us.
        for entry in below(path):
            if entry.is_dir(follow_symlinks=False):
                os.chmod(entry.path, 0o700)
        _remove(path)


def _remove(path: str | os.PathLike[str]) -> None:
    while os.path.lexists(path):
        with contextlib.suppress(FileNotFoundError):  # somebody else was quicker: go on with what is left
            if os.path.islink(path):
                os.unlink(path)
            else:
                _remove_tree(path)


def _remove_tree(path: str | os.PathLike[str]) -> None:
    try:
        shutil.rmtree(path)
    except RecursionError:  # a game may nest folders deeper than Python can follow
        try:
            subprocess.run(["rm", "-rf", "--", path], capture_output=True, timeout=DEEP_SECONDS, check=True)
        except subprocess.SubprocessError as error:
            raise OSError(errno.EIO, f"too deep: {error}", str(path)) from None
