"""Where a host name leads: what the router knows of a game server, as it is kept in Redis."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

ROUTES, VERSION, CHANGED = "kontor:routes", "kontor:routes:version", "kontor:routes"
"""The hash with one field a host name, the counter of its changes, and the channel on which a change is told."""
WAKES = "kontor:wake"
"""The list of servers that somebody wants to join: `{"server", "player", "address", "at"}` each."""

BEATS = "kontor:router:"
"""Signs of life of routers, one key each."""


class Doing(StrEnum):
    """What a server is doing, seen from a door."""

    RUNNING = "running"
    STARTING = "starting"
    RESTARTING = "restarting"
    """It ran a moment ago and comes back by itself."""
    WAKING = "waking"
    ASLEEP = "asleep"
    ARCHIVED = "archived"
    OFF = "off"

    @property
    def sleeps(self) -> bool:
        """Whether it has to be woken."""
        return self in (Doing.ASLEEP, Doing.ARCHIVED)


@dataclass(frozen=True, slots=True)
class Route:
    """One game server behind a host name."""

    server: str
    doing: Doing
    host: str
    port: int
    name: str
    version: str
    wakes: bool
    """Whether a player who joins may wake it."""
    allow: frozenset[str] | None
    """Names (in small letters) that may wake it; None: everybody."""
    expected_seconds: float
    """How long it will probably take until it can be joined."""
    proxy: bool | None
    """Whether it expects the PROXY protocol; None: as the router is set."""

    def admits(self, player: str) -> bool:
        """Whether this player may wake it."""
        return self.allow is None or player.lower() in self.allow


def read_route(raw: bytes | str) -> Route:
    """A route out of the hash. Raises ValueError for what cannot be used."""
    found = json.loads(raw)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    doing = Doing(str(found.get("state")))
    port = found.get("port") or 0
    if not isinstance(port, int) or not 0 <= port <= 65535 or (doing is Doing.RUNNING and port == 0):
        raise ValueError("port")
    allow = found.get("allow")
    if allow is not None and not isinstance(allow, list):
        raise ValueError("allow")
    expected = found.get("expected_seconds")
    proxy = found.get("proxy")
    return Route(
        server=str(found["server"]) if found.get("server") else _missing("server"),
        doing=doing,
        host=str(found.get("host") or "127.0.0.1"),
        port=port,
        name=str(found.get("name") or "")[:60],
        version=str(found.get("version") or "")[:20],
        wakes=found.get("wakes") is not False,
        allow=None if allow is None else frozenset(str(name).lower() for name in allow),
        expected_seconds=float(expected) if isinstance(expected, int | float) else 0.0,
        proxy=proxy if isinstance(proxy, bool) else None,
    )


def _missing(what: str) -> str:
    raise ValueError(what)
