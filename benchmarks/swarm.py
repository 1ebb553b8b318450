"""Thousands of WebSocket clients in one process: one epoll loop that notes when bytes came and reads them afterwards,
so that the client's own work does not end up in the latency it measures.
"""

from __future__ import annotations

import base64
import errno
import json
import os
import random
import select
import socket
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

HEAD_END = b"\r\n\r\n"
PONG_EVERY = 20.0


def masked(opcode: int, payload: bytes) -> bytes:
    """A client frame; the mask is zero, which is allowed and saves the work."""
    size = len(payload)
    head = bytes([0x80 | opcode])
    if size < 126:
        return head + bytes([0x80 | size]) + b"\0\0\0\0" + payload
    return head + bytes([0xFE]) + struct.pack("!H", size) + b"\0\0\0\0" + payload


@dataclass
class Viewer:
    """One browser: its cookie, what it watches, and every chunk it was sent."""

    number: int
    cookie: str
    topics: list[str]
    sock: socket.socket | None = None
    upgraded: bool = False
    chunks: list[tuple[float, bytes]] = field(default_factory=list)
    tries: int = 0
    again_at: float = 0.0
    ends: list[int] = field(default_factory=list)

    def take_frames(self) -> list[tuple[float, int, bytes]]:
        """(when complete, opcode, payload) of all whole frames so far; the rest stays."""
        found, buffer, at = [], b"", 0.0
        for moment, data in self.chunks:
            buffer, at = buffer + data, moment
            while len(buffer) >= 2:
                size, start = buffer[1] & 127, 2
                if size == 126 and len(buffer) >= 4:
                    size, start = struct.unpack("!H", buffer[2:4])[0], 4
                elif size == 127 and len(buffer) >= 10:
                    size, start = struct.unpack("!Q", buffer[2:10])[0], 10
                elif size > 125:
                    break
                if len(buffer) < start + size:
                    break
                found.append((at, buffer[0] & 15, buffer[start : start + size]))
                buffer = buffer[start + size :]
        self.chunks = [(at, buffer)] if buffer else []
        return found


