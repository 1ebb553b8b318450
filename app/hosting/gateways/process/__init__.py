"""Game servers as plain processes of this machine: no Docker, nothing installed."""

from app.hosting.gateways.process.config import ProcessConfig
from app.hosting.gateways.process.runtime import ProcessRuntime

__all__ = ["ProcessConfig", "ProcessRuntime"]
