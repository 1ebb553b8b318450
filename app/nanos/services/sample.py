"""For sample data alone: somebody has worked through a nano, as playing it writes it down."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import transaction
from app.kit.ids import new_id
from app.nanos.models import Use


def worked_through(actor: Actor, nano_id: UUID) -> None:
    """The person has finished it now; one who has used it before stays as they are."""
    now = clock.now()
    with transaction() as session:
        mine = select(Use.id).where(Use.person_id == actor.person_id, Use.nano_id == nano_id)
        if session.scalar(mine) is None:
            session.add(
                Use(
                    id=new_id(), nano_id=nano_id, person_id=actor.person_id, organisation_id=actor.organisation_id,
                    revision=1, progress=100, seconds=240, first_at=now, last_at=now, completed_at=now,
                )
            )  # fmt: skip
