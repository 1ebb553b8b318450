"""Unpacking a zip archive into a new folder: counted while it is read, refused whole when anything in it is not plain."""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from app.hosting.gateways.files.fault import FileFault, telling
from app.hosting.gateways.files.place import FOLDER, Here, step
from app.hosting.gateways.files.read import PIECE, Opened
from app.hosting.gateways.files.remove import remove_away
from app.hosting.gateways.files.write import Fresh, make_folder, own, sync_all, temporary
from app.hosting.rules.files import DEEPEST, BadName, Parts, typed_name


@dataclass(frozen=True, slots=True)
class Limits:
    """What one archive may hold. `ratio`: bytes unpacked for each byte packed, from `free_bytes` on."""

    entries: int = 20_000
    bytes: int = 2 * 1024**3
    ratio: int = 100
    free_bytes: int = 16 * 1024**2
    directory_bytes: int = 8 * 1024**2
    """The archive's own list, which has to be held in memory."""


UNPACK = Limits()
_END = struct.Struct("<4s4H2LH")
_LARGE_FORM = b"PK\x06\x07"
"""Where it stands 20 bytes before the end, a reader believes other numbers than those of the end."""


@contextlib.contextmanager
def unpack(here: Here, opened: Opened, limits: Limits = UNPACK) -> Iterator[tuple[bytes, int]]:
    """Gives the name of a new folder of our own with everything in it, and the bytes written; rename it inside the
    block. What is still there under that name when the block ends is removed.

    Raises FileFault: broken, bomb, unsafe, too-many, disk-full, denied.
    """
    name = temporary(b"unpack")
    with os.fdopen(os.dup(opened.descriptor), "rb") as file:
        with _reading():
            _check_list(file, opened.size, limits)
            archive = zipfile.ZipFile(file)
            members = _members(archive, limits)
        with archive:
            _make(here, name)
            try:
                with _reading():
                    written = _write_all(here, name, archive, members, opened.size, limits)
                sync_all(here.descriptor)
                yield name, written
            finally:
                with contextlib.suppress(FileFault):
                    remove_away(here, name)


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    """A reader that stumbles means a broken archive; RuntimeError is one with a password."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        EOFError,
        struct.error,
        ValueError,
        RuntimeError,
    ) as e:
        raise FileFault("broken", str(e)) from e


def _check_list(file: BinaryIO, size: int, limits: Limits) -> None:
    """Reads the archive's last lines, so that a list that would fill the memory is never read."""
    tail_size = min(size, _END.size + 0xFFFF)
    file.seek(size - tail_size)
    tail = file.read(tail_size)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise FileFault("broken")
    _, _, _, _, count, list_size, _, _ = _END.unpack_from(tail, at)
    if count > limits.entries:
        raise FileFault("too-many")
    if list_size > limits.directory_bytes or tail[max(0, at - 20) : at].startswith(_LARGE_FORM):
        raise FileFault("too-large")
    file.seek(0)


def _members(archive: zipfile.ZipFile, limits: Limits) -> list[tuple[zipfile.ZipInfo, Parts]]:
    found = archive.infolist()
    if len(found) > limits.entries:
        raise FileFault("too-many")
    if sum(info.file_size for info in found) > limits.bytes:
        raise FileFault("bomb")
    return [(info, _parts(info)) for info in found]


def _parts(info: zipfile.ZipInfo) -> Parts:
    mode = info.external_attr >> 16
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileFault("broken", "kind")  # others may ask for any amount of memory
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise FileFault("unsafe")
    try:
        parts = tuple(typed_name(part) for part in info.filename.removesuffix("/").split("/"))
    except BadName as error:
        raise FileFault("unsafe", error.code) from error
    if len(parts) > DEEPEST:
        raise FileFault("too-deep")
    return parts


def _make(here: Here, name: bytes) -> None:
    with telling():
        if not here.room():
            raise FileFault("disk-full")
        os.mkdir(name, 0o700, dir_fd=here.descriptor)
        descriptor = os.open(name, FOLDER, dir_fd=here.descriptor)
        try:
            own(descriptor, os.fstat(here.descriptor))
            os.fchmod(descriptor, 0o750)
        finally:
            os.close(descriptor)


def _write_all(
    here: Here, name: bytes, archive: zipfile.ZipFile, members: list[tuple[zipfile.ZipInfo, Parts]],
    packed: int, limits: Limits,
) -> int:  # fmt: skip
    written = 0
    most = min(limits.bytes, max(limits.free_bytes, packed * limits.ratio))
    for info, parts in members:
        with _inside(here, name, parts if info.is_dir() else parts[:-1]) as inner:
            if info.is_dir():
                continue
            with Fresh(inner, durable=False) as fresh, archive.open(info) as source:
                while piece := source.read(PIECE):
                    written += len(piece)
                    if written > most:
                        raise FileFault("bomb")
                    fresh.write(piece)
                fresh.finish()
                with _plain():
                    fresh.put(parts[-1], replace=False)
    return written


@contextlib.contextmanager
def _inside(here: Here, name: bytes, parts: Parts) -> Iterator[Here]:
    """A folder below our own, made where it is missing."""
    with telling():
        current = os.open(name, FOLDER, dir_fd=here.descriptor)
    try:
        for part in parts:
            _make_missing(Here(current, here.owner, here.reserve), part)
            with _plain():
                inner = step(current, part)
            os.close(current)
            current = inner
        yield Here(current, here.owner, here.reserve)
    finally:
        os.close(current)


@contextlib.contextmanager
def _plain() -> Iterator[None]:
    """A name twice in an archive, or once as a file and once as a folder, is nothing honest."""
    try:
        yield
    except FileFault as fault:
        raise (
            FileFault("unsafe", fault.detail) if fault.code in ("exists", "no-folder", "link") else fault
        ) from None


def _make_missing(here: Here, name: bytes) -> None:
    try:
        make_folder(here, name)
    except FileFault as fault:
        if fault.code != "exists":
            raise
