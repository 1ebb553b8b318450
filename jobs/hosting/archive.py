"""Worlds that rest. Every body may be killed at any line and run again."""

from uuid import UUID

from app.hosting.services import archive_tidy, archive_work


def archive(server_id: str) -> None:
    """Move a world into the archive."""
    archive_work.archive(UUID(server_id))


def wake(server_id: str) -> None:
    """Bring a world back."""
    archive_work.wake(UUID(server_id))


def remove_world(server_id: str, world: str) -> None:
    """Remove one generation of a world from its node."""
    archive_work.remove_world(UUID(server_id), world)


def remove_archive(key: str) -> None:
    """Remove an object from the store."""
    archive_work.remove_archive(key)


def tidy() -> dict[str, int]:
    """Remove what killed attempts left behind."""
    return {"removed": archive_tidy.tidy()}


def order_due() -> dict[str, int]:
    """Begin with worlds that have rested long enough."""
    return {"worlds": archive_work.order_due()}
