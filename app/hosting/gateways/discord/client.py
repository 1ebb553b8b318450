"""Posting to a Discord webhook: one address, one request, one answer.

The standard library's connection on purpose: it follows no redirect, asks no proxy, keeps no cookie and writes no address
into a log. Exceptions stay inside, because their texts would carry the address.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from app.hosting.rules.webhook import Address, Answer, Outcome, read_answer

DISCORD = "https://discord.com"
MOST_BYTES = 256 * 1024


class Discord:
    """Discord's API. `base` is another one in tests; `sender` is the site that asks, Discord wants to know it.

    Seconds: `connect` until the connection stands, `read` for each piece of the answer, `total` for all of it.
    """

    def __init__(
        self,
        base: str = DISCORD,
        *,
        sender: str = "",
        connect: float = 4.0,
        read: float = 6.0,
        total: float = 10.0,
    ) -> None:
        parts = urlsplit(base)
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname or "", parts.port
        self._connect, self._read, self._total = connect, read, total
        self._headers = {"Content-Type": "application/json", "User-Agent": f"DiscordBot ({sender}, 1)"}

    def post(
        self, address: Address, message: dict[str, Any], *, before: Callable[[], object] | None = None
    ) -> Answer:
        """Post one message and wait for Discord to keep it.

        `before` is called when the connection stands, right before the first byte: after it, nobody can know any more
        whether Discord has got the message unless it answers. What it raises is raised.
        """
        body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
        line = self._line()
        try:
            try:
                line.connect()
            except (OSError, http.client.HTTPException):
                return Answer(Outcome.UNREACHABLE)
            if before is not None:
                before()
            return self._talk(line, f"/api/v10/webhooks/{address.id}/{address.token}?wait=true", body)
        finally:
            line.close()

    def _line(self) -> http.client.HTTPConnection:
        if not self._secure:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._connect)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=self._connect, context=ssl.create_default_context()
        )

    def _talk(self, line: http.client.HTTPConnection, path: str, body: bytes) -> Answer:
        line.sock.settimeout(self._read)
        # A byte every few seconds would never run into a timeout of its own.
        end = threading.Timer(self._total, _hang_up, (line.sock,))
        end.daemon = True
        end.start()
        try:
            line.request("POST", path, body, self._headers)
            answer = line.getresponse()
            parsed = _read(answer)
        except (OSError, http.client.HTTPException, ValueError):
            return Answer(Outcome.SILENT)
        finally:
            end.cancel()
        return read_answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, parsed)


def _read(answer: http.client.HTTPResponse) -> object:
    """The JSON of an answer. The first line counts even where the rest does not come or is none: None."""
    try:
        return json.loads(answer.read(MOST_BYTES))
    except (OSError, http.client.HTTPException, ValueError, RecursionError):
        return None


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
