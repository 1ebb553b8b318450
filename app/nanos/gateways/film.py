"""How long a film is, read from the file itself: MP4 (ISO 14496-12, `mvhd`) and WebM (Matroska, `Duration`)."""

from __future__ import annotations

import struct
from typing import BinaryIO

_HEAD = 1 << 20
_MOST_BOXES = 200
_LONGEST = 24 * 3600.0


def film_length(file: BinaryIO) -> float | None:
    """Seconds; None where the file does not say it, or says nonsense."""
    head = file.read(_HEAD)
    try:
        found = _webm(head) if head.startswith(b"\x1a\x45\xdf\xa3") else _mp4(file, head)
    except (struct.error, IndexError, OSError, OverflowError):
        return None
    return found if found is not None and 0 < found <= _LONGEST else None


def _mp4(file: BinaryIO, head: bytes) -> float | None:
    """Walks from box to box; the film's own is at the end where it was not made for the web."""
    at = 0
    for _box in range(_MOST_BOXES):
        mark = _at(file, head, at, 16)
        size, name = struct.unpack_from(">L4s", mark)
        if size == 1:
            (size,) = struct.unpack_from(">Q", mark, 8)
        if name == b"moov":
            return _mvhd(_at(file, head, at, min(size, _HEAD)))
        if size < 8:
            return None
        at += size
    return None


def _at(file: BinaryIO, head: bytes, at: int, count: int) -> bytes:
    if at + count <= len(head) or not file.seekable():
        return head[at : at + count]
    file.seek(at)
    return file.read(count)


def _mvhd(box: bytes) -> float | None:
    at = box.find(b"mvhd")
    if at < 0:
        return None
    wide = box[at + 4] == 1
    scale, count = struct.unpack_from(">LQ" if wide else ">LL", box, at + (24 if wide else 16))
    return count / scale if scale else None


def _webm(head: bytes) -> float | None:
    """`Duration` (a float) in ticks of `TimecodeScale` nanoseconds; both stand in the head."""
    at = head.find(b"\x44\x89")
    if at < 0:
        return None
    size = head[at + 2] & 0x7F if head[at + 2] & 0x80 else int.from_bytes(head[at + 3 : at + 10], "big")
    start = at + (3 if head[at + 2] & 0x80 else 10)
    (ticks,) = struct.unpack_from(">d" if size == 8 else ">f", head, start)
    scale, found = 1_000_000, head.find(b"\x2a\xd7\xb1")
    if found >= 0 and head[found + 3] & 0x80:
        scale = int.from_bytes(head[found + 4 : found + 4 + (head[found + 3] & 0x7F)], "big") or scale
    return float(ticks) * scale / 1e9
