"""Reading a tar archive, plain or packed by gzip, from front to back with little memory.

Written here because the standard library reads headers of any length into memory and takes members of every kind: a
header may promise gigabytes. Plain files and folders are taken; links, devices, pipes and files with holes refuse all of it.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Generator, Iterator
from typing import BinaryIO

from app.hosting.gateways.files.fault import FileFault
from app.hosting.gateways.files.read import PIECE
from app.hosting.gateways.files.wrapped import Limits, Member, member_parts

BLOCK = 512
LONGEST_HEADER = 64 * 1024
"""Bytes of one extended header; ours hold a name of a few hundred."""
HEADERS_IN_A_ROW = 4
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)


class _Stream:
    """Bytes from front to back, unpacked where they are packed, and never more than the limits allow."""

    def __init__(self, file: BinaryIO, limits: Limits, *, gzip: bool) -> None:
        self._file = file
        self._unpacker = zlib.decompressobj(wbits=31) if gzip else None
        self._ready = b""
        self._waiting = b""
        self._left = limits.bytes + 3 * BLOCK * limits.entries
        """Contents and headers: what is read beyond that is no archive of ours, whatever its headers say."""

    def read(self, size: int) -> bytes:
        """So many bytes, less only at the end."""
        while len(self._ready) < size and (piece := self._piece()):
            self._ready += piece
            self._left -= len(piece)
            if self._left < 0:
                raise FileFault("bomb")
        made, self._ready = self._ready[:size], self._ready[size:]
        return made

    def _piece(self) -> bytes:
        if self._unpacker is None:
            return self._file.read(PIECE)
        while True:
            if self._unpacker.eof:  # several packed parts may follow each other
                self._waiting = self._unpacker.unused_data or self._file.read(PIECE)
                if not self._waiting.strip(b"\0"):
                    return b""
                self._unpacker = zlib.decompressobj(wbits=31)
            packed = self._waiting or self._file.read(PIECE)
            if not packed:
                raise FileFault("broken", "cut off")
            try:
                piece = self._unpacker.decompress(packed, PIECE)
            except zlib.error as error:
                raise FileFault("broken", str(error)) from error
            self._waiting = self._unpacker.unconsumed_tail
            if piece:
                return piece

    def exactly(self, size: int) -> bytes:
        data = self.read(size)
        if len(data) != size:
            raise FileFault("broken", "cut off")
        return data

    def padded(self, size: int) -> bytes:
        """The text of a header member, up to the next block."""
        if size > LONGEST_HEADER:
            raise FileFault("too-large")
        return self.exactly(size + -size % BLOCK)[:size]


def tar_members(file: BinaryIO, limits: Limits, *, gzip: bool) -> Generator[Member]:
    """Everything in it, as it comes. Raises FileFault: broken, bomb, unsafe, too-many, too-deep, too-large."""
    stream, count, written = _Stream(file, limits, gzip=gzip), 0, 0
    while (info := _next(stream)) is not None:
        count += 1
        written += info.size
        if count > limits.entries:
            raise FileFault("too-many")
        if written > limits.bytes:
            raise FileFault("bomb")
        if info.type not in (*_FILES, tarfile.DIRTYPE) or info.size < 0:
            raise FileFault("unsafe")
        folder = info.type == tarfile.DIRTYPE or info.name.endswith("/")
        name = _plain(info.name)
        pieces = _content(stream, info.size)
        if name:
            yield Member(member_parts(name), folder, iter(()) if folder else pieces)
        for _rest in pieces:
            pass  # what a folder claims to hold, and the padding
    if not count:
        raise FileFault("broken", "empty")


def _plain(name: str) -> str:
    """Without what tar puts before names of a folder it was told to pack as "."; empty for that folder itself."""
    while name.startswith("./"):
        name = name[2:].lstrip("/")
    return "" if name in (".", "") else name


def _next(stream: _Stream) -> tarfile.TarInfo | None:
    """The next member's header with the names that stand in headers of their own before it; None at the end."""
    name, size = "", None
    for _ in range(HEADERS_IN_A_ROW):
        block = stream.read(BLOCK)
        if not block or (len(block) == BLOCK and not block.strip(b"\0")):
            return None
        info = _header(block)
        if info.type == tarfile.GNUTYPE_LONGNAME:
            name = _text(stream.padded(info.size).rstrip(b"\0"))
        elif info.type in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
            told = _records(stream.padded(info.size))
            name, size = told.get("path", name), told.get("size", size)
        elif info.type == tarfile.XGLTYPE:
            if "path" in _records(stream.padded(info.size)):
                raise FileFault("unsafe")
        else:
            info.name = name or info.name
            info.size = _number(size) if size is not None else info.size
            return info
    raise FileFault("unsafe", "headers")


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError, ValueError) as error:
        raise FileFault("broken", str(error)) from error


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise FileFault("unsafe", "characters") from error


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise FileFault("broken", "size")
    return int(text)


def _records(data: bytes) -> dict[str, str]:
    """The lines of an extended header: "<length> <key>=<value>\\n"."""
    found, place = {}, 0
    while place < len(data):
        length, space, _rest = data[place : place + 20].partition(b" ")
        if not space or not length.isdigit() or not 5 <= int(length) <= len(data) - place:
            raise FileFault("broken", "header")
        line = data[place + len(length) + 1 : place + int(length)]
        key, equals, value = line.removesuffix(b"\n").partition(b"=")
        if not equals:
            raise FileFault("broken", "header")
        if key.startswith(b"GNU.sparse"):
            raise FileFault("unsafe", "sparse")
        if key in (b"path", b"size"):
            found[key.decode()] = _text(value)
        place += int(length)
    return found


def _content(stream: _Stream, size: int) -> Iterator[bytes]:
    left = size
    while left:
        piece = stream.exactly(min(PIECE, left))
        left -= len(piece)
        yield piece
    stream.exactly(-size % BLOCK)
