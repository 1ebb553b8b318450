"""Writing line protocol over HTTP: InfluxDB 1 to 3, VictoriaMetrics and whatever else takes it.

Follows no redirect and asks no proxy; addresses and tokens reach no log. `total` bounds one request, however slowly the
other side answers.
"""

from __future__ import annotations

import gzip
import http.client
import socket
import ssl
import threading
from base64 import b64encode
from contextlib import suppress
from enum import StrEnum
from typing import Protocol
from urllib.parse import unquote, urlsplit


class Written(StrEnum):
    """What became of a batch."""

    SENT = "sent"
    REFUSED = "refused"
    """It will be refused again: bad lines, wrong token, no such database."""
    AWAY = "away"
    """Nobody answered, or not now: try again."""


class Writer(Protocol):
    """Takes batches of lines."""

    def write(self, lines: list[str]) -> Written:
        """Send one batch; never raises for what the other side does."""
        ...


class HttpWriter:
    """The real one. `url` is the whole address of writing, with its query; user and password may stand in it."""

    def __init__(self, url: str, token: str = "", *, connect: float = 3.0, total: float = 8.0) -> None:
        parts = urlsplit(url)
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname or "", parts.port
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._connect, self._total = connect, total
        self._headers = {"Content-Type": "text/plain; charset=utf-8", "Content-Encoding": "gzip"}
        if token:
            self._headers["Authorization"] = f"Token {token}"
        elif parts.username:
            secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers["Authorization"] = "Basic " + b64encode(secret.encode()).decode()

    def write(self, lines: list[str]) -> Written:
        body = gzip.compress("\n".join(lines).encode() + b"\n", 3)
        link = self._link()
        try:
            link.connect()
            end = threading.Timer(self._total, _hang_up, (link.sock,))
            end.daemon = True
            end.start()
            try:
                link.request("POST", self._path, body, self._headers)
                status = link.getresponse().status
            finally:
                end.cancel()
        except (OSError, http.client.HTTPException, ValueError):
            return Written.AWAY
        finally:
            link.close()
        if status in (408, 425, 429) or status >= 500:
            return Written.AWAY
        return Written.SENT if 200 <= status < 300 else Written.REFUSED

    def _link(self) -> http.client.HTTPConnection:
        if not self._secure:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._connect)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=self._connect, context=ssl.create_default_context()
        )


def _hang_up(link: socket.socket) -> None:
    with suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)
