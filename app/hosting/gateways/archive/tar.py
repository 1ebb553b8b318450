"""The tar format, as far as archives need it: GNU headers for files, folders and symbolic links, one after the other.

Written and read here because the standard library keeps every member in memory and takes far more than we ever write.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator

from app.hosting.gateways.archive.manifest import LONGEST_PATH, NAME, ROOT, Entry, link_fault, path_fault
from app.hosting.gateways.archive.store import Corrupt

BLOCK = 512
END = bytes(2 * BLOCK)
LONGEST_END = 20 * BLOCK
_KINDS = {"file": tarfile.REGTYPE, "folder": tarfile.DIRTYPE, "link": tarfile.SYMTYPE}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_LONG = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)

Read = Callable[[int], bytes]
"""Gives so many bytes, less only at the end of the stream."""


def header(entry: Entry) -> bytes:
    info = tarfile.TarInfo(entry.path)
    info.type, info.size, info.linkname = _KINDS[entry.kind], entry.size, entry.target
    info.mode, info.uid, info.gid, info.mtime = entry.mode, entry.uid, entry.gid, entry.mtime
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def padding(size: int) -> bytes:
    """What follows a member's content up to the next block."""
    return bytes(-size % BLOCK)


def exactly(read: Read, size: int, member: str = "") -> bytes:
    data = read(size)
    if len(data) != size:
        raise Corrupt("cut-off", member)
    return data


def content(read: Read, entry: Entry, piece: int) -> Iterator[bytes]:
    """A member's content in pieces, all but the last of the same size. Must be exhausted before the next member."""
    left = entry.size
    while left:
        data = exactly(read, min(piece, left), entry.path)
        left -= len(data)
        yield data
    exactly(read, -entry.size % BLOCK, entry.path)


def members(read: Read) -> Iterator[Entry]:
    """Headers, checked, up to the end of the tar. Raises Corrupt for whatever we would not have written."""
    while True:
        block = exactly(read, BLOCK)
        if block == END[:BLOCK]:
            break
        info = _parsed(block)
        long: dict[bytes, str] = {}
        while info.type in _LONG:
            if info.type in long or not 0 < info.size <= LONGEST_PATH + 2:
                raise Corrupt("header")
            text = exactly(read, info.size + -info.size % BLOCK)[: info.size]
            long[info.type] = text.rstrip(b"\0").decode("utf-8", "surrogateescape")
            info = _parsed(exactly(read, BLOCK))
        yield _entry(
            info,
            long.get(tarfile.GNUTYPE_LONGNAME, info.name).removesuffix("/"),
            long.get(tarfile.GNUTYPE_LONGLINK, info.linkname),
        )
    rest = read(LONGEST_END)
    if len(rest) < BLOCK or rest.strip(b"\0") or read(1):
        raise Corrupt("end")


def _parsed(block: bytes) -> tarfile.TarInfo:
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError) as error:
        raise Corrupt("header") from error


def _entry(info: tarfile.TarInfo, path: str, target: str) -> Entry:
    kind = _NAMES.get(info.type)
    if kind is None:
        raise Corrupt("kind", path)
    fault = None if path == ROOT and kind == "folder" else path_fault(path)
    if fault is None and kind == "link":
        fault = link_fault(path, target)
    if fault is None and (info.size < 0 or (info.size and kind != "file") or info.mode & ~0o777):
        fault = "header"
    if fault or (path == NAME and kind != "file"):
        raise Corrupt(fault or "kind", path)
    return Entry(
        path=path,
        kind=kind,  # type: ignore[arg-type]
        mode=info.mode,
        uid=info.uid,
        gid=info.gid,
        mtime=int(info.mtime),
        size=info.size,
        target=target if kind == "link" else "",
    )
