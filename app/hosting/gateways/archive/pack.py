"""A folder as one stream: tar, compressed with zstd, read back and unpacked only under proof.

Level -1 (`zstd --fast=1`): game worlds are compressed already, so more effort saves next to nothing and costs the games
beside it processor time. Hashing has threads of its own; at this level compressing needs none (docs/archive.md).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import zstandard

from app.hosting.gateways.archive import tar
from app.hosting.gateways.archive.digest import Hasher
from app.hosting.gateways.archive.manifest import NAME, ROOT, Entry, Manifest, Packed
from app.hosting.gateways.archive.store import PIECE
from app.hosting.gateways.archive.tree import MayChange, NotPackable, Tree, fingerprint
from app.hosting.gateways.archive.unpack import unpack, verify

LOWEST_LEVEL, HIGHEST_LEVEL = -7, 19
"""Levels above need more memory to unpack than we allow."""


class Packing:
    """The chunks of an archive, made while they are taken; can be walked once. `result` stands when they are exhausted.

    Raises NotPackable while it is walked: the game must be stopped, so a file that changes is an error. With `may_change`
    it may run (see `Tree`).
    """

    def __init__(self, folder: Path, level: int, threads: int, may_change: MayChange | None = None) -> None:
        if not LOWEST_LEVEL <= level <= HIGHEST_LEVEL or level == 0 or not 0 <= threads <= 16:
            raise ValueError(f"level {level} or {threads} threads is out of range")
        self._tree = Tree(folder, may_change)
        self._cut = 0
        self._manifest = Manifest()
        self._raw, self._stored = Hasher(), Hasher()
        self._size = 0
        self._compressor = zstandard.ZstdCompressor(level=level, threads=threads, write_checksum=True)
        self._result: Packed | None = None
        self._walk = self._chunks()

    def __iter__(self) -> Iterator[bytes]:
        return self._walk

    @property
    def result(self) -> Packed:
        if self._result is None:
            raise RuntimeError("the archive is not complete")
        return self._result

    @property
    def left_out(self) -> int:
        """Sockets, pipes and devices met so far."""
        return self._tree.left_out

    @property
    def cut(self) -> int:
        """Files that became shorter while they were read and may: what was missing then is zeros."""
        return self._cut

    def _chunks(self) -> Iterator[bytes]:
        chunker = self._compressor.chunker(chunk_size=PIECE)
        try:
            for data in self._plain():
                yield from map(self._noted, chunker.compress(data))
            yield from map(self._noted, chunker.finish())
            self._result = Packed(
                self._stored.take(), self._size, self._manifest.raw_bytes, self._manifest.entries
            )
        finally:
            self._raw.close()
            self._stored.close()
            self._manifest.close()

    def _noted(self, chunk: bytes) -> bytes:
        self._stored.update(chunk)
        self._size += len(chunk)
        return chunk

    def _plain(self) -> Iterator[bytes]:
        """The tar."""
        newest = 0
        for entry, descriptor in self._tree.entries():
            yield tar.header(entry)
            if descriptor is not None:
                yield from self._content(entry, descriptor)
                entry = entry.with_hash(self._raw.take())
            self._manifest.add(entry)
            newest = max(newest, entry.mtime)
        last = Entry(NAME, "file", 0o600, os.getuid(), os.getgid(), newest, self._manifest.size)
        yield tar.header(last)
        yield from self._manifest.pieces(PIECE)
        yield tar.padding(last.size) + tar.END

    def _content(self, entry: Entry, descriptor: int) -> Iterator[bytes]:
        left = entry.size
        while left:
            try:
                data = os.read(descriptor, min(left, PIECE))
            except OSError as error:
                raise NotPackable("unreadable", entry.path, error.strerror or "") from error
            if not data:
                if not self._tree.moves(entry.path):
                    raise NotPackable("changed", entry.path)
                yield from self._zeros(left)
                break
            self._raw.update(data)
            left -= len(data)
            yield data
        yield tar.padding(entry.size)

    def _zeros(self, left: int) -> Iterator[bytes]:
        """What a file that was cut off meanwhile has too little: its length is written already."""
        self._cut += 1
        while left:
            data = bytes(min(left, PIECE))
            self._raw.update(data)
            left -= len(data)
            yield data


def pack(folder: Path, level: int = -1, threads: int = 0, *, may_change: MayChange | None = None) -> Packing:
    """An archive of everything in a folder, in chunks of at most 1 MiB. Memory does not grow with the folder.

    `may_change` says of a path whether it may change while it is read; without it nothing may.
    """
    return Packing(folder, level, threads, may_change)


__all__ = [
    "NAME",
    "ROOT",
    "MayChange",
    "NotPackable",
    "Packed",
    "Packing",
    "fingerprint",
    "pack",
    "unpack",
    "verify",
]
