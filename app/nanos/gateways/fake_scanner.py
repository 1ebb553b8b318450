"""A daemon as strict as ClamAV's: it counts the bytes it was promised, and finds the harmless test virus (EICAR)."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

EICAR = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        """One stream; a wrong word or a stream that is too long is answered as the real one does."""
        if self._exactly(10) != b"zINSTREAM\0":
            self.request.sendall(b"UNKNOWN COMMAND\0")
            return
        stream, most = bytearray(), self.server.most_bytes  # type: ignore[attr-defined]
        while length := struct.unpack("!L", self._exactly(4))[0]:
            if len(stream) + length > most:
                self.request.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
            stream += self._exactly(length)
        self.server.seen.append(len(stream))  # type: ignore[attr-defined]
        found = EICAR in stream
        self.request.sendall(b"stream: Eicar-Test-Signature FOUND\0" if found else b"stream: OK\0")

    def _exactly(self, size: int) -> bytes:
        got = b""
        while len(got) < size:
            piece = self.request.recv(size - len(got))
            if not piece:
                raise ConnectionError("the stream ended before its zero")
            got += piece
        return got


class FakeClamAV(socketserver.ThreadingTCPServer):
    """`seen`: bytes of each whole stream."""

    daemon_threads = True

    def __init__(self, most_bytes: int = 25 * 1024**2) -> None:
        self.most_bytes = most_bytes
        self.seen: list[int] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_about: Any) -> None:
        """A client that hangs up is its own affair."""


@contextmanager
def fake_clamav(most_bytes: int = 25 * 1024**2) -> Iterator[FakeClamAV]:
    """Listens until the block ends."""
    with FakeClamAV(most_bytes) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
