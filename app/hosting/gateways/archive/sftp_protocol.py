"""SFTP version 3, the part archives need, over an SSH channel.

Requests are sent ahead of their answers, a bounded number of them, and every answer is looked at. (paramiko's own client
drops the errors of its last pipelined writes and cannot read ahead in bounded memory.)
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Protocol

BLOCK = 32768
"""What every server takes in one request."""
AHEAD = 64
MOST = 1 << 18

_INIT, _VERSION, _OPEN, _CLOSE, _READ, _WRITE = 1, 2, 3, 4, 5, 6
_REMOVE, _MKDIR, _STAT, _RENAME = 13, 14, 17, 18
_STATUS, _HANDLE, _DATA, _ATTRS, _EXTENDED, _EXTENDED_REPLY = 101, 102, 103, 105, 200, 201
_FOR_READING, _FOR_WRITING = 0x01, 0x02 | 0x08 | 0x10
"""Read; write, create, truncate."""
OK, EOF, NO_SUCH_FILE, PERMISSION_DENIED, FAILURE, UNSUPPORTED = 0, 1, 2, 3, 4, 8
NO_SPACE, QUOTA = 14, 15
POSIX_RENAME, FSYNC, STATVFS = "posix-rename@openssh.com", "fsync@openssh.com", "statvfs@openssh.com"


class Channel(Protocol):
    """What is needed of paramiko's channel. Both raise TimeoutError after the channel's time limit."""

    def sendall(self, data: bytes) -> None: ...

    def recv(self, size: int) -> bytes: ...


class SftpStatus(Exception):
    """The server answered with an error; `code` is one of version 3 (or 14, 15 of later ones)."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{text or 'status'} ({code})")
        self.code = code


class SftpBroken(Exception):
    """The connection ended, or what came is not SFTP."""


def _text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack(">I", len(data)) + data


