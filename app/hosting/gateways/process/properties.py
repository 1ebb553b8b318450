"""Our lines of a game's server.properties."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from app.hosting.gateways.process.folders import write_whole

LARGEST_PROPERTIES = 1 << 20
"""A server.properties beyond this is none: the game, which owns the file, could make us read for ever."""


def merge_properties(path: Path, properties: Mapping[str, str], user_id: int | None) -> None:
    """Sets our lines of server.properties and leaves the others as they are."""
    with contextlib.suppress(OSError):
        if path.is_symlink():
            path.unlink()
    readable = path.is_file() and path.stat().st_size <= LARGEST_PROPERTIES
    old = path.read_text("utf-8", "replace").splitlines() if readable else []
    kept = [line for line in old if line.partition("=")[0].strip() not in properties]
    write_whole(
        path, "\n".join([*kept, *(f"{name}={value}" for name, value in properties.items())]) + "\n", 0o640
    )
    if user_id is not None:
        os.lchown(path, user_id, user_id)
