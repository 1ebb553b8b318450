"""Server List Ping: is the game answering, and who plays. Many servers in one sweep, one thread, one deadline.

The servers belong to customers and are not trusted: answers are capped, numbers and texts are checked.
"""

from __future__ import annotations

import errno
import json
import selectors
import socket
import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from app.hosting.gateways.runtime import Address
from app.hosting.rules.minecraft import Intent, frame, handshake, read_varint

LARGEST_ANSWER = 256 * 1024

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Pong:
    """What a game server says about itself."""

    players_online: int
    players_max: int
    version: str
    protocol: int
    motd: str
    latency_seconds: float
    """From the start of the connection to the complete answer."""


def request(address: Address) -> bytes:
    """Handshake and status request in one write."""
    return handshake(address.host, address.port, Intent.STATUS) + frame(0, b"")


def parse(data: bytes | bytearray) -> dict[str, object] | None:
    """The status document of a complete answer; None while it is incomplete. ValueError for nonsense."""
    if (head := read_varint(data, 0)) is None:
        return None
    size, start = head
    if size > LARGEST_ANSWER:
        raise ValueError("too large")
    if len(data) < start + size:
        return None
    kind = read_varint(data, start)
    length = read_varint(data, kind[1]) if kind else None
    if kind is None or length is None or kind[0] != 0 or length[1] + length[0] > start + size:
        raise ValueError("not a status answer")
    document = json.loads(bytes(data[length[1] : length[1] + length[0]]))
    if not isinstance(document, dict):
        raise ValueError("not a status document")
    return document


def pong(document: Mapping[str, object], latency_seconds: float) -> Pong:
    """A status document with everything that could be wrong in it checked."""
    players, version = document.get("players"), document.get("version")
    players = players if isinstance(players, dict) else {}
    version = version if isinstance(version, dict) else {}
    return Pong(
        players_online=_count(players.get("online")),
        players_max=_count(players.get("max")),
        version=str(version.get("name", ""))[:60],
        protocol=_count(version.get("protocol")),
        motd=_text(document.get("description"))[:200],
        latency_seconds=latency_seconds,
    )


def _count(value: object) -> int:
    return min(value, 1_000_000) if isinstance(value, int) and value > 0 else 0


def _text(component: object, depth: int = 0) -> str:
    """The plain text of a chat component."""
    if isinstance(component, str):
        return component
    if isinstance(component, list) and depth < 8:
        return "".join(_text(part, depth + 1) for part in component[:50])
    if isinstance(component, dict) and depth < 8:
        return _text(component.get("text", ""), depth + 1) + _text(component.get("extra", []), depth + 1)
    return ""


@dataclass(slots=True)
class _Talk:
    key: Hashable
    request: bytes
    began: float
    answer: bytearray


def sweep(addresses: Mapping[K, Address], deadline_seconds: float = 2.0) -> dict[K, Pong | None]:
    """Asks every server at once. None for those that refuse, talk nonsense or do not answer before the deadline."""
    found: dict[K, Pong | None] = dict.fromkeys(addresses)
    until = time.monotonic() + deadline_seconds
    with selectors.DefaultSelector() as selector:
        for key, address in addresses.items():
            _begin(selector, key, address)
        try:
            while selector.get_map() and (left := until - time.monotonic()) > 0:
                for ready, events in selector.select(left):
                    _advance(selector, ready, events, found)
        finally:
            for waiting in list(selector.get_map().values()):
                _end(selector, waiting.fileobj)
    return found


def _begin(selector: selectors.BaseSelector, key: Hashable, address: Address) -> None:
    talk = _Talk(key, request(address), time.monotonic(), bytearray())
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.setblocking(False)
    try:
        code = connection.connect_ex((address.host, address.port))
    except OSError:
        code = errno.EHOSTUNREACH
    if code not in (0, errno.EINPROGRESS):
        connection.close()
        return
    selector.register(connection, selectors.EVENT_WRITE, talk)


def _advance(
    selector: selectors.BaseSelector, ready: selectors.SelectorKey, events: int, found: dict
) -> None:  # type: ignore[type-arg]
    talk: _Talk = ready.data
    connection = ready.fileobj
    assert isinstance(connection, socket.socket)
    try:
        if events & selectors.EVENT_WRITE:
            connection.send(talk.request)
            selector.modify(connection, selectors.EVENT_READ, talk)
            return
        part = connection.recv(65536)
        talk.answer += part
        document = parse(talk.answer)
        if document is not None:
            found[talk.key] = pong(document, time.monotonic() - talk.began)
        elif part and len(talk.answer) <= LARGEST_ANSWER:
            return
    except (OSError, ValueError, RecursionError):
        pass
    _end(selector, connection)


def _end(selector: selectors.BaseSelector, connection: object) -> None:
    assert isinstance(connection, socket.socket)
    selector.unregister(connection)
    connection.close()


def ping(address: Address, deadline_seconds: float = 2.0) -> Pong | None:
    """One server; see `sweep`."""
    return sweep({0: address}, deadline_seconds)[0]
