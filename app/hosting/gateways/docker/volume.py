"""The volumes that hold a server's world, one for each generation."""

from __future__ import annotations

import contextlib
import os
from typing import Any
from uuid import UUID

from docker.errors import APIError, NotFound

from app.hosting.gateways.disk import folder_bytes
from app.hosting.gateways.docker import container
from app.hosting.gateways.docker.client import Engine
from app.hosting.gateways.docker.config import DockerConfig


def make(engine: Engine, config: DockerConfig, server_id: UUID, world: str = "") -> None:
    """Make it; one that is there already stays."""
    labels = {
        container.INSTALLATION: config.installation,
        container.SERVER: str(server_id),
        container.WORLD: world,
    }
    engine.api.create_volume(container.volume(config, server_id, world), labels=labels)


def remove(engine: Engine, name: str) -> bool:
    """False when a container uses it. Absent is no error."""
    try:
        engine.api.remove_volume(name)
    except NotFound:
        return True
    except APIError as error:
        if error.status_code != 409:
            raise
        return False
    return True


def worlds(engine: Engine, config: DockerConfig, server_id: UUID) -> set[str]:
    """Every generation there is."""
    labels = [f"{container.INSTALLATION}={config.installation}", f"{container.SERVER}={server_id}"]
    listed = engine.api.volumes(filters={"label": labels})["Volumes"] or ()
    found = {str(entry["Labels"].get(container.WORLD, "")) for entry in listed}
    # A first one that an operator brought back by hand may have no labels.
    return found | {""} if look(engine, container.volume(config, server_id)) else found


def remove_all(engine: Engine, config: DockerConfig, server_id: UUID) -> None:
    """All generations of a server's world."""
    for world in worlds(engine, config, server_id):
        with contextlib.suppress(NotFound):
            engine.api.remove_volume(container.volume(config, server_id, world), force=True)


def size_bytes(engine: Engine, config: DockerConfig, server_id: UUID, world: str = "") -> int:
    """What it takes on disk; 0 where it is not there. Counted in its folder where we may read it, else by the engine."""
    name = container.volume(config, server_id, world)
    found = look(engine, name)
    if found is None:
        return 0
    path = str(found["Mountpoint"])
    if engine.local and os.access(path, os.R_OK | os.X_OK):
        return folder_bytes(path)
    volumes = engine.api.df().get("Volumes") or ()
    sizes = [v["UsageData"]["Size"] for v in volumes if v["Name"] == name and v.get("UsageData")]
    return max(0, int(sizes[0])) if sizes else 0


def look(engine: Engine, name: str) -> dict[str, Any] | None:
    """As the engine shows it; None where there is none."""
    try:
        found: dict[str, Any] = engine.api.inspect_volume(name)
    except NotFound:
        return None
    return found
