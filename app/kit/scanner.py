"""The virus scanner: ClamAV's daemon, asked over its own protocol (INSTREAM: length, piece, …, zero)."""

from __future__ import annotations

import socket
import struct
from typing import BinaryIO, Protocol
from urllib.parse import urlsplit


class Infected(Exception):
    """The scanner knows what is in this file."""


class ScannerAway(Exception):
    """The virus scanner does not answer, or not as it should: nothing is taken meanwhile."""


PIECE = 1 << 16
SECONDS = 60.0
_LONGEST_ANSWER = 4096


class Scanner(Protocol):
    """Looks at a file before it is kept."""

    def scan(self, file: BinaryIO) -> None:
        """From its begin; leaves it there. Raises Infected, ScannerAway."""


class NoScanner:
    """Where none is set."""

    def scan(self, file: BinaryIO) -> None:
        """Finds nothing."""


class ClamAV:
    """`url`: tcp://host:port or unix:///path/to/clamd.sock."""

    def __init__(self, url: str, seconds: float = SECONDS) -> None:
        parts = urlsplit(url)
        self._path = parts.path if parts.scheme == "unix" else ""
        self._place = (parts.hostname or "", parts.port or 3310)
        if parts.scheme not in ("tcp", "unix") or not (self._path or parts.hostname):
            raise ValueError("KONTOR_CLAMAV_URL is tcp://host:port or unix:///path")
        self._seconds = seconds

    def scan(self, file: BinaryIO) -> None:
        """One connection for each file. No answer, half an answer and an error are all: not taken."""
        file.seek(0)
        try:
            with self._connect() as link:
                link.sendall(b"zINSTREAM\0")
                while piece := file.read(PIECE):
                    link.sendall(struct.pack("!L", len(piece)) + piece)
                link.sendall(struct.pack("!L", 0))
                answer = self._answer(link)
        except OSError as error:
            raise ScannerAway(str(error)) from error
        file.seek(0)
        if answer.endswith(b" FOUND"):
            raise Infected
        if answer != b"stream: OK":
            raise ScannerAway(answer.decode("utf-8", "replace")[:200])

    def _connect(self) -> socket.socket:
        if not self._path:
            return socket.create_connection(self._place, timeout=self._seconds)
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(self._seconds)
        try:
            link.connect(self._path)
        except OSError:
            link.close()
            raise
        return link

    @staticmethod
    def _answer(link: socket.socket) -> bytes:
        said = b""
        while not said.endswith(b"\0") and len(said) < _LONGEST_ANSWER:
            piece = link.recv(_LONGEST_ANSWER)
            if not piece:
                break
            said += piece
        return said.rstrip(b"\0").strip()


def scanner_for(url: str) -> Scanner:
    """The one behind the setting; empty is none."""
    return ClamAV(url) if url else NoScanner()
