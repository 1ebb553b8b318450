"""What is in an archive: its entries, and the list of them that is its last member.

The list is kept in a temporary file beyond a few MiB, so that a million files cost no memory.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO, Literal

from app.hosting.gateways.archive.store import Corrupt

NAME = ".kontor-manifest.jsonl"
ROOT = "."
FIRST_LINE = b'{"format":1}\n'
IN_MEMORY = 2 << 20
LONGEST_PATH = 3000
"""Bytes of a path below the folder: with the folder's own path in front it still fits the kernel's 4,096."""
LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Packed:
    """What is noted about a whole archive, and held against it whenever it is read."""

    sha256: str
    """Of the archive as it is stored."""
    size_bytes: int
    """Of the archive as it is stored."""
    raw_bytes: int
    """All files together, by their lengths."""
    files: int
    """Entries: files, symbolic links and folders, the packed folder itself included."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, symbolic link or folder. Paths are relative; bytes that are not UTF-8 stand as surrogates."""

    path: str
    kind: Literal["file", "link", "folder"]
    mode: int
    """Permission bits; setuid, setgid and sticky are not kept."""
    uid: int
    gid: int
    mtime: int
    """Seconds since 1970."""
    size: int = 0
    target: str = ""
    sha256: str = ""

    def with_hash(self, sha256: str) -> Entry:
        return replace(self, sha256=sha256)

    def line(self) -> bytes:
        """The entry in the list. The same entry gives the same bytes."""
        fields: dict[str, object] = {
            "path": self.path,
            "kind": self.kind,
            "mode": f"{self.mode:04o}",
            "uid": self.uid,
            "gid": self.gid,
            "mtime": self.mtime,
        }
        if self.kind == "file":
            fields |= {"size": self.size, "sha256": self.sha256}
        elif self.kind == "link":
            fields["target"] = self.target
        return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


class Manifest:
    """The list while it is made; the reader of an archive makes its own and compares."""

    def __init__(self) -> None:
        self._lines: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed by close()
        self._lines.write(FIRST_LINE)
        self.size = len(FIRST_LINE)
        self.entries = 0
        self.raw_bytes = 0

    def add(self, entry: Entry) -> None:
        line = entry.line()
        self._lines.write(line)
        self.size += len(line)
        self.entries += 1
        self.raw_bytes += entry.size

    def pieces(self, size: int) -> Iterator[bytes]:
        self._lines.seek(0)
        while piece := self._lines.read(size):
            yield piece

    def compare(self, pieces: Iterator[bytes]) -> None:
        """Raises Corrupt with the first entry that the other list has differently."""
        self._lines.seek(0)
        position = 0
        for piece in pieces:
            own = self._lines.read(len(piece))
            if own != piece:
                same = (at for at, (left, right) in enumerate(zip(own, piece, strict=False)) if left != right)
                raise Corrupt("hash", self._entry_at(position + next(same, min(len(own), len(piece)))))
            position += len(piece)
        if position != self.size:
            raise Corrupt("manifest", NAME)

    def _entry_at(self, position: int) -> str:
        self._lines.seek(0)
        for line in self._lines:
            position -= len(line)
            if position < 0:
                return str(json.loads(line).get("path", NAME))
        return NAME

    def close(self) -> None:
        self._lines.close()


def path_fault(path: str) -> str | None:
    """Why a path may not stand in an archive, as a code; None when it may."""
    if len(os.fsencode(path)) > LONGEST_PATH:
        return "path-too-long"
    names = path.split("/")
    if any(name in ("", ".", "..") or len(os.fsencode(name)) > LONGEST_NAME for name in names):
        return "path"
    return "path" if "\0" in path else None


def link_fault(path: str, target: str) -> str | None:
    """Why a symbolic link may not stand in an archive: it could lead out of the folder. None when it may.

    It may climb no further than its own depth and not again after a name, which might itself be a link elsewhere.
    """
    if not target or target.startswith("/") or "\0" in target or len(os.fsencode(target)) > LONGEST_PATH:
        return "link-outside"
    names = [name for name in target.split("/") if name not in ("", ".")]
    climbs = 0
    while climbs < len(names) and names[climbs] == "..":
        climbs += 1
    return "link-outside" if climbs > path.count("/") or ".." in names[climbs:] else None
