"""The empty folder an archive is unpacked into. Nothing is ever written through a link or over something else."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
from pathlib import Path
from types import TracebackType

from app.hosting.gateways.archive.manifest import ROOT, Entry
from app.hosting.gateways.archive.store import Corrupt
from app.hosting.gateways.disk import Room, below, remove_folder
from app.hosting.gateways.runtime import DiskFull

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_libc = ctypes.CDLL(None, use_errno=True)
FULL = (errno.ENOSPC, errno.EDQUOT)


class Place:
    """Owners are kept where Kontor runs as root and left to the caller's user otherwise."""

    def __init__(self, target: Path) -> None:
        self._root = target
        self._as_root = os.geteuid() == 0
        self._parent = ""
        """The folder that was looked at last: most entries share it with the one before, or are above it."""
        self._entry: Entry | None = None
        self._file = -1
        self._hole = False
        self._room = Room(target)

    def __enter__(self) -> Place:
        self._root.mkdir(mode=0o700, exist_ok=True)
        if os.listdir(self._root):
            raise FileExistsError(errno.ENOTEMPTY, "not empty", str(self._root))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file >= 0:
            os.close(self._file)
        if error is None:
            try:
                _sync(self._root)
                return
            except OSError as fault:
                error = fault
                self._clear()
                raise _told(fault) from fault
        self._clear()
        if isinstance(error, OSError) and (told := _told(error)) is not error:
            raise told from error

    def folder(self, entry: Entry) -> None:
        self._make(entry.path)
        path = self._path(entry.path)
        if self._as_root:
            os.chown(path, entry.uid, entry.gid)
        os.chmod(path, entry.mode)
        os.utime(path, (entry.mtime, entry.mtime))

    def link(self, entry: Entry) -> None:
        self._make(entry.path.rpartition("/")[0] or ROOT)
        path = self._path(entry.path)
        try:
            os.symlink(entry.target, path)
        except FileExistsError as error:
            raise Corrupt("twice", entry.path) from error
        if self._as_root:
            os.lchown(path, entry.uid, entry.gid)
        os.utime(path, (entry.mtime, entry.mtime), follow_symlinks=False)

    def begin(self, entry: Entry) -> None:
        self._make(entry.path.rpartition("/")[0] or ROOT)
        try:
            self._file = os.open(self._path(entry.path), _NEW, 0o600)
        except FileExistsError as error:
            raise Corrupt("twice", entry.path) from error
        self._entry, self._hole = entry, False

    def write(self, data: bytes) -> None:
        if data[0] == 0 == data[-1] and data.count(0) == len(data):
            os.lseek(self._file, len(data), os.SEEK_CUR)  # a hole: sparse files stay sparse
            self._hole = True
            return
        self._hole = False
        self._room.take(len(data))
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file, rest) :]

    def end(self) -> None:
        assert self._entry is not None
        entry, file = self._entry, self._file
        if self._hole:
            os.ftruncate(file, entry.size)
        if self._as_root:
            os.fchown(file, entry.uid, entry.gid)
        os.fchmod(file, entry.mode)
        os.utime(file, (entry.mtime, entry.mtime))
        self._file = -1
        os.close(file)

    def _path(self, path: str) -> str:
        return os.path.join(self._root, path)

    def _make(self, folder: str) -> None:
        """Sees to it that a folder and those above are there and are folders, not links to some."""
        if folder == ROOT or f"{self._parent}/".startswith(f"{folder}/"):
            return
        made = os.fspath(self._root)
        for name in folder.split("/"):
            made = os.path.join(made, name)
            try:
                os.mkdir(made, 0o700)
            except FileExistsError:
                if os.path.islink(made) or not os.path.isdir(made):
                    raise Corrupt("twice", folder) from None
        self._parent = folder

    def _clear(self) -> None:
        with contextlib.suppress(OSError):
            os.chmod(self._root, 0o700)
        for entry in below(self._root):
            with contextlib.suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    os.chmod(entry.path, 0o700)
        for name in os.listdir(self._root):
            with contextlib.suppress(OSError):
                path = self._root / name
                if path.is_dir() and not path.is_symlink():
                    remove_folder(path)
                else:
                    path.unlink()


def _told(error: OSError) -> Exception:
    return DiskFull(str(error)) if error.errno in FULL else error


def _sync(folder: Path) -> None:
    """Everything written to the folder's file system is on the disk afterwards; one call for any number of files."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if _libc.syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(descriptor)
