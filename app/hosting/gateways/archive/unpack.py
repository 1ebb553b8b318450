"""Reading an archive back: every byte is checked against what was noted when it was made, nothing is trusted."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import zstandard

from app.hosting.gateways.archive import tar
from app.hosting.gateways.archive.digest import Hasher
from app.hosting.gateways.archive.manifest import NAME, ROOT, Entry, Manifest, Packed
from app.hosting.gateways.archive.place import Place
from app.hosting.gateways.archive.store import Corrupt

WINDOW = 8 << 20
"""Memory an archive may ask for, in bytes; enough for every level `pack` takes."""
READ = 1 << 17
CONTENT = 1 << 18


class Sink(Protocol):
    """Takes what an archive holds."""

    def folder(self, entry: Entry) -> None: ...

    def link(self, entry: Entry) -> None: ...

    def begin(self, entry: Entry) -> None: ...

    def write(self, data: bytes) -> None: ...

    def end(self) -> None: ...


class Nowhere:
    """A Sink for verifying."""

    def folder(self, entry: Entry) -> None:
        return None

    def link(self, entry: Entry) -> None:
        return None

    def begin(self, entry: Entry) -> None:
        return None

    def write(self, data: bytes) -> None:
        return None

    def end(self) -> None:
        return None


class _Stored:
    """The chunks as zstandard wants to read them: counted and hashed on the way."""

    def __init__(self, chunks: Iterable[bytes], most: int) -> None:
        self._chunks = iter(chunks)
        self._chunk = memoryview(b"")
        self._most = most
        self.size = 0
        self.hasher = Hasher()

    def read(self, size: int) -> bytes:
        while not self._chunk:
            data = next(self._chunks, None)
            if data is None:
                return b""
            self.size += len(data)
            if self.size > self._most:
                raise Corrupt("size")
            self.hasher.update(data)
            self._chunk = memoryview(data)
        found, self._chunk = bytes(self._chunk[:size]), self._chunk[size:]
        return found

    def drain(self) -> None:
        while self.read(READ):
            pass


class _Reading:
    def __init__(self, chunks: Iterable[bytes], expected: Packed, sink: Sink) -> None:
        self._expected, self._sink = expected, sink
        self._stored = _Stored(chunks, expected.size_bytes)
        unpacker = zstandard.ZstdDecompressor(max_window_size=WINDOW)
        self._reader = unpacker.stream_reader(self._stored, read_size=READ, read_across_frames=False)  # type: ignore[arg-type]
        self._hasher = Hasher()
        self._manifest = Manifest()
        self._member = ""

    def run(self) -> None:
        try:
            self._members()
            self._stored.drain()
        except zstandard.ZstdError as error:
            raise Corrupt("stream", self._member) from error
        finally:
            stored = self._stored.hasher.take()
            for part in (self._hasher, self._stored.hasher, self._manifest):
                part.close()
        expected, own = self._expected, self._manifest
        if self._stored.size != expected.size_bytes:
            raise Corrupt("size")
        if stored != expected.sha256:
            raise Corrupt("hash")
        if (own.raw_bytes, own.entries) != (expected.raw_bytes, expected.files):
            raise Corrupt("manifest", NAME)

    def _read(self, size: int) -> bytes:
        """So many bytes of the tar; the reader may give less at a time."""
        found = self._reader.read(size)
        while len(found) < size:
            more = self._reader.read(size - len(found))
            if not more:
                break
            found += more
        return found

    def _members(self) -> None:
        done = False
        for entry in tar.members(self._read):
            if done:
                raise Corrupt("manifest", entry.path)
            self._member = entry.path
            if entry.path == NAME:
                done = self._compare(entry)
            else:
                self._take(entry)
        if not done:
            raise Corrupt("manifest", NAME)

    def _compare(self, entry: Entry) -> bool:
        if entry.size > self._manifest.size:
            raise Corrupt("manifest", NAME)
        self._manifest.compare(tar.content(self._read, entry, CONTENT))
        return True

    def _take(self, entry: Entry) -> None:
        """One member, refused before anything of it is written when there is more than was noted."""
        if (
            self._manifest.raw_bytes + entry.size > self._expected.raw_bytes
            or self._manifest.entries >= self._expected.files
        ):
            raise Corrupt("more-than-noted", entry.path)
        if entry.kind == "folder":
            self._sink.folder(entry)
        elif entry.kind == "link":
            self._sink.link(entry)
        else:
            self._sink.begin(entry)
            for data in tar.content(self._read, entry, CONTENT):
                self._hasher.update(data)
                self._sink.write(data)
            self._sink.end()
            entry = entry.with_hash(self._hasher.take())
        self._manifest.add(entry)


@contextlib.contextmanager
def _closing(chunks: Iterable[bytes]) -> Iterator[None]:
    """Lets go of the connection behind the chunks, also when they were not read to the end."""
    try:
        yield
    finally:
        if (close := getattr(chunks, "close", None)) is not None:
            close()


def verify(chunks: Iterable[bytes], expected: Packed) -> None:
    """Reads a whole archive and compares every file's hash and its own. Raises Corrupt; memory stays small."""
    with _closing(chunks):
        _Reading(chunks, expected, Nowhere()).run()


def unpack(chunks: Iterable[bytes], target: Path, expected: Packed) -> None:
    """Unpacks into a folder that is empty or missing, checks everything, and makes it durable before it returns.

    Raises Corrupt, DiskFull, FileExistsError (not empty) and what `chunks` raises; then the folder is empty again. Only
    a caller that was killed leaves part of an archive: unpack beside the real folder and rename.
    """
    with _closing(chunks), Place(target) as place:
        _Reading(chunks, expected, place).run()


__all__ = ["ROOT", "Nowhere", "Sink", "unpack", "verify"]
