"""Archives in a folder of this machine, or of a share that is mounted here."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import uuid4

from app.hosting.gateways.archive.store import (
    PART,
    PIECE,
    Missing,
    StoreFull,
    StoreRefused,
    StoreUnavailable,
    checked,
)
from app.hosting.gateways.disk import Room

_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)


class FolderStore:
    """The folder is made when only its last name is missing, so a share that is not mounted is noticed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, key: str, chunks: Iterable[bytes]) -> int:
        target = self._part(key)
        with _telling():
            self._make_base()
            file = _new_file(target)
        written, room = 0, Room(self.folder)
        try:
            for chunk in chunks:
                with _telling():
                    room.take(len(chunk))
                    rest = memoryview(chunk)
                    while rest:
                        rest = rest[os.write(file, rest) :]
                written += len(chunk)
            with _telling():
                os.fsync(file)
        finally:
            os.close(file)
        return written

    def get_part(self, key: str) -> Iterator[bytes]:
        return self._pieces(self._part(key))

    def get(self, key: str) -> Iterator[bytes]:
        return self._pieces(self.folder / checked(key))

    def finish(self, key: str) -> None:
        target = self.folder / checked(key)
        with _telling():
            self._look()
            try:
                os.replace(self._part(key), target)
            except FileNotFoundError:
                if not target.exists():
                    raise Missing(key) from None
            folders = [target.parent, *target.parent.parents]
            for folder in folders[: folders.index(self.folder) + 1]:
                _sync(folder)

    def delete(self, key: str) -> None:
        target = self.folder / checked(key)
        with _telling():
            self._look()
            for path in (target, self._part(key)):
                path.unlink(missing_ok=True)
            for folder in (target.parent, target.parent.parent):
                with contextlib.suppress(OSError):
                    folder.rmdir()  # only when it is empty

    def check(self) -> None:
        probe = self.folder / f".kontor-check-{uuid4().hex}"
        with _telling():
            self._make_base()
            try:
                probe.write_bytes(bytes(4096))
            finally:
                probe.unlink(missing_ok=True)

    def _part(self, key: str) -> Path:
        return self.folder / (checked(key) + PART)

    def _make_base(self) -> None:
        if not self.folder.is_dir():
            with contextlib.suppress(FileExistsError):
                self.folder.mkdir(mode=0o700)
            with contextlib.suppress(PermissionError):
                _sync(self.folder.parent)

    def _look(self) -> None:
        """A folder that is not there, as when a share is not mounted, must not pass for one without archives."""
        if not self.folder.is_dir():
            raise StoreUnavailable(f"{self.folder} is not there")

    def _pieces(self, path: Path) -> Iterator[bytes]:
        with _telling():
            self._look()
            try:
                file = open(path, "rb", buffering=0)  # noqa: SIM115 - closed below
            except FileNotFoundError:
                raise Missing(path.name) from None
        with file:
            while True:
                with _telling():
                    piece = file.read(PIECE)
                if not piece:
                    return
                yield piece


def _new_file(target: Path) -> int:
    """A new one each time: one that is still being read elsewhere stays as it was."""
    while True:
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            target.unlink(missing_ok=True)
            return os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:  # who deletes the last archive of a folder takes the folder along
            if not target.parents[2].is_dir():
                raise


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _telling() -> Iterator[None]:
    """Says what the file system answered in the words of all stores."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreFull(str(error)) from error
        if error.errno in _REFUSED:
            raise StoreRefused(str(error)) from error
        raise StoreUnavailable(str(error)) from error
