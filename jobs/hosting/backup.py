"""Backups and what is brought back from them. Every body may be killed at any line and run again."""

from uuid import UUID

from app.hosting.services import backup_due, backup_work, restore_work


def make(archive_id: str) -> None:
    """Make one backup."""
    backup_work.make(UUID(archive_id))


def test(server_id: str) -> None:
    """Try whether one of a server's backups comes back."""
    backup_work.test(UUID(server_id))


def restore(restore_id: str) -> None:
    """Bring a world back from a backup."""
    restore_work.restore(UUID(restore_id))


def run_due() -> dict[str, int]:
    """Begin with what is due, and bring on what was left lying."""
    return backup_due.run_due()
