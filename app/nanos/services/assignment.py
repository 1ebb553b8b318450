"""Assigning nanos to people of the own organisation, and taking that back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.api import people_of
from app.core.api import record
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, lock, move, require_transaction, transaction
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.ids import new_id
from app.nanos.events import Assigned, AssignmentEnded, DutyWithdrawn
from app.nanos.models import Assignment, Duty, Use
from app.nanos.policies import EVERYONE, P
from app.nanos.queries.nano import get_nano
from app.nanos.rules.duty import MOST_NOTE, counting, due_fault
from app.nanos.rules.nano import State
from app.nanos.services.completion import begin_anew, settle
from app.nanos.services.ending import today
from app.nanos.services.nano import subject
from app.nanos.tasks import tell_assigned


@dataclass(frozen=True)
class Wish:
    """What is asked for. `people` is ignored where it is for `everyone`."""

    people: tuple[UUID, ...] = ()
    everyone: bool = False
    due_on: date | None = None
    note: str = ""
    renews: bool = False
    counts_before: bool = False


@dataclass(frozen=True)
class Made:
    """`people` got it, `had` had the same nano to do already."""

    id: UUID
    people: int
    had: int


def assign(actor: Actor, nano_id: UUID, wish: Wish, *, once: str) -> Made:
    """Ask people of the actor's organisation to work through a nano it may use. The same form sent twice is one assignment.

    Raises NotFound, Conflict (not public any more, or not for this organisation), Invalid by field.
    """
    require(actor, P.learning_assign)
    nano = get_nano(actor, nano_id)
    if nano.state is not State.PUBLISHED or not nano.looks:
        raise Conflict(_("Dieses Nano kann Ihre Organisation nicht zuweisen."))
    organisation_id = actor.organisation_id
    assert organisation_id is not None
    wanted = _people(organisation_id, wish)
    due_on = wish.due_on
    faults = _faults(wish, wanted)
    if faults or due_on is None:
        raise Invalid(fields=faults)
    try:
        with transaction():
            row = Assignment(
                id=new_id(), organisation_id=organisation_id, nano_id=nano_id, created_by=actor.person_id,
                once=once[:36], state="active", note=wish.note.strip(), due_on=due_on, renews=wish.renews,
                counts_before=wish.counts_before, everyone=wish.everyone, created_at=clock.now(),
            )  # fmt: skip
            db.session.add(row)
            db.session.flush()
            given = give(row, wanted, 1, due_on)
            if not given and not wish.everyone:
                raise Invalid(
                    fields={"people": _("Alle Gewählten haben dieses Nano schon als offene Aufgabe.")}
                )
            record(
                Assigned(row.id, due_on.isoformat(), len(given)), actor=actor, organisation_id=organisation_id,
                subject=subject(nano_id),
            )  # fmt: skip
            tell_assigned.later(
                actor=actor, organisation_id=organisation_id, assignment_id=str(row.id), round=1
            )
            return Made(row.id, len(given), len(wanted) - len(given))
    except IntegrityError:
        return _same(organisation_id, once)


def _same(organisation_id: UUID, once: str) -> Made:
    """The form came a second time: what the first made of it."""
    found = db.session.scalar(
        select(Assignment.id).where(
            Assignment.organisation_id == organisation_id, Assignment.once == once[:36]
        )
    )
    if found is None:
        raise Conflict
    people = db.session.scalar(select(func.count()).select_from(Duty).where(Duty.assignment_id == found))
    return Made(found, people or 0, 0)


def _people(organisation_id: UUID, wish: Wish) -> list[UUID]:
    """Those of the organisation; guests of single things learn nothing here. Strangers' ids are left out."""
    members = [one.person_id for one in people_of(organisation_id, *EVERYONE)]
    chosen = set(wish.people)
    return sorted(members if wish.everyone else [one for one in members if one in chosen])


def _faults(wish: Wish, people: list[UUID]) -> dict[str, str]:
    found = {}
    if not people and not wish.everyone:
        found["people"] = _("Wählen Sie mindestens eine Person.")
    if wish.due_on is None or due_fault(wish.due_on, today()):
        found["due_on"] = _("Wählen Sie einen Tag von heute an, höchstens drei Jahre voraus.")
    if len(wish.note.strip()) > MOST_NOTE:
        found["note"] = _("Höchstens %(num)d Zeichen.", num=MOST_NOTE)
    return found


