"""Work on game servers. Every body may be killed at any line and run again."""

from uuid import UUID

from app.hosting.services import reconcile as reconciling
from app.hosting.services import work


def install(server_id: str) -> None:
    """Bring everything a server needs to the node."""
    work.install(UUID(server_id))


def start(server_id: str, run_id: str) -> None:
    """Start one run."""
    work.start(UUID(server_id), UUID(run_id))


def stop(server_id: str, run_id: str) -> None:
    """End one run with save."""
    work.stop(UUID(server_id), UUID(run_id))


def kill(server_id: str, run_id: str) -> None:
    """End one run at once."""
    work.kill(UUID(server_id), UUID(run_id))


def delete(server_id: str) -> None:
    """Remove a server and its world."""
    work.delete(UUID(server_id))


def command(server_id: str, run_id: str, sealed: str) -> None:
    """Type one line into a game's console."""
    work.command(UUID(server_id), UUID(run_id), sealed)


def reconcile() -> dict[str, int]:
    """Make all rows and reality agree."""
    return {"actions": reconciling.reconcile()}
