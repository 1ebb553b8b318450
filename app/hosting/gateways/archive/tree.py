"""A folder as a row of entries, in an order that is always the same, each folder after what is in it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from app.hosting.gateways.archive.manifest import NAME, ROOT, Entry, link_fault, path_fault
from app.kit.errors import KontorError

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class NotPackable(KontorError):
    """The folder cannot be packed as it is; nothing is lost. `code` says why, `member` where.

    Codes: `changed` (something else writes there, or a file vanished), `unreadable`, `link-outside` (a symbolic link
    that leads out of the folder), `path` and `path-too-long`, `no-folder`.
    """

    def __init__(self, code: str, member: str = "", detail: str = "") -> None:
        super().__init__(f"{code}: {member} {detail}".strip(), code=code)
        self.code = code
        self.member = member


MayChange = Callable[[str], bool]
"""Whether what lies at a path may change while it is read, because a game that runs keeps writing there."""


@dataclass(slots=True)
class _Folder:
    path: str
    descriptor: int
    before: os.stat_result
    names: Iterator[str] = field(default_factory=lambda: iter(()))


class Tree:
    """Walks once. `left_out` counts sockets, pipes and devices: they have no content to keep.

    With `may_change` the folder belongs to a game that runs. What may change is taken as it is met, or left out when it
    vanishes; everything else must stand still all the same. Whether it did, from the first file to the last, is what
    `fingerprint` before and after tells: times of folders say nothing here.
    """

    def __init__(self, folder: Path, may_change: MayChange | None = None) -> None:
        self._folder = folder
        self._may_change = may_change
        self._open: list[_Folder] = []
        self.left_out = 0

    def moves(self, path: str) -> bool:
        """Whether this may change while it is read."""
        return self._may_change is not None and self._may_change(path)

    def entries(self) -> Iterator[tuple[Entry, int | None]]:
        """Each entry, with a descriptor to read from when it is a file; it is closed when the next one is asked for.

        Raises NotPackable, also when a file or folder is not afterwards what it was before.
        """
        try:
            self._enter(ROOT, os.fspath(self._folder), None)
            while self._open:
                current = self._open[-1]
                name = next(current.names, None)
                if name is not None:
                    try:
                        yield from self._below(current, name)
                    except NotPackable as error:
                        if error.code != "changed" or not self.moves(error.member):
                            raise
                    continue
                if self._may_change is None:
                    with _telling(current.path):
                        _unchanged(current.before, os.fstat(current.descriptor), current.path)
                yield _entry(current.path, "folder", current.before), None
                os.close(self._open.pop().descriptor)
        finally:
            for folder in self._open:
                os.close(folder.descriptor)

    def _enter(self, path: str, name: str, parent: int | None) -> None:
        with _telling(path):
            flags = _READ | os.O_DIRECTORY
            descriptor = os.open(name, flags if parent is not None else flags & ~os.O_NOFOLLOW, dir_fd=parent)
            found = _Folder(path, descriptor, os.fstat(descriptor))
            self._open.append(found)
            found.names = iter(sorted(os.listdir(descriptor)))

    def _below(self, folder: _Folder, name: str) -> Iterator[tuple[Entry, int | None]]:
        path = name if folder.path == ROOT else f"{folder.path}/{name}"
        if path == NAME:
            return  # the list of an archive that was restored by hand
        if fault := path_fault(path):
            raise NotPackable(fault, path)
        with _telling(path):
            seen = os.stat(name, dir_fd=folder.descriptor, follow_symlinks=False)
        if stat.S_ISDIR(seen.st_mode):
            self._enter(path, name, folder.descriptor)
        elif stat.S_ISREG(seen.st_mode):
            yield from self._file(path, name, folder.descriptor, check=not self.moves(path))
        elif stat.S_ISLNK(seen.st_mode):
            with _telling(path):
                target = os.readlink(name, dir_fd=folder.descriptor)
            if fault := link_fault(path, target):
                raise NotPackable(fault, path, target)
            yield _entry(path, "link", seen, target), None
        else:
            self.left_out += 1

    @staticmethod
    def _file(path: str, name: str, parent: int, *, check: bool) -> Iterator[tuple[Entry, int | None]]:
        with _telling(path):
            descriptor = os.open(name, _READ, dir_fd=parent)
        try:
            before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode):
                raise NotPackable("changed", path)
            yield _entry(path, "file", before), descriptor
            if check:
                _unchanged(before, os.fstat(descriptor), path)
        finally:
            os.close(descriptor)


def _entry(
    path: str, kind: Literal["file", "link", "folder"], found: os.stat_result, target: str = ""
) -> Entry:
    return Entry(
        path=path,
        kind=kind,
        mode=stat.S_IMODE(found.st_mode) & 0o777,
        uid=found.st_uid,
        gid=found.st_gid,
        mtime=found.st_mtime_ns // 1_000_000_000,
        size=found.st_size if kind == "file" else 0,
        target=target,
    )


def _unchanged(before: os.stat_result, after: os.stat_result, path: str) -> None:
    if (before.st_mtime_ns, before.st_size, before.st_mode) != (
        after.st_mtime_ns,
        after.st_size,
        after.st_mode,
    ):
        raise NotPackable("changed", path)


@contextlib.contextmanager
def _telling(path: str) -> Iterator[None]:
    """Says in our words why something could not be read."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotPackable("no-folder" if path == ROOT else "changed", path) from error
    except OSError as error:
        raise NotPackable("unreadable", path, error.strerror or "") from error


def fingerprint(folder: Path, may_change: MayChange) -> str:
    """What tells whether anything was written in a folder, apart from what may change: equal means that nothing was.

    Of each file the name, identity, time and length; nothing is read. Raises NotPackable as packing does.
    """
    noted = hashlib.sha256()
    waiting = [""]
    while waiting:
        below = waiting.pop()
        with _telling(below.rstrip("/") or ROOT):
            names = sorted(os.listdir(folder / below))
        for path in (f"{below}{name}" for name in names):
            if may_change(path):
                continue
            with _telling(path):
                seen = os.lstat(folder / path)
            told: tuple[int, ...] = (seen.st_ino, stat.S_IFMT(seen.st_mode))
            if stat.S_ISDIR(seen.st_mode):
                waiting.append(f"{path}/")
            else:
                told += (seen.st_mtime_ns, seen.st_size)
            noted.update(f"{path}\0{told}\0".encode("utf-8", "surrogateescape"))
    return noted.hexdigest()
