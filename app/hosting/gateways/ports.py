"""Ports of this machine."""

from __future__ import annotations

import socket

RCON_DISTANCE = 10_000


def port_free(host: str, port: int) -> bool:
    """Whether something could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def loopback_port(port: int) -> int:
    """A loopback port for a game's RCON: a fixed distance below its own port where that is free, so that two servers that
    start at once never choose the same one.
    """
    if port > 1024 + RCON_DISTANCE and port_free("127.0.0.1", port - RCON_DISTANCE):
        return port - RCON_DISTANCE
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
