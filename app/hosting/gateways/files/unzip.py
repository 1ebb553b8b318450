"""Reading a zip archive member by member, after its list was found to be harmless."""

from __future__ import annotations

import contextlib
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator
from typing import BinaryIO

from app.hosting.gateways.files.fault import FileFault
from app.hosting.gateways.files.read import PIECE
from app.hosting.gateways.files.wrapped import Limits, Member, member_parts
from app.hosting.rules.files import Parts
from app.kit.zips import ZipFault, check_list, plain, readable


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
    try:
        check_list(file, size, entries=limits.entries, list_bytes=limits.directory_bytes)
    except ZipFault as fault:
        raise FileFault(fault.code) from fault


def _members(archive: zipfile.ZipFile, limits: Limits) -> list[tuple[zipfile.ZipInfo, Parts]]:
    found = archive.infolist()
    if len(found) > limits.entries:
        raise FileFault("too-many")
    if sum(info.file_size for info in found) > limits.bytes:
        raise FileFault("bomb")
    return [(info, _parts(info)) for info in found]


def _parts(info: zipfile.ZipInfo) -> Parts:
    if not readable(info):
        raise FileFault("broken", "kind")
    if not plain(info):
        raise FileFault("unsafe")
    return member_parts(info.filename)
