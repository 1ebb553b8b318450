"""Game servers as containers of a Docker engine."""

from app.hosting.gateways.docker.config import DockerConfig
from app.hosting.gateways.docker.runtime import DockerRuntime

__all__ = ["DockerConfig", "DockerRuntime"]
