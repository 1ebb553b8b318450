"""Deleting: out of sight by one rename, then name by name, however deep it goes."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time

from app.hosting.gateways.files.fault import FileFault, telling
from app.hosting.gateways.files.place import FOLDER, Here
from app.hosting.gateways.files.write import bring, rename_new, temporary
from app.hosting.rules.files import name_fault

SECONDS = 60.0
"""A game that keeps writing into what is being removed must not keep us."""
OLD_SECONDS = 24 * 3600.0
OURS = (b".kontor-new-", b".kontor-gone-", b".kontor-unpack-")
DEEPEST = 50


def put_away(here: Here, name: bytes) -> bytes:
    """Takes a name away, whatever it is; returns the name it has now. Raises FileFault gone, denied."""
    if name_fault(name):
        raise FileFault("gone")
    away = temporary(b"gone")
    with telling():
        rename_new(here.descriptor, name, away)
    return away


def take_back(here: Here, away: bytes, name: bytes) -> None:
    """What could not be removed is seen again, unless something else has its name."""
    with contextlib.suppress(FileFault):
        bring(here, away, name)


def remove_away(here: Here, away: bytes) -> None:
    """Removes what `put_away` took. Raises FileFault partly when something of it resists."""
    until = time.monotonic() + SECONDS
    try:
        found = os.stat(away, dir_fd=here.descriptor, follow_symlinks=False)
        if not stat.S_ISDIR(found.st_mode):
            os.unlink(away, dir_fd=here.descriptor)
            return
        while True:
            _empty(here.descriptor, away, until)
            try:
                os.rmdir(away, dir_fd=here.descriptor)
                return
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or time.monotonic() > until:
                    raise
    except FileNotFoundError:
        return
    except OSError as error:
        raise FileFault("partly", error.strerror or "") from error


def _empty(parent: int, name: bytes, until: float) -> None:
    """Empties a folder. What lies too deep is moved to its top, and is emptied when we come by again."""
    top = os.open(name, FOLDER, dir_fd=parent)
    stack = [(top, name, [os.fsencode(one) for one in os.listdir(top)])]
    try:
        while stack:
            folder, own_name, names = stack[-1]
            if not names:
                os.close(stack.pop()[0])
                if stack:
                    _remove_folder(stack[-1][0], own_name)
                continue
            if time.monotonic() > until:
                raise OSError(errno.ETIMEDOUT, "too slow")
            inner = names.pop()
            if not _unlinked(folder, inner):
                if len(stack) > DEEPEST:
                    os.rename(inner, temporary(b"gone"), src_dir_fd=folder, dst_dir_fd=top)
                    continue
                opened = os.open(inner, FOLDER, dir_fd=folder)
                stack.append((opened, inner, []))
                names_in = [os.fsencode(one) for one in os.listdir(opened)]
                stack[-1] = (opened, inner, names_in)
    finally:
        for folder, _, _ in stack:
            os.close(folder)


def _unlinked(folder: int, name: bytes) -> bool:
    """Whether the name is gone; False for a folder."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return True
    except OSError as error:
        # Linux says EISDIR, others EPERM; a folder is known by looking.
        if error.errno not in (errno.EISDIR, errno.EPERM):
            raise
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if not stat.S_ISDIR(found.st_mode):
            raise
        return False
    return True


def _remove_folder(parent: int, name: bytes) -> None:
    """The game may have put something in again: then it is left for the next round."""
    try:
        os.rmdir(name, dir_fd=parent)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT, errno.ENOTDIR):
            raise


def sweep(here: Here) -> None:
    """Removes what an act that was cut off left in this folder, a day later."""
    now = time.time()
    with contextlib.suppress(OSError, FileFault):
        for text in os.listdir(here.descriptor):
            name = os.fsencode(text)
            if not name.startswith(OURS):
                continue
            found = os.stat(name, dir_fd=here.descriptor, follow_symlinks=False)
            if now - found.st_ctime > OLD_SECONDS:
                remove_away(here, name)
