"""What happens to parts of assignments by themselves: reminders, yearly rounds, people who come and go, nanos that go."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select, update

from app.accounts.api import members_among, people_of
from app.kit import clock
from app.kit.authz import SYSTEM
from app.kit.config import settings
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict
from app.messaging.api import notify
from app.nanos.models import Assignment, Duty, Use
from app.nanos.notices_learning import ASSIGNED, DUE_SOON, DUTY_GONE, OVERDUE
from app.nanos.policies import EVERYONE
from app.nanos.rules.duty import LEAST, SOON, begins_on, next_due, reminder
from app.nanos.services.assignment import end_assignment, give, settle_old
from app.nanos.services.ending import today
from app.nanos.services.nano import subject
from app.nanos.tasks import tell_assigned, tell_gone

MOST = 500
"""So many of a kind one run looks after; the next hour goes on."""
MORNING = 7
"""Nobody is reminded at night: the hour of the operator's place."""


def tell_round(assignment_id: UUID, number: int) -> int:
    """Each person of a round hears of it once. Returns how many were told anew."""
    rows = db.session.scalars(
        select(Duty)
        .where(Duty.assignment_id == assignment_id, Duty.round == number, Duty.state == "open")
        .order_by(Duty.id)
    ).all()
    told = 0
    for duty in rows:
        with transaction():
            told += _tell(ASSIGNED, duty)
    return told


def _tell(kind: str, duty: Duty) -> int:
    if duty.person_id is None:
        return 0
    return notify(
        kind, dedupe=f"{kind}:{duty.id}", organisation_id=duty.organisation_id, person_ids=[duty.person_id],
        subject=subject(duty.nano_id), data={"nano_id": str(duty.nano_id), "due_on": duty.due_on.isoformat()},
        link="/nanos/tasks",
    )  # fmt: skip


def remind() -> int:
    """Who is to be reminded by day, once each before the last day and once after it. Returns how many."""
    if clock.now().astimezone(ZoneInfo(settings().billing_zone)).hour < MORNING:
        return 0
    day, count = today(), 0
    ids = db.session.scalars(
        select(Duty.id)
        .where(
            Duty.state == "open",
            ((Duty.told < 1) & (Duty.due_on <= day + SOON)) | ((Duty.told < 2) & (Duty.due_on < day)),
        )
        .order_by(Duty.due_on, Duty.id)
        .limit(MOST)
    ).all()
    for duty_id in ids:
        with transaction():
            duty = lock(Duty, duty_id)
            wanted = reminder(duty.due_on, duty.told, day) if duty.state == "open" else 0
            if wanted:
                duty.told = wanted
                count += _tell(OVERDUE if wanted == 2 else DUE_SOON, duty)
    return count


def renew() -> int:
    """Open the rounds of yearly assignments whose time has come. Returns how many."""
    day, count = today(), 0
    rows = db.session.execute(
        select(Duty.id, Duty.due_on, Duty.completed_at)
        .join(Assignment, Assignment.id == Duty.assignment_id)
        .where(
            Assignment.renews.is_(True), Assignment.state == "active", Duty.state == "done", Duty.renewed.is_(False),
            Duty.completed_at <= clock.now() - LEAST,
        )
        .order_by(Duty.completed_at, Duty.id)
    ).all()  # fmt: skip
    zone = ZoneInfo(settings().billing_zone)
    for duty_id, due_on, completed_at in rows:
        assert completed_at is not None
        following = next_due(due_on, completed_at.astimezone(zone).date())
        if begins_on(following) <= day:
            with transaction():
                count += _renew(lock(Duty, duty_id))
    return count


def _renew(duty: Duty) -> int:
    row = lock(Assignment, duty.assignment_id)
    if duty.renewed or duty.state != "done" or row.state != "active":
        return 0
    duty.renewed = True
    person_id = duty.person_id
    if person_id is None or person_id not in members_among(duty.organisation_id, [person_id]):
        return 0
    assert duty.completed_at is not None
    done_on = duty.completed_at.astimezone(ZoneInfo(settings().billing_zone)).date()
    number = duty.round + 1
    given = give(row, [person_id], number, next_due(duty.due_on, done_on))
    if given:
        tell_assigned.later(organisation_id=row.organisation_id, assignment_id=str(row.id), round=number)
    return len(given)


