"""The console of a run: a file the game appends to, read by position, freed behind the reader.

The file is never cut or renamed while the game writes, so a position stays true for the whole run and no line can be lost
between two steps of a rotation. What was read long ago is freed in place instead (a hole in the file).
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
from pathlib import Path
from uuid import UUID

from app.hosting.gateways.process.folders import Run, ServerFolder
from app.hosting.gateways.runtime import ConsoleChunk
from app.hosting.rules.console import clean

READ = 256 * 1024
"""Bytes looked at in one call."""
FLOOD = 4 * 1024 * 1024
"""With more than this unread, reading jumps ahead to the last READ bytes."""
LONGEST = 16 * 1024
"""A longer line is cut into several."""
KEEP = 1024 * 1024
FREE_STEP = 4 * 1024 * 1024
_HOLE_KEEP_SIZE = 0x02 | 0x01

_libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)


def free(descriptor: int, start: int, length: int) -> None:
    """Gives the space of a part of a file back; where the file system cannot, the file stays as it is."""
    _libc.fallocate(descriptor, _HOLE_KEEP_SIZE, ctypes.c_long(start), ctypes.c_long(length))


def tail(server: ServerFolder, position: str | None) -> ConsoleChunk:
    """See `Runtime.console_tail`. Positions read <run>:<offset>."""
    current = server.current()
    run, offset = _locate(server, position) or (current, 0)
    if run is None or current is None:
        return ConsoleChunk((), position or "")
    ended = run.run_id != current.run_id or not run.alive()
    chunk = _read(run, offset, ended)
    if run.run_id != current.run_id and not chunk.more:
        return ConsoleChunk(chunk.lines, _position(current.run_id, 0), chunk.skipped_bytes, more=True)
    return chunk


def _locate(server: ServerFolder, position: str | None) -> tuple[Run, int] | None:
    name, _, offset = (position or "").partition(":")
    run = server.run(name) if len(name) == 32 and name.isalnum() else None
    return (run, int(offset)) if run and offset.isdecimal() else None


def _position(run_id: UUID, offset: int) -> str:
    return f"{run_id.hex}:{offset}"


def _read(run: Run, offset: int, ended: bool) -> ConsoleChunk:
    begin = offset
    try:
        descriptor = os.open(run.path / "console.log", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return ConsoleChunk((), _position(run.run_id, offset))
    try:
        size = os.fstat(descriptor).st_size
        offset = _skip(descriptor, min(offset, size), size)
        data = os.pread(descriptor, READ, offset)
        whole = _whole(data, ended and offset + len(data) >= size)
        after = offset + whole
        if after // FREE_STEP != begin // FREE_STEP and after > KEEP:
            free(descriptor, 0, after - KEEP)
    finally:
        os.close(descriptor)
    lines = tuple(line for part in data[:whole].split(b"\n")[: _count(data[:whole])] for line in _cut(part))
    return ConsoleChunk(
        lines, _position(run.run_id, after), offset - begin, more=bool(whole) and after < size
    )


def _skip(descriptor: int, offset: int, size: int) -> int:
    """Where reading goes on: past a freed part, or near the end of a flood, at the start of a line."""
    start = offset
    if size - offset > FLOOD:
        offset = size - READ
    if offset < size:
        try:
            offset = os.lseek(descriptor, offset, os.SEEK_DATA)
        except OSError:
            offset = min(offset, size)
    if offset == start:
        return start
    line_end = os.pread(descriptor, LONGEST, offset).find(b"\n")
    return offset + line_end + 1 if line_end >= 0 else offset


def _whole(data: bytes, ended: bool) -> int:
    """How many bytes form whole lines; the rest waits for its end unless it is too long or the game is gone."""
    last = data.rfind(b"\n") + 1
    rest = len(data) - last
    if ended or rest > LONGEST:
        return len(data)
    return last


def _count(data: bytes) -> int:
    return data.count(b"\n") + (0 if data.endswith(b"\n") or not data else 1)


def _cut(line: bytes) -> list[str]:
    parts = [line[at : at + LONGEST] for at in range(0, len(line), LONGEST)] or [b""]
    return [clean(part.decode("utf-8", "replace")) for part in parts]


def write(path: Path, line: str) -> None:
    """Writes one line to the game's standard input. BlockingIOError when the game has stopped reading, OSError (ENXIO)
    when nobody holds it open.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        os.write(descriptor, line.encode() + b"\n")
    finally:
        os.close(descriptor)
