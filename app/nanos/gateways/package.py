"""Reading packages where they lie: one member at a time, out of the archive, never unpacked.

They were looked through before they were kept (`examine`): names, sizes, links, passwords. What is read here is held to the
same promises, for the store may have been changed since.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, cast

from app.kit.zips import ZipFault, check_list, plain, readable
from app.nanos.gateways.examine import ENTRIES, LIST_BYTES, UNPACKED_BYTES
from app.nanos.rules.content import member_fault
from app.nanos.rules.scorm import PackageFault

_IN_MEMORY = 8 << 20
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    EOFError,
    RuntimeError,
    ZipFault,
    UnicodeError,
)


class Member:
    """A file of a package that is being read. Closing it closes the archive and what it lies in."""

    def __init__(self, stream: IO[bytes], size: int, holds: tuple[IO[bytes] | zipfile.ZipFile, ...]) -> None:
        self.stream, self.size, self._holds = stream, size, holds

    def close(self) -> None:
        """All of it."""
        self.stream.close()
        for one in self._holds:
            one.close()


def seekable(source: BinaryIO) -> BinaryIO:
    """The source, or a copy for stores that only give a stream: the list of an archive stands at its end."""
    try:
        if source.seekable():
            return source
    except (AttributeError, io.UnsupportedOperation):
        pass
    copy = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the member closes it
    with source:
        while piece := source.read(1 << 20):
            copy.write(piece)
    copy.seek(0)
    return cast(BinaryIO, copy)


def _open(source: BinaryIO) -> zipfile.ZipFile:
    size = source.seek(0, io.SEEK_END)
    check_list(source, size, entries=ENTRIES, list_bytes=LIST_BYTES)
    return zipfile.ZipFile(source)


@contextmanager
def opened(source: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """The archive, closed afterwards with its source. Raises PackageFault (unreadable)."""
    source = seekable(source)
    try:
        with source, _open(source) as archive:
            yield archive
    except BROKEN as error:
        raise PackageFault("unreadable") from error


def read_small(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """A member as a whole. Raises PackageFault: not there ("missing"), or larger than `most`."""
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise PackageFault("missing", name) from None
    if info.file_size > most or not readable(info):
        raise PackageFault("unreadable")
    with archive.open(info) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise PackageFault("unreadable")
    return data


def open_member(source: BinaryIO, name: str) -> Member:
    """One file of a package; the caller closes it. Raises PackageFault ("missing": no such file, or none to give out)."""
    if member_fault(name):
        source.close()
        raise PackageFault("missing", name)
    source = seekable(source)
    try:
        archive = _open(source)
        info = archive.getinfo(name)
        if info.is_dir() or not readable(info) or not plain(info) or info.file_size > UNPACKED_BYTES:
            raise KeyError(name)
        return Member(archive.open(info), info.file_size, (archive, source))
    except KeyError:
        source.close()
        raise PackageFault("missing", name) from None
    except BROKEN as error:
        source.close()
        raise PackageFault("unreadable") from error
