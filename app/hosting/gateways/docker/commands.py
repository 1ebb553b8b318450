"""Typing into a game that runs in a container: over RCON, or where that does not listen, to its standard input."""

from __future__ import annotations

import os

from app.hosting.gateways import rcon
from app.hosting.gateways.docker import container
from app.hosting.gateways.docker.client import Engine
from app.hosting.gateways.docker.config import DockerConfig
from app.hosting.gateways.docker.container import Found
from app.hosting.gateways.runtime import RuntimeUnavailable

RCON_SECONDS = 5.0


class Commands:
    """Keeps the RCON secrets it has read, which never leave the containers otherwise."""

    def __init__(self, engine: Engine, config: DockerConfig) -> None:
        self._engine, self._config = engine, config
        self._secrets: dict[str, str] = {}

    def forget(self, container_id: str) -> None:
        """The container is gone."""
        self._secrets.pop(container_id, None)

    def send(self, found: Found, text: str) -> str | None:
        """The reply, None where there is none. Raises RuntimeUnavailable when nobody knows whether it arrived."""
        address = found.rcon(self._config)
        if address is not None:
            if found.id not in self._secrets:
                self._secrets[found.id] = container.read_secret(self._engine.api, found.id)
            try:
                return rcon.command(address.host, address.port, self._secrets[found.id], text, RCON_SECONDS)
            except rcon.RconUnreachable:
                pass  # not listening yet: standard input takes the line as well
            except rcon.RconFault as error:
                raise RuntimeUnavailable(str(error)) from error
        self._type(found, text)
        return None

    def _type(self, found: Found, line: str) -> None:
        attached = self._engine.api.attach_socket(found.id, params={"stdin": 1, "stream": 1})
        try:
            os.write(attached.fileno(), line.encode() + b"\n")
        finally:
            attached.close()
