"""Bringing an event to one subscriber."""

from uuid import UUID

from app.core.services.event import deliver as deliver_to


def deliver(event_id: str, path: str) -> None:
    """Call one subscriber with one event."""
    deliver_to(UUID(event_id), path)
