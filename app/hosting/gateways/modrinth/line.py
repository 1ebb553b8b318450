"""One request, one answer, with an end to everything: connecting, each piece, the whole, the number of bytes.

The standard library's connection on purpose: it follows no redirect, asks no proxy and keeps no cookie.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.hosting.gateways.modrinth.fault import ModrinthFault

PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: until a connection stands, for each piece of an answer, for all of it."""

    connect: float = 3.0
    read: float = 5.0
    total: float = 8.0


@dataclass(slots=True)
class Reply:
    """An answer whose body is still to be read, inside the block of `ask`."""

    status: int
    headers: dict[str, str]
    response: http.client.HTTPResponse

    def body(self, most: int) -> bytes:
        """All of it. Raises as `pieces` does."""
        return b"".join(self.pieces(most))

    def pieces(self, most: int) -> Iterator[bytes]:
        """Piece by piece. Raises ModrinthFault too-large, away when the connection breaks."""
        left = most
        try:
            while piece := self.response.read(PIECE):
                left -= len(piece)
                if left < 0:
                    raise ModrinthFault("too-large")
                yield piece
            # The library takes a connection that ends too early for the end of the body.
            if self.response.length:
                raise ModrinthFault("away")
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ModrinthFault("away") from error


@contextlib.contextmanager
def ask(
    base: str, method: str, path: str, *, headers: dict[str, str], body: bytes | None, patience: Patience
) -> Iterator[Reply]:
    """Ask once. Raises ModrinthFault away."""
    line = _line(base, patience)
    end: threading.Timer | None = None
    try:
        try:
            line.connect()
            line.sock.settimeout(patience.read)
            # A byte every few seconds would never run into a timeout of its own.
            end = threading.Timer(patience.total, _hang_up, (line.sock,))
            end.daemon = True
            end.start()
            line.request(method, path, body, headers)
            response = line.getresponse()
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ModrinthFault("away") from error
        yield Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response)
    finally:
        if end is not None:
            end.cancel()
        line.close()


def _line(base: str, patience: Patience) -> http.client.HTTPConnection:
    parts = urlsplit(base)
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=patience.connect, context=context)
    return http.client.HTTPConnection(host, port, timeout=patience.connect)


def _hang_up(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
