"""Copies of people's data, and erasing them."""

from uuid import UUID

from app.privacy.services import erasure, export


def make_export(export_id: str) -> dict[str, str]:
    """Make one copy; the result says where it can be fetched."""
    return export.make_export(UUID(export_id))


def erase_due() -> None:
    """Erase the people whose two weeks are over."""
    erasure.erase_due()
