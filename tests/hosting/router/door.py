"""A real router process, routes published as the platform does it, and clients made of plain sockets."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import redis

from app.hosting.rules import minecraft
from app.hosting.rules.minecraft import Intent
from app.hosting.rules.route import CHANGED, ROUTES, VERSION, WAKES
from app.kit.config import ROOT
from tests.services.processes import free_port, spawn, stop, wait_until

LOCAL = "127.0.0.1"
SETTLE = 0.15
"""Routers that run have read what was published."""


class Board:
    """Publishes routes and takes wishes, as the watch does."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.redis = redis.Redis.from_url(address, decode_responses=True)

    def clear(self) -> None:
        for key in [*self.redis.scan_iter("kontor:route*"), *self.redis.scan_iter("kontor:wake*")]:
            self.redis.delete(key)

    def publish(self, host: str, **values: Any) -> str:
        """Put up a route; returns the server's id."""
        route: dict[str, Any] = {
            "server": str(uuid.uuid4()), "state": "asleep", "host": LOCAL, "port": 1, "name": "Testwelt",
            "version": "1.21.4", "wakes": True, "motd": "", "allow": None, "expected_seconds": 2,
        }  # fmt: skip
        route.update(values)
        with self.redis.pipeline() as pipe:
            pipe.hset(ROUTES, host, json.dumps(route))
            pipe.incr(VERSION)
            pipe.publish(CHANGED, "")
            pipe.execute()
        time.sleep(SETTLE)
        return str(route["server"])

    def wish(self, seconds: float = 5) -> dict[str, Any] | None:
        """The next wish to wake a server."""
        until = time.monotonic() + seconds
        while (found := self.redis.lpop(WAKES)) is None and time.monotonic() < until:
            time.sleep(0.02)
        return json.loads(str(found)) if found else None


class Door:
    """A router process."""

    def __init__(self, redis_url: str, folder: Path, port: int | None = None, **settings: object) -> None:
        self.port = port or free_port()
        self.log = folder / f"router-{uuid.uuid4().hex[:6]}.log"
        env = {name: value for name, value in os.environ.items() if not name.startswith("KONTOR_")}
        env |= {
            "KONTOR_REDIS_URL": redis_url, "KONTOR_VAR_DIR": str(folder), "KONTOR_LOG_FORMAT": "json",
            "KONTOR_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing", "KONTOR_ROUTER_PORT": str(self.port),
        }  # fmt: skip
        env |= {f"KONTOR_ROUTER_{name.upper()}": str(value) for name, value in settings.items()}
        self.process: subprocess.Popen[bytes] = spawn(
            [sys.executable, "-m", "jobs.router"], log=self.log, env=env, cwd=ROOT
        )
        wait_until(lambda: "router_" in self.text(), what="the router")

    def text(self) -> str:
        return self.log.read_text()

    def end(self, sig: int = signal.SIGTERM) -> None:
        stop(self.process, sig=sig, seconds=2)


@contextmanager
def open_door(redis_url: str, folder: Path, **settings: Any) -> Iterator[Door]:
    door = Door(redis_url, folder, **settings)
    try:
        yield door
    finally:
        door.end(signal.SIGKILL)


class Client:
    """A player's connection."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection((LOCAL, port), timeout=10)
        self.got = b""

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def read(self, count: int, seconds: float = 10) -> bytes:
        """So many bytes; fewer when the connection ends before."""
        self.sock.settimeout(seconds)
        while len(self.got) < count:
            part = self.sock.recv(65536)
            if not part:
                break
            self.got += part
        found, self.got = self.got[:count], self.got[count:]
        return found

    def rest(self, seconds: float = 10) -> bytes:
        """All until the end."""
        return self.read(1 << 30, seconds)

    def ended(self, seconds: float = 10) -> bool:
        """Whether it is closed within a time, by whatever means."""
        try:
            self.rest(seconds)
        except TimeoutError:
            return False
        except OSError:
            return True
        return True

    def close(self) -> None:
        self.sock.close()


def ask_status(port: int, host: str) -> tuple[dict[str, Any], bool]:
    """What the server list shows, and whether the ping was echoed."""
    client = Client(port)
    client.send(minecraft.handshake(host, port, Intent.STATUS) + minecraft.frame(0, b""))
    head = client.read(3)
    size, at = minecraft.read_varint(head, 0)  # type: ignore[misc]
    body = head[at:] + client.read(size + at - 3)
    length, start = minecraft.read_varint(body, 1)  # type: ignore[misc]
    ping = minecraft.frame(1, b"\1\2\3\4\5\6\7\x08")
    client.send(ping)
    echoed = client.rest() == ping
    client.close()
    return json.loads(body[start : start + length]), echoed


def login_bytes(host: str, name: str = "Alex", intent: Intent = Intent.LOGIN) -> bytes:
    return minecraft.handshake(host, 25565, intent, 769) + minecraft.login(name, bytes(range(16)))


def log_in(port: int, host: str, name: str = "Alex") -> Client:
    client = Client(port)
    client.send(login_bytes(host, name))
    return client


def kick_of(client: Client, seconds: float = 10) -> str:
    """The text with which a player is sent away."""
    raw = client.rest(seconds)
    packet = minecraft.read_frame(raw, 0, 1 << 16)
    assert packet is not None, raw
    assert packet.end == len(raw)
    _, at = minecraft.read_varint(packet.body, 0)  # type: ignore[misc]
    return str(json.loads(packet.body[at:])["text"])


class Game:
    """A game server that keeps what it is told and repeats it, or (`dies`) closes what it has just taken."""

    def __init__(self, port: int = 0, echo: bool = True, dies: bool = False) -> None:
        self.listening = socket.create_server((LOCAL, port))
        self.port: int = self.listening.getsockname()[1]
        self.heard: list[bytearray] = []
        self.links: list[socket.socket] = []
        self.echo, self.dies = echo, dies
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                link, _ = self.listening.accept()
                heard = bytearray()
                self.heard.append(heard)
                if self.dies:
                    link.close()
                    continue
                self.links.append(link)
                threading.Thread(target=self._serve, args=(link, heard), daemon=True).start()

    def _serve(self, link: socket.socket, heard: bytearray) -> None:
        with suppress(OSError):
            while self.echo and (data := link.recv(65536)):
                heard += data
                link.sendall(data)
            if self.echo:
                link.sendall(b"bye")
                link.close()

    def close(self) -> None:
        self.listening.close()
        for link in self.links:
            link.close()


def until(check: Callable[[], object], seconds: float = 5.0, what: str = "it") -> None:
    wait_until(check, seconds, what=what)
