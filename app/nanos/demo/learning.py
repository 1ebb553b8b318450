"""Trainings of the demo's own organisation: one that some have done and some have not, with certificates."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid5

from sqlalchemy import select

from app.accounts.api import find_actor_for_job, people_of
from app.kit import clock
from app.kit.db import db
from app.nanos.models import Assignment, Nano, NanoFile, Revision
from app.nanos.policies import EVERYONE
from app.nanos.rules.content import Kind
from app.nanos.rules.nano import Stage, State
from app.nanos.services.assignment import Wish, assign
from app.nanos.services.ending import today
from app.nanos.services.use import finish


def seed_learning(organisation_id: UUID, owner: UUID, said: dict[str, str]) -> None:
    """Write what is missing: an organisation that has assigned something is left alone."""
    if db.session.scalar(select(Assignment.id).where(Assignment.organisation_id == organisation_id).limit(1)):
        return
    found = db.session.execute(
        select(Nano.id, NanoFile.id)
        .join(Revision, (Revision.nano_id == Nano.id) & (Revision.state == Stage.CURRENT.value))
        .join(NanoFile, NanoFile.revision_id == Revision.id)
        .where(
            Nano.state == State.PUBLISHED.value, Revision.licence.like("cc%"), NanoFile.kind == Kind.PDF.value
        )
        .order_by(Nano.id)
        .limit(2)
    ).all()
    actor = find_actor_for_job(owner, organisation_id)
    people = [one.person_id for one in people_of(organisation_id, *EVERYONE)]
    for number, (nano_id, file_id) in enumerate(found):
        with clock.freeze(clock.now() - timedelta(days=40)):
            wish = Wish(
                everyone=True,
                due_on=today() + timedelta(days=30 + 25 * number),
                note=said["note"],
                renews=not number,
            )
            assign(actor, nano_id, wish, once=str(uuid5(organisation_id, f"demo-{number}")))
            clock.advance(days=6)
            for person_id in people[: len(people) // 2 + 1 - number]:
                finish(find_actor_for_job(person_id, organisation_id), nano_id, file_id)
