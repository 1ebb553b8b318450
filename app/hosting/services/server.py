"""Everything a person can do with a server: the actor first, permission and state checked, one transaction each."""

from __future__ import annotations

from app.hosting.services.power import (
    kill_server,
    restart_server,
    send_command,
    start_server,
    stop_server,
)
from app.hosting.services.setup import Keep, change_server, create_server, delete_server, deploy

__all__ = [
    "Keep",
    "change_server",
    "create_server",
    "delete_server",
    "deploy",
    "kill_server",
    "restart_server",
    "send_command",
    "start_server",
    "stop_server",
]
