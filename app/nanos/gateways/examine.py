"""Looking at an uploaded file before it is kept: what it is, and whether it is harmless to keep. Nothing is unpacked."""

from __future__ import annotations

import zipfile
import zlib
from typing import BinaryIO

from app.kit.zips import ZipFault, check_list, plain, readable
from app.nanos.errors import ContentFault
from app.nanos.rules.content import HEAD, Kind, kind_of_head, kind_of_members, macros, member_fault

ENTRIES = 5_000
LIST_BYTES = 2 * 1024**2
UNPACKED_BYTES = 2 * 1024**3
RATIO = 100
"""Bytes unpacked for each byte packed, from `FREE_BYTES` on: honest slides reach about 20."""
FREE_BYTES = 16 * 1024**2
NESTED = (".zip", ".jar", ".gz", ".7z", ".rar", ".exe", ".bat", ".cmd", ".ps1", ".scr", ".msi", ".dll")
_MARK_BYTES = 100
_PIECE = 1 << 16
_BROKEN = (
    zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, RuntimeError, OSError, UnicodeError,
)  # fmt: skip


def examine(file: BinaryIO, size: int) -> Kind:
    """The kind of what is in the file, whatever it is called. Raises ContentFault. Leaves the file at its begin."""
    if size == 0:
        raise ContentFault("empty")
    file.seek(0)
    found = kind_of_head(file.read(HEAD))
    if found == "zip":
        found = _archive(file, size)
    elif found is Kind.PDF:
        _check_end(file, size)
    file.seek(0)
    if not isinstance(found, Kind):
        raise ContentFault("unknown")
    return found


def _check_end(file: BinaryIO, size: int) -> None:
    """A PDF ends as one. What is hung behind the end (an archive, a program) makes it another file for other readers."""
    file.seek(max(0, size - 1024))
    tail = file.read()
    if b"%%EOF" not in tail:
        raise ContentFault("broken")
    if b"PK\x05\x06" in tail:
        raise ContentFault("unsafe")


def _archive(file: BinaryIO, size: int) -> Kind | str:
    try:
        check_list(file, size, entries=ENTRIES, list_bytes=LIST_BYTES)
        with zipfile.ZipFile(file) as archive:
            members = _checked(archive, size)
            names = frozenset(info.filename for info in members)
            if macros(names):
                raise ContentFault("macros")
            mark = archive.open("mimetype").read(_MARK_BYTES) if "mimetype" in names else b""
            found = kind_of_members(names, mark)
            if isinstance(found, Kind):
                _read_through(archive, members)
            return found
    except ZipFault as fault:
        raise ContentFault("too-many" if fault.code == "too-many" else "broken") from fault
    except _BROKEN as error:
        raise ContentFault("broken") from error


def _checked(archive: zipfile.ZipFile, size: int) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    if len(members) > ENTRIES:
        raise ContentFault("too-many")
    if sum(info.file_size for info in members) > min(UNPACKED_BYTES, max(FREE_BYTES, size * RATIO)):
        raise ContentFault("bomb")
    for info in members:
        if not readable(info):
            raise ContentFault("broken")
        name = info.orig_filename  # as it stands in the archive: zipfile cuts names at NUL
        if not plain(info) or member_fault(name) or name.lower().endswith(NESTED):
            raise ContentFault("unsafe")
    if len({info.filename.lower() for info in members}) != len(members):
        raise ContentFault("unsafe")  # two readers would not see the same one
    return members


def _read_through(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    """Each member once, counted: what the list says of its size is only said. Checks the sums of all, too."""
    for info in members:
        left = info.file_size
        with archive.open(info) as source:
            while piece := source.read(_PIECE):
                left -= len(piece)
                if left < 0:
                    raise ContentFault("bomb")