def heal() -> int:
    """What was finished in the moment in which it was assigned. Returns how many."""
    rows = db.session.execute(
        select(Duty.id, Use.id)
        .join(Use, (Use.person_id == Duty.person_id) & (Use.nano_id == Duty.nano_id))
        .where(Duty.state == "open", Use.completed_at.is_not(None), Use.restarted_at.is_(None))
        .order_by(Duty.id)
        .limit(MOST)
    ).all()
    for duty_id, use_id in rows:
        with transaction():
            use, duty = lock(Use, use_id), lock(Duty, duty_id)
            if duty.state == "open" and use.restarted_at is None:
                settle_old(duty, use, lock(Assignment, duty.assignment_id), SYSTEM)
    return len(rows)


def person_came(organisation_id: UUID, person_id: UUID) -> int:
    """Somebody joined: what everyone there is to learn is theirs, too. Their last day is never past. Returns how many."""
    if person_id not in {one.person_id for one in people_of(organisation_id, *EVERYONE)}:
        return 0
    ids = db.session.scalars(
        select(Assignment.id).where(
            Assignment.organisation_id == organisation_id, Assignment.state == "active", Assignment.everyone.is_(True),
            ~exists().where(Duty.assignment_id == Assignment.id, Duty.person_id == person_id),
        )
    ).all()  # fmt: skip
    count = 0
    for assignment_id in ids:
        with transaction():
            row = lock(Assignment, assignment_id)
            if row.state == "active":
                given = give(row, [person_id], 1, max(row.due_on, today() + SOON))
                tell_assigned.later(organisation_id=organisation_id, assignment_id=str(row.id), round=1)
                count += len(given)
    return count


def person_went(organisation_id: UUID, person_id: UUID) -> int:
    """Somebody left: what they had to do there falls away, what they have done stays in the records. Returns how many."""
    with transaction():
        closed = db.session.execute(
            update(Duty)
            .where(Duty.organisation_id == organisation_id, Duty.person_id == person_id, Duty.state == "open")
            .values(state="left", closed_at=clock.now())
        )
    return int(closed.rowcount)  # type: ignore[attr-defined]


def nano_went(nano_id: UUID) -> int:
    """A nano was removed: nobody has to do it any more, and all who had hear of it. Returns how many assignments ended."""
    ids = db.session.scalars(
        select(Assignment.id).where(Assignment.nano_id == nano_id, Assignment.state == "active")
    ).all()
    for assignment_id in ids:
        try:
            with transaction():
                row = lock(Assignment, assignment_id)
                organisation_id = row.organisation_id
                end_assignment(SYSTEM, row, "gone")
                tell_gone.later(organisation_id=organisation_id, assignment_id=str(assignment_id))
        except Conflict:  # somebody took it back meanwhile
            continue
    return len(ids)


def tell_people_gone(assignment_id: UUID) -> int:
    """Who had it to do, and the owners and admins, hear that it is no more. Returns how many."""
    row = db.session.get(Assignment, assignment_id)
    if row is None:
        return 0
    people = db.session.scalars(
        select(Duty.person_id).where(
            Duty.assignment_id == assignment_id, Duty.state == "gone", Duty.person_id.is_not(None)
        )
    ).all()
    managers = [one.person_id for one in people_of(row.organisation_id, "owner", "admin")]
    with transaction():
        return notify(
            DUTY_GONE, dedupe=f"{DUTY_GONE}:{assignment_id}", organisation_id=row.organisation_id,
            person_ids=[*[one for one in people if one], *managers], subject=subject(row.nano_id),
            data={"nano_id": str(row.nano_id)},
        )  # fmt: skip
