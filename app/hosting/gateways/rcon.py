"""Source RCON to a game server. The server belongs to a customer and is not trusted: sizes and the total time are capped.

A connection for each command: game servers mix up replies when a connection carries two at once.
"""

from __future__ import annotations

import socket
import struct
import time

LARGEST_REQUEST = 1446
"""Bytes of a command that a vanilla server accepts."""
FRAGMENT = 4096
LARGEST_PACKET = 64 * 1024
LARGEST_REPLY = 1024 * 1024
LOGIN, COMMAND, REPLY = 3, 2, 0


class RconFault(Exception):
    """No usable answer: refused, wrong secret, nonsense or too late."""


class RconUnreachable(RconFault):
    """Nothing listens there (yet); the command was not sent."""


class _Connection:
    def __init__(self, host: str, port: int, deadline: float) -> None:
        self._deadline = deadline
        self._last_id = 0
        try:
            self.socket = socket.create_connection((host, port), timeout=self._left())
        except OSError as error:
            raise RconUnreachable(str(error)) from error
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise RconFault("no answer in time")
        return left

    def send(self, kind: int, body: bytes) -> int:
        self._last_id += 1
        self.socket.settimeout(self._left())
        self.socket.sendall(struct.pack("<iii", 10 + len(body), self._last_id, kind) + body + b"\0\0")
        return self._last_id

    def receive(self) -> tuple[int, int, bytes]:
        (size,) = struct.unpack("<i", self._exactly(4))
        if not 10 <= size <= LARGEST_PACKET:
            raise RconFault(f"a packet of {size} bytes")
        data = self._exactly(size)
        number, kind = struct.unpack_from("<ii", data)
        return number, kind, data[8:-2]

    def _exactly(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            self.socket.settimeout(self._left())
            part = self.socket.recv(size - len(parts))
            if not part:
                raise RconFault("connection closed")
            parts += part
        return bytes(parts)

    def log_in(self, secret: str) -> None:
        self.send(LOGIN, secret.encode())
        while True:
            number, kind, _ = self.receive()
            if kind == COMMAND:
                break
        if number == -1:
            raise RconFault("wrong secret")

    def run(self, command: bytes) -> bytes:
        asked = self.send(COMMAND, command)
        number, _, reply = self.receive()
        if number != asked:
            raise RconFault("an answer to another question")
        if len(reply) < FRAGMENT:
            return reply
        # A full packet may have followers; the answer to this marker comes after the last of them.
        marker = self.send(REPLY, b"")
        whole = bytearray(reply)
        while True:
            number, _, reply = self.receive()
            if number == marker:
                return bytes(whole)
            whole += reply
            if len(whole) > LARGEST_REPLY:
                raise RconFault("an endless answer")


def command(host: str, port: int, secret: str, line: str, timeout_seconds: float = 5.0) -> str:
    """Runs one console command and returns the reply, however many packets it takes.

    Raises RconUnreachable when nothing was sent, RconFault when the command may or may not have run.
    """
    body = line.encode()
    if len(body) > LARGEST_REQUEST:
        raise ValueError(f"a command of {len(body)} bytes")
    connection = _Connection(host, port, time.monotonic() + timeout_seconds)
    try:
        connection.log_in(secret)
        return connection.run(body).decode("utf-8", "replace")
    except OSError as error:
        raise RconFault(str(error)) from error
    finally:
        connection.socket.close()
