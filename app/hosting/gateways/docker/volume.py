"""The volume that holds a server's world."""

from __future__ import annotations

import os
from uuid import UUID

from docker.errors import NotFound

from app.hosting.gateways.disk import folder_bytes
from app.hosting.gateways.docker import container
from app.hosting.gateways.docker.client import Engine
from app.hosting.gateways.docker.config import DockerConfig


def make(engine: Engine, config: DockerConfig, server_id: UUID) -> None:
    """Make it; one that is there already stays."""
    labels = {container.INSTALLATION: config.installation, container.SERVER: str(server_id)}
    engine.api.create_volume(container.volume(config, server_id), labels=labels)


def size_bytes(engine: Engine, config: DockerConfig, server_id: UUID) -> int:
    """What it takes on disk; 0 where it is not there. Counted in its folder where we may read it, else by the engine."""
    name = container.volume(config, server_id)
    try:
        path = engine.api.inspect_volume(name)["Mountpoint"]
    except NotFound:
        return 0
    if engine.local and os.access(path, os.R_OK | os.X_OK):
        return folder_bytes(path)
    volumes = engine.api.df().get("Volumes") or ()
    sizes = [v["UsageData"]["Size"] for v in volumes if v["Name"] == name and v.get("UsageData")]
    return max(0, int(sizes[0])) if sizes else 0
