"""Telling an organisation's owners and admins, once an event."""

from __future__ import annotations

from typing import Any

from app.core.api import Recorded
from app.kit.db import transaction
from app.messaging.api import notify


def tell(kind: str, event: Recorded, data: dict[str, Any], link: str, dedupe: str = "") -> None:
    """Write the notices of one event; the second delivery of the same event, or of one with its `dedupe`, writes none."""
    if event.organisation_id is None:
        return
    subject = (event.subject_type, event.subject_id) if event.subject_type and event.subject_id else None
    with transaction():
        notify(
            kind,
            dedupe=dedupe or str(event.id),
            organisation_id=event.organisation_id,
            subject=subject,
            data=data,
            link=link,
        )


def tell_about_server(kind: str, event: Recorded, dedupe: str = "", page: str = "") -> None:
    """The same about the event's server, leading to its page, or to one below it."""
    if event.subject_id is not None:
        link = f"/hosting/servers/{event.subject_id}{page}"
        tell(kind, event, {"server_id": str(event.subject_id)}, link, dedupe)
