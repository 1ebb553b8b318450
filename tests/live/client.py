"""A WebSocket client for tests: blocking, small, and honest about how a connection ended."""

from __future__ import annotations

import base64
import json
import os
import socket
import time
from typing import Any

from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, Ping, TextMessage


class Refused(Exception):
    """The server answered the handshake with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Client:
    """One socket. `close_code` is None while open, 1006 when it ended without a close frame."""

    def __init__(
        self, port: int, *, cookie: str = "", origin: str = "", host: str = "127.0.0.1", path: str = "/live"
    ) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1", f"Host: {host}:{port}", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
            f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13",
            *([f"Origin: {origin}"] if origin else []), *([f"Cookie: {cookie}"] if cookie else []),
        ]  # fmt: skip
        self.sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = b""
        while b"\r\n\r\n" not in head:
            data = self.sock.recv(1)
            if not data:
                break
            head += data
        status = int(head.split(b" ", 2)[1]) if head else 0
        if status != 101:
            self.sock.close()
            raise Refused(status)
        self.wire = Connection(ConnectionType.CLIENT)
        self.close_code: int | None = None
        self.pings = 0
        self._texts: list[str] = []
        self._part = ""

    def subscribe(self, *topics: str) -> None:
        self.send(json.dumps({"subscribe": list(topics)}))

    def send(self, text: str) -> None:
        self.sock.sendall(self.wire.send(TextMessage(data=text)))

    def receive(self, seconds: float = 5.0) -> str | None:
        """The next text, or None when the connection ended. TimeoutError when nothing came."""
        deadline = time.monotonic() + seconds
        while not self._texts and self.close_code is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("no frame came")
            self.sock.settimeout(left)
            try:
                data = self.sock.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                self.close_code = 1006
                break
            self.wire.receive_data(data)
            for event in self.wire.events():
                self._take(event)
        return self._texts.pop(0) if self._texts else None

    def _take(self, event: Any) -> None:
        if isinstance(event, TextMessage):
            self._part += event.data
            if event.message_finished:
                self._texts.append(self._part)
                self._part = ""
        elif isinstance(event, Ping):
            self.pings += 1
            self.sock.sendall(self.wire.send(event.response()))
        elif isinstance(event, CloseConnection):
            self.close_code = int(event.code)

    def until(self, wanted: str, seconds: float = 10.0) -> str:
        """The first frame that contains `wanted`."""
        deadline = time.monotonic() + seconds
        while True:
            text = self.receive(max(0.01, deadline - time.monotonic()))
            if text is None:
                raise AssertionError(f"closed with {self.close_code} before {wanted!r} came")
            if wanted in text:
                return text

    def ended(self, seconds: float = 10.0) -> int:
        """Read until the end; the close code."""
        deadline = time.monotonic() + seconds
        while self.close_code is None:
            self.receive(max(0.01, deadline - time.monotonic()))
        return self.close_code

    def close(self) -> None:
        self.sock.close()
