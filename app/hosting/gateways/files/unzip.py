"""Reading a zip archive member by member, after its list was found to be harmless."""

from __future__ import annotations

import contextlib
import stat
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator
from typing import BinaryIO

from app.hosting.gateways.files.fault import FileFault
from app.hosting.gateways.files.read import PIECE
from app.hosting.gateways.files.wrapped import Limits, Member, member_parts
from app.hosting.rules.files import Parts

_END = struct.Struct("<4s4H2LH")
_LARGE_FORM = b"PK\x06\x07"
"""Where it stands 20 bytes before the end, a reader believes other numbers than those of the end."""


def zip_members(file: BinaryIO, size: int, limits: Limits) -> Generator[Member]:
    """Everything in it, in the order of its list. Raises FileFault: broken, bomb, unsafe, too-many, too-large."""
    with _reading():
        _check_list(file, size, limits)
        archive = zipfile.ZipFile(file)
    with archive:
        with _reading():
            members = _members(archive, limits)
        for info, parts in members:
            yield Member(parts, info.is_dir(), iter(()) if info.is_dir() else _pieces(archive, info))


def _pieces(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with _reading():
        source = archive.open(info)
    with source:
        while True:
            with _reading():
                piece = source.read(PIECE)
            if not piece:
                return
            yield piece


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
    return member_parts(info.filename)