class Sftp:
    """One conversation. Used by one thread; after an exception other than SftpStatus it is over."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._buffer = bytearray()
        self._number = 0
        self._send(_INIT, struct.pack(">I", 3))
        kind, body = self._packet()
        if kind != _VERSION or len(body) < 4:
            raise SftpBroken("the server does not speak SFTP")
        self.extensions = set(_pairs(body[4:]))

    def upload(self, path: str, chunks: Iterable[bytes]) -> int:
        """Writes a file from its beginning, over an older one; durable where the server offers it. Returns the bytes."""
        handle = self._handle(path, _FOR_WRITING)
        written, waiting = 0, 0
        for chunk in chunks:
            for start in range(0, len(chunk), BLOCK):
                block = chunk[start : start + BLOCK]
                self._request(_WRITE, _text(handle) + struct.pack(">Q", written) + _text(block))
                written += len(block)
                waiting += 1
                if waiting >= AHEAD:
                    waiting -= 1
                    self._written(waiting)
        while waiting:
            waiting -= 1
            self._written(waiting)
        if FSYNC in self.extensions:
            self._do(_EXTENDED, _text(FSYNC) + _text(handle))
        self._do(_CLOSE, _text(handle))
        return written

    def _written(self, waiting: int) -> None:
        """Takes the answer to a write. After an error the others are taken too, so that more can be asked."""
        _, kind, body = self._answer()
        try:
            _expect_ok(kind, body)
        except SftpStatus:
            for _ in range(waiting):
                self._answer()
            raise

    def download(self, path: str) -> Iterator[bytes]:
        """The file in blocks; ends early when the file has become shorter."""
        handle = self._handle(path, _FOR_READING)
        size, position = self.size(path), 0
        asked: deque[tuple[int, int, int]] = deque()
        answers: dict[int, tuple[int, bytes]] = {}
        while True:
            while position < size and len(asked) < AHEAD:
                length = min(BLOCK, size - position)
                asked.append((self._read(handle, position, length), position, length))
                position += length
            if not asked:
                break
            number, start, length = asked.popleft()
            while number not in answers:
                came, kind, body = self._answer()
                answers[came] = kind, body
            block = _block(*answers.pop(number))
            if not block:
                return
            yield block
            if len(block) < length:  # allowed by the protocol; the rest must come before what follows
                rest = start + len(block), length - len(block)
                asked.appendleft((self._read(handle, *rest), *rest))
        self._do(_CLOSE, _text(handle))

    def size(self, path: str) -> int:
        kind, body = self._do(_STAT, _text(path))
        flags = struct.unpack_from(">I", body)[0] if len(body) >= 4 else 0
        if kind != _ATTRS or not flags & 1:
            raise SftpBroken("the server does not tell sizes")
        return int(struct.unpack_from(">Q", body, 4)[0])

    def rename(self, old: str, new: str) -> None:
        """Replaces `new`, in one step where the server offers that."""
        if POSIX_RENAME in self.extensions:
            self._do(_EXTENDED, _text(POSIX_RENAME) + _text(old) + _text(new))
            return
        try:
            self._do(_RENAME, _text(old) + _text(new))
        except SftpStatus as status:
            if status.code != FAILURE:
                raise
            self.size(old)  # nothing is removed for the sake of what is not there
            with suppress(SftpStatus):
                self.remove(new)
            self._do(_RENAME, _text(old) + _text(new))

    def remove(self, path: str) -> None:
        self._do(_REMOVE, _text(path))

    def make_folder(self, path: str) -> None:
        self._do(_MKDIR, _text(path) + struct.pack(">II", 4, 0o700))

    def free_bytes(self, path: str) -> int | None:
        """Space left for us; None where the server does not tell."""
        if STATVFS not in self.extensions:
            return None
        _, body = self._do(_EXTENDED, _text(STATVFS) + _text(path))
        _, unit, _, _, free = struct.unpack_from(">5Q", body)
        return int(unit * free)

    def _handle(self, path: str, flags: int) -> bytes:
        kind, body = self._do(_OPEN, _text(path) + struct.pack(">III", flags, 4, 0o600))
        if kind != _HANDLE:
            raise SftpBroken("no handle")
        return body[4:]

    def _read(self, handle: bytes, position: int, length: int) -> int:
        return self._request(_READ, _text(handle) + struct.pack(">QI", position, length))

    def _do(self, kind: int, body: bytes) -> tuple[int, bytes]:
        """One request and its answer; nothing else may be waiting."""
        number = self._request(kind, body)
        came, kind, body = self._answer()
        if came != number:
            raise SftpBroken("an answer to something else")
        if kind == _STATUS:
            _expect_ok(kind, body)
        return kind, body

    def _request(self, kind: int, body: bytes) -> int:
        self._number = (self._number + 1) & 0xFFFFFFFF
        self._send(kind, struct.pack(">I", self._number) + body)
        return self._number

    def _send(self, kind: int, body: bytes) -> None:
        self._channel.sendall(struct.pack(">IB", len(body) + 1, kind) + body)

    def _answer(self) -> tuple[int, int, bytes]:
        kind, body = self._packet()
        if len(body) < 4:
            raise SftpBroken("an answer without a number")
        return int(struct.unpack_from(">I", body)[0]), kind, body[4:]

    def _packet(self) -> tuple[int, bytes]:
        length = int(struct.unpack(">I", self._take(4))[0])
        if not 1 <= length <= MOST:
            raise SftpBroken("an answer of senseless length")
        data = self._take(length)
        return data[0], data[1:]

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            data = self._channel.recv(1 << 17)
            if not data:
                raise SftpBroken("the connection ended")
            self._buffer += data
        taken = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        return taken


def _expect_ok(kind: int, body: bytes) -> None:
    if kind != _STATUS or len(body) < 4:
        raise SftpBroken("no status")
    code = int(struct.unpack_from(">I", body)[0])
    if code != OK:
        length = struct.unpack_from(">I", body, 4)[0] if len(body) >= 8 else 0
        raise SftpStatus(code, body[8 : 8 + min(length, 500)].decode("utf-8", "replace"))


def _block(kind: int, body: bytes) -> bytes:
    """What a READ brought; empty at the end of the file."""
    if kind == _DATA:
        return body[4:]
    try:
        _expect_ok(kind, body)
    except SftpStatus as status:
        if status.code != EOF:
            raise
    return b""


def _pairs(body: bytes) -> Iterator[str]:
    """Names of the extensions in a VERSION packet."""
    texts, position = [], 0
    while position + 4 <= len(body):
        length = struct.unpack_from(">I", body, position)[0]
        texts.append(body[position + 4 : position + 4 + length].decode("utf-8", "replace"))
        position += 4 + length
    yield from texts[::2]