class Swarm:
    """All viewers and their loop."""

    def __init__(self, port: int, origin: str, viewers: Sequence[Viewer]) -> None:
        self.port, self.origin, self.viewers = port, origin, viewers
        self.poll = select.epoll()
        self.by_fd: dict[int, Viewer] = {}
        self.open = 0
        self.come_back = True
        self.waiting: list[Viewer] = []
        self._pong_at = time.monotonic()
        self._next = 0

    def connect(self, viewer: Viewer) -> None:
        """Start the handshake; the loop does the rest."""
        sock = socket.socket()
        sock.setblocking(False)
        # More than 28,000 sockets to one port need more than one source address; spread them anyway.
        sock.bind((f"127.0.0.{2 + viewer.number % 20}", 0))
        result = sock.connect_ex(("127.0.0.1", self.port))
        if result not in (0, errno.EINPROGRESS):
            sock.close()
            self._later(viewer)
            return
        viewer.sock, viewer.upgraded, viewer.chunks = sock, False, []
        self.by_fd[sock.fileno()] = viewer
        self.poll.register(sock.fileno(), select.EPOLLOUT)

    def connect_all(self, *, pace: int = 400, seconds: float = 120.0) -> float:
        """Bring everybody in, `pace` handshakes at a time; returns how long it took."""
        began = time.monotonic()
        todo = [viewer for viewer in self.viewers if viewer.sock is None]
        while self.open < len(self.viewers) and time.monotonic() - began < seconds:
            pending = len(self.by_fd) - self.open
            while todo and pending < pace:
                self.connect(todo.pop())
                pending += 1
            self.turn(0.05)
        return time.monotonic() - began

    def turn(self, seconds: float) -> None:
        """Serve whatever happens within `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            for fd, event in self.poll.poll(max(0.0, min(left, 0.2)), 4096):
                viewer = self.by_fd.get(fd)
                if viewer is not None:
                    self._serve(viewer, event)
            self._reconnect()
            self._pong()
            if left <= 0:
                return

    def until(self, done: Callable[[], bool], seconds: float) -> float:
        """Turn until `done()`; returns the seconds it took, or raises."""
        began = time.monotonic()
        while not done():
            if time.monotonic() - began > seconds:
                raise SystemExit(
                    f"waited {seconds} s in vain; {self.open} of {len(self.viewers)} are connected"
                )
            self.turn(0.05)
        return time.monotonic() - began

    def _serve(self, viewer: Viewer, event: int) -> None:
        sock = viewer.sock
        assert sock is not None
        if event & select.EPOLLOUT:
            if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self._lost(viewer, 1006)
                return
            sock.send(self._hello(viewer))
            self.poll.modify(sock.fileno(), select.EPOLLIN)
            return
        try:
            data = sock.recv(262144)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        at = time.time()
        if not data:
            self._lost(viewer, self._code(viewer))
        elif viewer.upgraded:
            viewer.chunks.append((at, data))
        else:
            self._upgrade(viewer, data, at)

    def _hello(self, viewer: Viewer) -> bytes:
        key = base64.b64encode(os.urandom(16)).decode()
        return (
            f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nOrigin: {self.origin}\r\n"
            f"Cookie: kontor_session={viewer.cookie}\r\n\r\n"
        ).encode()

    def _upgrade(self, viewer: Viewer, data: bytes, at: float) -> None:
        head, _, rest = data.partition(HEAD_END)
        if not head.startswith(b"HTTP/1.1 101"):
            self._lost(viewer, 1006)
            return
        viewer.upgraded, viewer.tries = True, 0
        self.open += 1
        if rest:
            viewer.chunks.append((at, rest))
        assert viewer.sock is not None
        viewer.sock.send(masked(1, json.dumps({"subscribe": viewer.topics}).encode()))

    @staticmethod
    def _code(viewer: Viewer) -> int:
        kept = list(viewer.chunks)
        codes = [int.from_bytes(body[:2]) for _, opcode, body in viewer.take_frames() if opcode == 8]
        viewer.chunks = kept
        return codes[-1] if codes else 1006

    def _lost(self, viewer: Viewer, code: int) -> None:
        assert viewer.sock is not None
        self.by_fd.pop(viewer.sock.fileno(), None)
        viewer.sock.close()
        if viewer.upgraded:
            self.open -= 1
        viewer.sock, viewer.upgraded = None, False
        viewer.ends.append(code)
        self._later(viewer)

    def _later(self, viewer: Viewer) -> None:
        """As the pages do: half a second, doubled up to fifteen, with 30 % of chance."""
        if self.come_back:
            wait = min(15.0, 0.5 * 2**viewer.tries) * random.uniform(0.7, 1.3)
            viewer.tries += 1
            viewer.again_at = time.monotonic() + wait
            self.waiting.append(viewer)

    def _reconnect(self) -> None:
        if not self.waiting:
            return
        now = time.monotonic()
        ready = [viewer for viewer in self.waiting if viewer.again_at <= now]
        if ready:
            self.waiting = [viewer for viewer in self.waiting if viewer.again_at > now]
            for viewer in ready:
                self.connect(viewer)

    def _pong(self) -> None:
        """Say that one is alive, as answers to pings would: everybody every 20 s, evenly spread as pings are."""
        now = time.monotonic()
        due = int((now - self._pong_at) * len(self.viewers) / PONG_EVERY)
        if due < 1:
            return
        self._pong_at = now
        for _ in range(min(due, len(self.viewers))):
            self._next = (self._next + 1) % len(self.viewers)
            viewer = self.viewers[self._next]
            if viewer.sock is not None and viewer.upgraded:
                try:
                    viewer.sock.send(masked(10, b""))
                except OSError:
                    continue

    def frames(self) -> list[tuple[Viewer, float, bytes]]:
        """Text frames everybody got since the last time."""
        return [
            (viewer, at, body)
            for viewer in self.viewers
            for at, opcode, body in viewer.take_frames()
            if opcode == 1
        ]

    def close(self) -> None:
        self.come_back = False
        for viewer in list(self.by_fd.values()):
            if viewer.sock is not None:
                viewer.sock.close()
        self.poll.close()
