"""Recording what happened, in the transaction that made it happen."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from structlog.contextvars import get_contextvars

from app.core.events import Fact, subscriber, subscribers_of
from app.core.models import Event
from app.core.queries.event import find_event
from app.core.tasks import deliver_event
from app.kit import clock
from app.kit.authz import SYSTEM, Actor
from app.kit.db import db, require_transaction
from app.kit.ids import new_id


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: str(v) if isinstance(v, UUID) else v.isoformat() if isinstance(v, datetime) else v
        for key, v in values.items()
    }


def record(
    fact: Fact,
    *,
    actor: Actor = SYSTEM,
    organisation_id: UUID | None = None,
    subject: tuple[str, UUID] | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> UUID:
    """Write one event row and the jobs of its subscribers. Joins the caller's transaction. Returns the event's id."""
    require_transaction()
    context = get_contextvars()
    row = Event(
        id=new_id(),
        name=fact.name,
        at=clock.now(),
        organisation_id=organisation_id or actor.organisation_id,
        actor_id=actor.person_id,
        token_id=actor.token_id,
        request_id=context.get("request_id"),
        job_id=UUID(context["job_id"]) if context.get("job_id") else None,
        subject_type=subject[0] if subject else None,
        subject_id=subject[1] if subject else None,
        data=_plain(asdict(fact)),  # type: ignore[call-overload]
        before=_plain(before) if before else None,
        after=_plain(after) if after else None,
    )
    db.session.add(row)
    for path in subscribers_of(fact.name):
        deliver_event.later(
            organisation_id=row.organisation_id, subject=subject, event_id=str(row.id), path=path
        )
    return row.id


def deliver(event_id: UUID, path: str) -> None:
    """Call one subscriber with one event. Nothing happens when either is gone meanwhile."""
    event = find_event(event_id)
    function = subscriber(event.name, path) if event else None
    if event and function:
        function(event)
