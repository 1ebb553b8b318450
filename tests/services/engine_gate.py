"""A door in front of a Docker engine: requests that a test names are held on their way, so that whoever sent one can be
killed at exactly that moment. Everything else passes untouched, byte for byte.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.services.processes import short_folder

_REQUEST = re.compile(rb"(GET|HEAD|POST|PUT|DELETE) (\S+) HTTP/1\.1\r\n")


@dataclass
class Hold:
    """One request that is stopped before the engine hears it, or whose answer is kept back."""

    pattern: re.Pattern[str]
    answer: bool
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def wait(self, seconds: float = 60) -> None:
        """Until the request is here. AssertionError when it does not come."""
        assert self.reached.wait(seconds), f"no request like {self.pattern.pattern} within {seconds} s"


class Gate:
    """Listens on a socket of its own and passes everything on to the engine."""

    def __init__(self, folder: Path, engine: Path) -> None:
        self.path = folder / "gate.sock"
        self._engine = engine
        self._holds: list[Hold] = []
        self._lock = threading.Lock()
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(self.path))
        self._server.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    def hold(self, pattern: str, *, answer: bool = False) -> Hold:
        """Stop the next request whose "METHOD path" has this pattern: before the engine hears it, or (`answer`) after."""
        made = Hold(re.compile(pattern), answer)
        with self._lock:
            self._holds.append(made)
        return made

    def open(self) -> None:
        """Let everything pass again. Requests whose sender has died meanwhile are dropped, as a dead sender's are."""
        with self._lock:
            holds, self._holds = self._holds, []
        for hold in holds:
            hold.released.set()

    def close(self) -> None:
        self._server.close()
        self.open()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        engine = socket.socket(socket.AF_UNIX)
        try:
            engine.connect(str(self._engine))
        except OSError:
            client.close()
            return
        kept: list[Hold] = []
        threading.Thread(target=self._answers, args=(engine, client, kept), daemon=True).start()
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                hold = self._match(data)
                if hold is not None and hold.answer:
                    kept.append(hold)
                elif hold is not None:
                    hold.reached.set()
                    hold.released.wait()
                    if _gone(client):
                        break
                engine.sendall(data)
            engine.shutdown(socket.SHUT_WR)
        _close(engine, client) if _gone(client) else None

    def _match(self, data: bytes) -> Hold | None:
        found = _REQUEST.match(data)
        if found is None:
            return None
        text = f"{found[1].decode()} {found[2].decode()}"
        with self._lock:
            for hold in self._holds:
                if not hold.reached.is_set() and hold.pattern.search(text):
                    return hold
        return None

    @staticmethod
    def _answers(engine: socket.socket, client: socket.socket, kept: list[Hold]) -> None:
        with contextlib.suppress(OSError):
            while data := engine.recv(65536):
                if kept:
                    hold = kept.pop()
                    hold.reached.set()
                    hold.released.wait()
                client.sendall(data)
        _close(engine, client)


def _gone(client: socket.socket) -> bool:
    """Whether whoever was on the other end has died."""
    try:
        return client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _close(*sockets: socket.socket) -> None:
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@contextmanager
def gate_to(engine: Path) -> Iterator[Gate]:
    """A gate in front of the engine's socket."""
    with short_folder("kontor-gate-") as folder:
        gate = Gate(folder, engine)
        try:
            yield gate
        finally:
            gate.close()
