"""What folders take on disk."""

from __future__ import annotations

import os


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
