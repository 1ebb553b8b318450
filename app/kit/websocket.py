"""A server-side WebSocket on a socket that gunicorn handed over (RFC 6455, no extensions).

One thread or greenlet reads; whoever has news writes without ever waiting: what the kernel does not take is kept up to
`BACKLOG` bytes, beyond that the connection is dropped alone. One writer's rule for frames, pings and the close frame,
so that nothing lands in the middle of a frame that was sent in part.
"""

from __future__ import annotations

import base64
import hashlib
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.utilities import RemoteProtocolError

BACKLOG = 256 * 1024  # bytes a slow reader may owe before it is dropped
LARGEST = 64 * 1024  # bytes a client may send in one message
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KERNEL_BUFFER = 64 * 1024

NORMAL, PROTOCOL, UNSUPPORTED, POLICY, TOO_BIG, RESTART = 1000, 1002, 1003, 1008, 1009, 1012


def text_frame(text: str) -> bytes:
    """A whole unmasked text frame, encoded once for all who get it."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x81, size) + payload
    if size < 65536:
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """A close frame; the reason is cut at what a control frame holds."""
    payload = struct.pack("!H", code) + reason.encode()[:120]
    return struct.pack("!BB", 0x88, len(payload)) + payload


PING = b"\x89\x00"


def pong_frame(payload: bytes) -> bytes:
    return struct.pack("!BB", 0x8A, len(payload)) + bytes(payload)


def wants_websocket(environ: dict[str, Any]) -> bool:
    """Whether the request asks for a WebSocket this server can speak."""
    upgrades = [part.strip().lower() for part in environ.get("HTTP_CONNECTION", "").split(",")]
    return (
        environ.get("REQUEST_METHOD") == "GET"
        and "upgrade" in upgrades
        and environ.get("HTTP_UPGRADE", "").lower() == "websocket"
        and environ.get("HTTP_SEC_WEBSOCKET_VERSION") == "13"
        and len(environ.get("HTTP_SEC_WEBSOCKET_KEY", "")) == 24
        and "gunicorn.socket" in environ
    )


class Link:
    """One open WebSocket."""

    __slots__ = ("__weakref__", "_backlog", "_lock", "_owed", "_parts", "_raw", "_size", "_sock", "_wire", "closed",
                 "closed_at", "dropped", "heard_at", "on_stuck", "ping_at", "viewer")  # fmt: skip

    def __init__(self, environ: dict[str, Any], on_stuck: Any = None) -> None:
        sock: socket.socket = environ["gunicorn.socket"]
        self._sock = sock
        self._raw = getattr(sock, "_sock", sock)  # gevent keeps the plain socket there: sending must not wait
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BUFFER)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        accept = hashlib.sha1(
            (environ["HTTP_SEC_WEBSOCKET_KEY"] + _GUID).encode(), usedforsecurity=False
        ).digest()
        sock.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(accept) + b"\r\n\r\n"
        )
        self._wire = Connection(ConnectionType.SERVER)
        self._lock = threading.Lock()
        self._backlog: deque[memoryview] | None = None
        self._owed = 0
        self._parts: list[str] | None = None
        self._size = 0
        self.closed = self.dropped = False
        self.heard_at = self.ping_at = time.monotonic()
        self.closed_at = 0.0
        self.on_stuck = on_stuck
        self.viewer: Any = None

    def fileno(self) -> int:
        return self._sock.fileno()

    # --- writing: never waits ---------------------------------------------------------------------------

    def send(self, frame: bytes) -> bool:
        """Hand a frame to the kernel, or keep it while the reader is slow. False when the link is gone."""
        with self._lock:
            if self.closed:
                return False
            sent = 0
            if not self._backlog:
                try:
                    sent = self._raw.send(frame, socket.MSG_DONTWAIT)
                except (BlockingIOError, InterruptedError):
                    pass
                except OSError:
                    self._end()
                    return False
                if sent == len(frame):
                    return True
            return self._keep(frame, sent)

    def _keep(self, frame: bytes, sent: int) -> bool:
        if self._backlog is None:
            self._backlog = deque()
        self._backlog.append(memoryview(frame)[sent:])
        self._owed += len(frame) - sent
        if self._owed > BACKLOG:
            self.dropped = True
            self._end(reset=True)
            return False
        if self.on_stuck is not None:
            self.on_stuck(self)
        return True

    def flush(self) -> bool:
        """Send what is owed as far as the kernel takes it; True when nothing is left to do."""
        with self._lock:
            while self._backlog and not self.closed:
                part = self._backlog[0]
                try:
                    sent = self._raw.send(part, socket.MSG_DONTWAIT)
                except (BlockingIOError, InterruptedError):
                    return False
                except OSError:
                    self._end()
                    return True
                self._owed -= sent
                if sent < len(part):
                    self._backlog[0] = part[sent:]
                    return False
                self._backlog.popleft()
            self._backlog = None
            return True

    def close(self, code: int, reason: str = "") -> None:
        """Say why, then end. Only our direction is shut: bytes that lie unread at a full close would make the kernel
        send a reset, and the other side would never read the reason."""
        self.send(close_frame(code, reason))
        with self._lock:
            self._end()

    def give_up(self) -> None:
        """The other side does not answer our close."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def drop(self) -> None:
        """End without a word: the other side does not listen."""
        with self._lock:
            self._end(reset=True)

    def _end(self, *, reset: bool = False) -> None:
        if self.closed:
            return
        self.closed, self.closed_at = True, time.monotonic()
        self._backlog, self._owed = None, 0
        try:
            if reset:  # free the kernel's buffers at once instead of waiting for a reader that does not read
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._sock.shutdown(socket.SHUT_RDWR if reset else socket.SHUT_WR)
        except OSError:
            pass

    # --- reading: one thread ----------------------------------------------------------------------------

    def messages(self) -> Iterator[str]:
        """Text messages until the link ends; pings are answered, too big or odd ones end it."""
        while True:
            try:
                data = self._sock.recv(4096)
            except OSError:
                break
            if not data:
                break
            if self.closed:
                continue  # drain: see `close`
            self.heard_at = time.monotonic()
            try:
                self._wire.receive_data(data)
                for event in self._wire.events():
                    text = self._take(event)
                    if text is not None:
                        yield text
            except RemoteProtocolError:
                self.close(PROTOCOL)
        with self._lock:
            self._end()

    def _take(self, event: Any) -> str | None:
        if isinstance(event, TextMessage):
            self._size += len(event.data)
            if self._size > LARGEST:
                self.close(TOO_BIG)
            elif event.message_finished:
                parts, self._parts, self._size = self._parts, None, 0
                return event.data if parts is None else "".join([*parts, event.data])
            else:
                self._parts = [*(self._parts or ()), event.data]
        elif isinstance(event, BytesMessage):
            self.close(UNSUPPORTED)
        elif isinstance(event, Ping):
            self.send(pong_frame(bytes(event.payload)))
        elif isinstance(event, CloseConnection):
            self.close(NORMAL if event.code in (1005, 1006) else event.code)
        return None
