"""How a router is set."""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass

from app.kit.config import Settings

SPARE_FILES = 64


@dataclass(frozen=True, slots=True)
class Options:
    """Times in seconds. `address` empty: every address of this machine."""

    redis: str
    address: str = "127.0.0.1"
    port: int = 25565
    share_port: bool = False
    proxy_protocol: bool = False
    language: str = "both"
    connections: int = 4000
    connections_per_address: int = 50
    frame_bytes: int = 4096
    handshake: float = 5.0
    hold: float = 25.0
    idle: float = 90.0
    drain: float = 300.0
    wakes_per_address: int = 10
    """A minute."""
    wakes_per_server: int = 20
    dial: float = 2.0
    answer: float = 5.0
    """A game server that says nothing to a ping for so long is silent."""
    reload: float = 30.0
    wake_pause: float = 5.0


def options_from(settings: Settings) -> Options:
    """The operator's choice; fewer connections where this process may not open enough files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    room = settings.router_connections if hard == resource.RLIM_INFINITY else (hard - SPARE_FILES) // 2
    return Options(
        redis=settings.redis_address,
        address=settings.router_host or os.environ.get("HOST") or "127.0.0.1",
        port=settings.router_port,
        share_port=settings.router_share_port,
        proxy_protocol=settings.router_proxy_protocol,
        language=settings.router_language,
        connections=max(1, min(settings.router_connections, room)),
        connections_per_address=settings.router_connections_per_address,
        frame_bytes=settings.router_frame_bytes,
        handshake=settings.router_handshake_seconds,
        hold=settings.router_hold_seconds,
        idle=settings.router_idle_seconds,
        drain=settings.router_drain_seconds,
        wakes_per_address=settings.router_wakes_per_address,
        wakes_per_server=settings.router_wakes_per_server,
    )
