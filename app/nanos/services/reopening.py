"""Taking a completion back: what was ticked off without being done has to be done."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core.api import record
from app.kit.authz import Actor, require
from app.kit.db import db, lock, move, transaction
from app.kit.errors import Conflict, NotFound
from app.messaging.api import notify
from app.nanos.events import DutyReopened
from app.nanos.models import Assignment, Certificate, Duty
from app.nanos.notices_learning import REOPENED
from app.nanos.policies import P
from app.nanos.services.certificate import revoke
from app.nanos.services.completion import begin_anew
from app.nanos.services.nano import subject


def reopen(actor: Actor, duty_id: UUID) -> UUID:
    """The part is open again, its certificate is revoked, the person begins at the start and hears of it. Returns the assignment.

    Raises NotFound; Conflict where it is not done, its assignment has ended, or the person has the nano to do already.
    """
    require(actor, P.learning_assign)
    try:
        with transaction():
            duty = lock(Duty, duty_id)
            if duty.organisation_id != actor.organisation_id or duty.person_id is None:
                raise NotFound
            if lock(Assignment, duty.assignment_id).state != "active" or duty.renewed:
                raise Conflict(_("Diese Aufgabe läuft nicht mehr."))
            return _reopen(actor, duty, duty.person_id)
    except IntegrityError:  # one open part a person and nano: the index says so
        raise Conflict(_("Die Person hat dieses Nano schon als offene Aufgabe.")) from None


def _reopen(actor: Actor, duty: Duty, person_id: UUID) -> UUID:
    assignment_id, nano_id, at, due_on = duty.assignment_id, duty.nano_id, duty.completed_at, duty.due_on
    move(Duty, duty.id, from_="done", to="open", completed_at=None, closed_at=None, told=0)
    found = db.session.scalars(
        select(Certificate.id).where(
            Certificate.person_id == person_id, Certificate.nano_id == nano_id, Certificate.completed_at == at,
            Certificate.organisation_id == actor.organisation_id, Certificate.state == "valid",
        )
    ).all()  # fmt: skip
    for certificate_id in found:
        revoke(actor, lock(Certificate, certificate_id), "withdrawn")
    begin_anew([person_id], nano_id)
    record(
        DutyReopened(duty.id), actor=actor, organisation_id=actor.organisation_id, subject=subject(nano_id)
    )
    notify(
        REOPENED, dedupe=f"{REOPENED}:{duty.id}:{at}", organisation_id=actor.organisation_id, person_ids=[person_id],
        subject=subject(nano_id), data={"nano_id": str(nano_id), "due_on": due_on.isoformat()}, link="/nanos/tasks",
    )  # fmt: skip
    return assignment_id
