"""Telling the owners and admins of a nano's provider, once an event."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.api import Recorded
from app.kit.db import db, transaction
from app.messaging.api import notify
from app.nanos.models import Comment, Nano, Rating
from app.nanos.services.nano import subject


def tell_provider(kind: str, event: Recorded) -> None:
    """Write the notices of one event; the second delivery of the same event writes none."""
    if event.subject_id is None or event.organisation_id is None:
        return
    with transaction():
        notify(
            kind, dedupe=str(event.id), organisation_id=event.organisation_id, subject=subject(event.subject_id),
            data={"nano_id": str(event.subject_id)}, link=f"/nanos/{event.subject_id}",
        )  # fmt: skip


def tell_provider_of(kind: str, event: Recorded, page: str) -> None:
    """Tell the owners and admins of the provider of what somebody else did at its nano; `page` of the nano shows it."""
    if event.subject_id is None:
        return
    with transaction():
        organisation_id = db.session.scalar(select(Nano.organisation_id).where(Nano.id == event.subject_id))
        if organisation_id is not None:
            notify(kind, organisation_id=organisation_id, **_about(event, page))


def tell_author(kind: str, event: Recorded, page: str) -> None:
    """Tell who rated or asked that they were answered; nobody where they are erased."""
    if event.subject_id is None:
        return
    model, key = (Rating, "rating_id") if "rating_id" in event.data else (Comment, "question_id")
    with transaction():
        person_id = db.session.scalar(select(model.person_id).where(model.id == UUID(event.data[key])))
        if person_id is not None:
            notify(kind, person_ids=[person_id], **_about(event, page))


def _about(event: Recorded, page: str) -> dict[str, Any]:
    assert event.subject_id is not None
    return {
        "dedupe": str(event.id), "subject": subject(event.subject_id), "data": {"nano_id": str(event.subject_id)},
        "link": f"/nanos/{event.subject_id}/{page}",
    }  # fmt: skip
