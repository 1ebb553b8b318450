"""What folders take on disk, and how they go."""

from __future__ import annotations

import contextlib
import os
import shutil


def folder_bytes(path: str) -> int:
    """Space a folder takes on disk (blocks, not lengths: a sparse file is small). A file with two names counts once."""
    total, seen, waiting = 0, set(), [path]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            try:
                stat = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if stat.st_nlink > 1 and not entry.is_dir(follow_symlinks=False):
                if (stat.st_dev, stat.st_ino) in seen:
                    continue
                seen.add((stat.st_dev, stat.st_ino))
            total += stat.st_blocks * 512
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
    return total


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
        for parent, names, _ in os.walk(path):
            for name in names:
                if not os.path.islink(folder := os.path.join(parent, name)):
                    os.chmod(folder, 0o700)
        _remove(path)


def _remove(path: str | os.PathLike[str]) -> None:
    while os.path.lexists(path):
        with contextlib.suppress(FileNotFoundError):  # somebody else was quicker: go on with what is left
            if os.path.islink(path):
                os.unlink(path)
            else:
                shutil.rmtree(path)
