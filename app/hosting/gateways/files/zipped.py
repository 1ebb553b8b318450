"""A folder as a zip archive that is made while it is sent: nothing is kept on disk, little in memory."""

from __future__ import annotations

import contextlib
import time
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from app.hosting.gateways.files.fault import FileFault
from app.hosting.gateways.files.place import Place
from app.hosting.gateways.files.read import Opened, open_file
from app.hosting.gateways.files.tree import Found, walk
from app.hosting.rules.files import Parts, download_name

PACKED = frozenset(
    b"mca mcr jar zip gz tgz zst xz 7z rar png jpg jpeg ogg webp mp3 mcpack schem litematic".split()
)
"""Endings of files that are compressed already."""
_FIRST, _LAST = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)


@dataclass(frozen=True, slots=True)
class Source:
    """A folder, where in the archive it stands, names in it that are left out, or the only ones that are taken."""

    folder: Parts
    inside: Parts
    skip: Collection[bytes] = ()
    only: Collection[bytes] | None = None


class _Pipe:
    """What zipfile writes to; it cannot seek, so sizes follow the data."""

    def __init__(self) -> None:
        self._made: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._made.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        return None

    def take(self) -> bytes:
        made, self._made = b"".join(self._made), []
        return made


class _Names:
    """Names as every system takes them; two that would become one are told apart."""

    def __init__(self) -> None:
        self._of: dict[Parts, str] = {(): ""}
        self._taken: set[str] = set()

    def name(self, parts: Parts, *, folder: bool) -> str:
        if parts[:-1] not in self._of:
            self.name(parts[:-1], folder=True)
        above, plain = self._of[parts[:-1]], download_name(parts[-1])
        name, number = above + plain, 1
        while name.lower() in self._taken:
            number += 1
            name = f"{above}{number}_{plain}"
        self._taken.add(name.lower())
        if folder:
            self._of[parts] = f"{name}/"
        return name


class Zip:
    """`count` first, then send `pieces`. Links, pipes and files that may not be read are left out."""

    def __init__(self, place: Place, sources: list[Source]) -> None:
        self._place, self._sources = place, sources

    def count(self) -> tuple[int, int]:
        """Files and their bytes. Raises FileFault: gone, link, no-folder, denied, too-many, too-deep."""
        files = size = 0
        for source in self._sources:
            with self._place.folder(source.folder) as here:
                for found in walk(here, source.skip, source.only):
                    if found.kind == "file":
                        files, size = files + 1, size + found.size
        return files, size

    def pieces(self) -> Iterator[bytes]:
        """The archive. Closing the iterator early closes all files; what vanishes meanwhile is left out."""
        pipe, names = _Pipe(), _Names()
        with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:  # type: ignore[call-overload]
            try:
                for source in self._sources:
                    with self._place.folder(source.folder) as here:
                        for found in walk(here, source.skip, source.only):
                            yield from self._one(archive, pipe, names, source, found)
            except GeneratorExit:
                archive.filelist.clear()  # nobody reads the end
                raise
        yield pipe.take()

    @staticmethod
    def _one(
        archive: zipfile.ZipFile, pipe: _Pipe, names: _Names, source: Source, found: Found
    ) -> Iterator[bytes]:
        parts = (*source.inside, *found.parts)
        if found.kind == "folder":
            info = _info(names.name(parts, folder=True) + "/", found)
            info.external_attr = 0o40755 << 16 | 0x10
            archive.writestr(info, b"")
        elif found.kind == "file":
            try:
                opened = open_file(found.here, found.parts[-1])
            except FileFault:
                return
            with contextlib.closing(opened):
                yield from _file(archive, pipe, _info(names.name(parts, folder=False), found), opened)


def _info(name: str, found: Found) -> zipfile.ZipInfo:
    when = min(max(time.gmtime(min(max(found.changed, 0), 4_300_000_000))[:6], _FIRST), _LAST)
    info = zipfile.ZipInfo(name, when)
    packed = found.parts[-1].rpartition(b".")[2].lower() in PACKED
    info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    info.external_attr = 0o100644 << 16
    return info


def _file(archive: zipfile.ZipFile, pipe: _Pipe, info: zipfile.ZipInfo, opened: Opened) -> Iterator[bytes]:
    info.file_size = opened.size  # decides how large its numbers are written
    with archive.open(info, "w") as out:
        for piece in opened.pieces():
            out.write(piece)
            yield pipe.take()
    yield pipe.take()
