"""The generations of a world as folders of the process runtime: made, found and taken away without ever meeting a run."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

from app.hosting.gateways.disk import remove_folder
from app.hosting.gateways.process.folders import Run, ServerFolder
from app.hosting.gateways.runtime import (
    DiskFull,
    OutOfReach,
    RuntimeUnavailable,
    WorldExists,
    WorldMissing,
)

HELD_SECONDS = 30.0
GONE = ".gone"


@contextlib.contextmanager
def held(server: ServerFolder) -> Iterator[None]:
    """Nobody else chooses a generation for a run or takes one away meanwhile."""
    descriptor = os.open(server.worlds_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        until = time.monotonic() + HELD_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise RuntimeUnavailable("the lock of the server's worlds is held for too long") from None
                time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def there(server: ServerFolder, world: str) -> None:
    """Raises WorldMissing for a generation that was never made; the first one makes itself."""
    if world and not _is_folder(server.data(world)):
        raise WorldMissing(world)


def folder(server: ServerFolder, world: str) -> Path:
    """See `Runtime.world_folder`."""
    path = server.data(world)
    if not _is_folder(path):
        raise WorldMissing(world)
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise OutOfReach(str(path))
    return path


def make(server: ServerFolder, world: str, free_bytes: int) -> Path:
    """See `Runtime.make_world`. The folder is ours; a start hands it to the server's own user with all that is in it."""
    path = server.data(world)
    try:
        server.path.mkdir(mode=0o711, exist_ok=True)
        if shutil.disk_usage(server.path).free < free_bytes:
            raise DiskFull(str(server.path))
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
        if not _is_folder(path) or any(True for _ in os.scandir(path)):
            raise WorldExists(world)
    except PermissionError as error:
        raise OutOfReach(str(error)) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(str(error)) from error
        raise RuntimeUnavailable(str(error)) from error
    return path


def remove(server: ServerFolder, world: str, let_go: Callable[[Run], None]) -> None:
    """See `Runtime.remove_world`. `let_go` is asked about the newest run when it plays on that generation."""
    path = server.data(world)
    # Not found: the whole server is being removed by someone else.
    with contextlib.suppress(FileNotFoundError), held(server):
        run = server.current()
        if run is not None and run.record.world == world:
            let_go(run)
        _rename(path)
    for entry in _names(server.path):
        if entry.startswith("data") and entry.endswith(GONE):
            _remove(server.path / entry)


def take_away(path: Path) -> None:
    """Removes the folder of a server with all its worlds, and what earlier attempts left of it."""
    _rename(path)
    for entry in _names(path.parent):
        if entry.startswith(f"{path.name}.") and entry.endswith(GONE):
            _remove(path.parent / entry)


def _is_folder(path: Path) -> bool:
    """A link does not count: a game that shares our user may have put one there."""
    return path.is_dir() and not path.is_symlink()


def _names(path: Path) -> list[str]:
    with contextlib.suppress(FileNotFoundError):
        return os.listdir(path)
    return []


def _rename(path: Path) -> None:
    """Renamed first, so that what is half removed is never taken for a whole; the name is used only once."""
    with contextlib.suppress(FileNotFoundError):
        path.rename(path.with_name(f"{path.name}.{uuid4().hex}{GONE}"))


def _remove(path: Path) -> None:
    try:
        remove_folder(path)
    except OSError as error:
        raise RuntimeUnavailable(str(error)) from error
