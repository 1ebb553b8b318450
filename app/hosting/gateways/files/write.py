"""Writing: a new file beside the old one, made durable, then put in its place by its name alone."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import secrets
import stat
from types import TracebackType

from app.hosting.gateways.files.fault import FileFault, telling
from app.hosting.gateways.files.place import FOLDER, Here
from app.hosting.rules.files import HIDDEN, name_fault

CHECK_EVERY = 8 * 1024**2
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NOREPLACE = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def temporary(what: bytes) -> bytes:
    """A name of our own nobody can guess."""
    return HIDDEN + what + b"-" + secrets.token_hex(8).encode()


class Fresh:
    """A file that is being written and has no name people see yet. Leaving the block without `put` removes it."""

    def __init__(self, here: Here, like: os.stat_result | None = None, *, durable: bool = True) -> None:
        """`like`: the file that will be replaced, whose owner and mode stay; else the folder says whose it is.
        Without `durable` the caller ends with `sync_all`.
        """
        self._here, self._like, self._durable = here, like, durable
        self._name: bytes | None = temporary(b"new")
        self._descriptor = -1
        self._checked = 0
        self.size = 0

    def __enter__(self) -> Fresh:
        with telling():
            self._room()
            self._descriptor = os.open(self._name or b"", _NEW, 0o600, dir_fd=self._here.descriptor)
        return self

    def write(self, data: bytes | memoryview) -> None:
        """Raises FileFault disk-full, before the machine has none left."""
        rest = memoryview(data)
        with telling():
            if self.size + len(rest) - self._checked > CHECK_EVERY:
                self._room()
                self._checked = self.size
            while rest:
                written = os.write(self._descriptor, rest)
                rest = rest[written:]
                self.size += written

    def _room(self) -> None:
        if not self._here.room():
            raise FileFault("disk-full")

    def finish(self) -> None:
        """Durable, and with the owner and mode it will have."""
        with telling():
            own(self._descriptor, self._like or os.fstat(self._here.descriptor))
            mode = stat.S_IMODE(self._like.st_mode) & 0o777 if self._like else 0o640
            os.fchmod(self._descriptor, mode)
            if self._durable:
                os.fsync(self._descriptor)

    def put(self, name: bytes, *, replace: bool) -> None:
        """Under this name from now on. Raises FileFault exists unless it may replace, folder when one has that name."""
        if name_fault(name) or self._name is None:
            raise FileFault("gone")
        with telling():
            if replace:
                os.rename(
                    self._name, name,
                    src_dir_fd=self._here.descriptor, dst_dir_fd=self._here.descriptor,
                )  # fmt: skip
            else:
                rename_new(self._here.descriptor, self._name, name)
            self._name = None
            if self._durable:
                os.fsync(self._here.descriptor)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        if self._name is not None:
            with contextlib.suppress(OSError):
                os.unlink(self._name, dir_fd=self._here.descriptor)


def sync_all(descriptor: int) -> None:
    """Makes everything durable that was written to the file system of an open folder."""
    if hasattr(_LIBC, "syncfs"):
        _LIBC.syncfs(descriptor)
    else:
        os.sync()


def own(descriptor: int, like: os.stat_result) -> None:
    """Gives what we made to whom the game's files belong; only root has to and can."""
    if os.geteuid() == 0:
        os.fchown(descriptor, like.st_uid, like.st_gid)


def make_folder(here: Here, name: bytes) -> None:
    """Raises FileFault exists, disk-full, denied."""
    if name_fault(name):
        raise FileFault("gone")
    with telling():
        if not here.room():
            raise FileFault("disk-full")
        parent = os.fstat(here.descriptor)
        os.mkdir(name, 0o700, dir_fd=here.descriptor)
        # What has the name now may be something else: only a folder that we own is given away.
        descriptor = os.open(name, FOLDER, dir_fd=here.descriptor)
        try:
            if os.fstat(descriptor).st_uid == os.geteuid():
                os.fchmod(descriptor, stat.S_IMODE(parent.st_mode) & 0o777 | 0o700)
                own(descriptor, parent)
        finally:
            os.close(descriptor)


def rename(here: Here, old: bytes, new: bytes) -> None:
    """Another name in the same folder; a link itself is renamed. Raises FileFault gone, exists."""
    if name_fault(old) or name_fault(new):
        raise FileFault("gone")
    with telling():
        rename_new(here.descriptor, old, new)


def move(here: Here, name: bytes, there: Here) -> None:
    """The same name in another folder; a link itself is moved. Raises FileFault gone, exists."""
    if name_fault(name):
        raise FileFault("gone")
    with telling():
        rename_new(here.descriptor, name, name, there.descriptor)


def bring(here: Here, made: bytes, name: bytes) -> None:
    """Gives something of our own the name people see. Raises FileFault exists."""
    if name_fault(name):
        raise FileFault("exists")
    with telling():
        rename_new(here.descriptor, made, name)


def rename_new(folder: int, old: bytes, new: bytes, target: int | None = None) -> None:
    """Renames (into the open folder `target`) unless the new name is taken, in one step where the kernel can. OSError."""
    there = folder if target is None else target
    try:
        _renameat2(folder, old, there, new)
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.EINVAL):
            raise
        with contextlib.suppress(FileNotFoundError):
            os.stat(new, dir_fd=there, follow_symlinks=False)
            raise FileExistsError(errno.EEXIST, "exists") from None
        os.rename(old, new, src_dir_fd=folder, dst_dir_fd=there)


def _renameat2(folder: int, old: bytes, there: int, new: bytes) -> None:
    call = getattr(_LIBC, "renameat2", None)
    if call is None:
        raise OSError(errno.ENOSYS, "renameat2")
    if call(folder, old, there, new, _NOREPLACE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
