"""Which engine the docker runtime talks to and what it gives a container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class DockerConfig:
    """Settings of the docker runtime."""

    url: str = ""
    """unix://… or tcp://…; empty is the machine's own socket."""
    installation: str = "kontor"
    """Label on everything this installation makes; nothing without it is ever touched."""
    bind_host: str = "0.0.0.0"  # noqa: S104 - a game server is there to be joined
    private_host: str = "127.0.0.1"
    """Address of the node that only the platform reaches: RCON is published there and pings go there."""
    map_host: str = "127.0.0.1"
    """Address of the node where web maps are published: for the proxy in front of them."""
    network: Literal["bridge", "host"] = "bridge"
    processes: int = 1024
    open_files: int = 8192
    log_size: str = "8m"
    log_files: int = 2
    timeout_seconds: float = 30.0
    """For one answer of the engine."""
    read_only_folders: Mapping[str, str] = field(default_factory=dict)
    """Folders of the node that every container sees, by their path on the node."""