def give(row: Assignment, people: Iterable[UUID], number: int, due_on: date) -> list[UUID]:
    """Parts of a round, and who got one: who has the same nano to do already does it once. Joins the caller's transaction."""
    require_transaction()
    wanted = sorted(people)
    # Locked first: who finishes at this moment does so before or after, never unseen.
    uses = {
        one.person_id: one
        for one in db.session.scalars(
            select(Use)
            .where(Use.nano_id == row.nano_id, Use.person_id.in_(wanted))
            .order_by(Use.id)
            .with_for_update()
        )
    }
    begins_at, given, again = clock.now(), [], []
    for person_id in wanted:
        duty = _duty(row, person_id, number, begins_at, due_on)
        if duty is None:
            continue
        given.append(person_id)
        use = uses.get(person_id)
        moments = (use.completed_at, use.repeated_at) if use else ()
        before = counting(moments, begins_at, counts_before=row.counts_before and number == 1)
        if before is not None:
            move(Duty, duty.id, from_="open", to="done", completed_at=before, closed_at=begins_at)
        elif use is not None:
            again.append(person_id)
    begin_anew(again, row.nano_id)
    return given


def _duty(row: Assignment, person_id: UUID, number: int, begins_at: datetime, due_on: date) -> Duty | None:
    duty = Duty(
        id=new_id(), assignment_id=row.id, organisation_id=row.organisation_id, nano_id=row.nano_id, person_id=person_id,
        alias="", round=number, state="open", begins_at=begins_at, due_on=due_on, told=0, renewed=False,
    )  # fmt: skip
    try:
        with db.session.begin_nested():
            db.session.add(duty)
            db.session.flush()
    except IntegrityError:
        return None
    return duty


def end(actor: Actor, assignment_id: UUID) -> int:
    """Take it back: what is done stays in the records, what is open falls away. Returns how many were open. Raises NotFound,
    Conflict (somebody was first)."""
    require(actor, P.learning_assign)
    with transaction():
        row = _ours(actor, assignment_id)
        return end_assignment(actor, row, "withdrawn")


def _ours(actor: Actor, assignment_id: UUID) -> Assignment:
    row = lock(Assignment, assignment_id)
    if row.organisation_id != actor.organisation_id:
        raise NotFound
    return row


def end_assignment(actor: Actor, row: Assignment, why: str) -> int:
    """`why`: the state of what is open. Joins the caller's transaction."""
    require_transaction()
    organisation_id, nano_id = row.organisation_id, row.nano_id
    move(Assignment, row.id, from_="active", to="ended", ended_at=clock.now())
    closed = db.session.execute(
        update(Duty)
        .where(Duty.assignment_id == row.id, Duty.state == "open")
        .values(state=why, closed_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    count = int(closed.rowcount)  # type: ignore[attr-defined]
    record(
        AssignmentEnded(row.id, count), actor=actor, organisation_id=organisation_id, subject=subject(nano_id)
    )
    return count


def withdraw(actor: Actor, duty_id: UUID) -> UUID:
    """One person need not do it. Returns the assignment. Raises NotFound, Conflict (done, or taken back already)."""
    require(actor, P.learning_assign)
    with transaction():
        duty = lock(Duty, duty_id)
        if duty.organisation_id != actor.organisation_id:
            raise NotFound
        assignment_id, nano_id = duty.assignment_id, duty.nano_id
        move(Duty, duty_id, from_="open", to="withdrawn", closed_at=clock.now(), renewed=True)
        record(
            DutyWithdrawn(duty_id),
            actor=actor,
            organisation_id=actor.organisation_id,
            subject=subject(nano_id),
        )
        return assignment_id


def settle_old(duty: Duty, use: Use, row: Assignment, actor: Actor) -> bool:
    """For what was finished in the very moment in which it was assigned: settled, or begun anew. Returns whether it is done."""
    at = counting(
        (use.completed_at, use.repeated_at),
        duty.begins_at,
        counts_before=row.counts_before and duty.round == 1,
    )
    if at is None:
        begin_anew([use.person_id], duty.nano_id)
        return False
    settle(actor, duty, at)
    return True
