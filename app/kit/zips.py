"""Zip archives of strangers: their list is looked at before it is believed. Nothing is unpacked here."""

from __future__ import annotations

import stat
import struct
import zipfile
from typing import BinaryIO

_END = struct.Struct("<4s4H2LH")
_LARGE_FORM = b"PK\x06\x07"
"""Where it stands 20 bytes before the end, a reader believes other numbers than those of the end."""


class ZipFault(Exception):
    """Not to be read any further. Codes: broken, too-many, too-large."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_list(file: BinaryIO, size: int, *, entries: int, list_bytes: int) -> None:
    """Reads the archive's last lines, so that a list that would fill the memory is never read. Raises ZipFault."""
    tail_size = min(size, _END.size + 0xFFFF)
    file.seek(size - tail_size)
    tail = file.read(tail_size)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise ZipFault("broken")
    _, _, _, _, count, list_size, _, _ = _END.unpack_from(tail, at)
    if count > entries:
        raise ZipFault("too-many")
    if list_size > list_bytes or tail[max(0, at - 20) : at].startswith(_LARGE_FORM):
        raise ZipFault("too-large")
    file.seek(0)


def readable(info: zipfile.ZipInfo) -> bool:
    """No password, and a way of packing that does not ask for any amount of memory."""
    return not info.flag_bits & 1 and info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def plain(info: zipfile.ZipInfo) -> bool:
    """A file or a folder: no link, pipe or device."""
    mode = info.external_attr >> 16
    return not mode or stat.S_IFMT(mode) in (0, stat.S_IFREG, stat.S_IFDIR)
