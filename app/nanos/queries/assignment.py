"""Assignments as pages show them: the person's own tasks, and for owners and admins everything of their organisation."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from app.accounts.api import Member, members_among, organisation_names, people_of, person_names
from app.kit.authz import Actor
from app.kit.config import settings
from app.kit.db import db
from app.kit.errors import NotFound
from app.nanos.models import Assignment, Duty, Nano, Revision, Use
from app.nanos.policies import EVERYONE
from app.nanos.queries.nano import read_titles
from app.nanos.rules.duty import DONE, OWED, Standing, standing
from app.nanos.rules.nano import Stage, State

MOST = 200
MOST_COLUMNS = 8


@dataclass(frozen=True)
class Task:
    """One thing somebody has to work through, or had."""

    id: UUID
    nano_id: UUID
    title: str
    minutes: int | None
    organisation: str
    note: str
    due_on: date
    standing: Standing
    progress: int
    completed_at: datetime | None
    renews: bool
    there: bool


def day_of(moment: datetime | None) -> date | None:
    """The day it was where the operator is."""
    return moment.astimezone(ZoneInfo(settings().billing_zone)).date() if moment else None


def list_tasks(actor: Actor, today: date, *, done: bool = False) -> list[Task]:
    """The actor's own, what is due first comes first; with `done` what is behind them, the last first."""
    order = (Duty.completed_at.desc(), Duty.id.desc()) if done else (Duty.due_on, Duty.id)
    rows = db.session.execute(
        select(
            Duty,
            Assignment.note,
            Assignment.renews,
            Nano.state,
            Revision.title,
            Revision.minutes,
            Use.progress,
        )
        .join(Assignment, Assignment.id == Duty.assignment_id)
        .join(Nano, Nano.id == Duty.nano_id)
        .outerjoin(Revision, (Revision.nano_id == Duty.nano_id) & (Revision.state == Stage.CURRENT.value))
        .outerjoin(Use, (Use.nano_id == Duty.nano_id) & (Use.person_id == Duty.person_id))
        .where(Duty.person_id == actor.person_id, Duty.state == ("done" if done else "open"))
        .order_by(*order)
        .limit(MOST)
    ).all()
    names = organisation_names({row[0].organisation_id for row in rows})
    return [
        Task(
            duty.id, duty.nano_id, title or "–", minutes, names.get(duty.organisation_id, "–"), note, duty.due_on,
            standing(duty.state, duty.due_on, day_of(duty.completed_at), today), 100 if done else progress or 0,
            duty.completed_at, renews, state in (State.PUBLISHED, State.RETIRED),
        )
        for duty, note, renews, state, title, minutes, progress in rows
    ]  # fmt: skip


def count_tasks(actor: Actor) -> dict[str, int]:
    """How many are open and done."""
    rows = db.session.execute(
        select(Duty.state, func.count()).where(Duty.person_id == actor.person_id).group_by(Duty.state)
    )
    return dict(rows.all())


@dataclass(frozen=True)
class AssignmentRow:
    """A line of the organisation's list."""

    id: UUID
    nano_id: UUID
    title: str
    state: str
    note: str
    due_on: date
    renews: bool
    counts_before: bool
    everyone: bool
    created_at: datetime
    created_by: str
    counts: Counter[Standing]

    @property
    def owed(self) -> int:
        return sum(self.counts[one] for one in OWED)

    @property
    def done(self) -> int:
        return sum(self.counts[one] for one in DONE)

    @property
    def rate(self) -> int:
        """Hundredths of all who have it to do or have done it."""
        return 100 * self.done // (self.done + self.owed) if self.done + self.owed else 0


def list_assignments(actor: Actor, today: date, *, ended: bool = False) -> list[AssignmentRow]:
    """The newest first, at most `MOST`."""
    rows = db.session.scalars(
        select(Assignment)
        .where(
            Assignment.organisation_id == actor.organisation_id,
            Assignment.state == ("ended" if ended else "active"),
        )
        .order_by(Assignment.id.desc())
        .limit(MOST)
    ).all()
    return _rows(list(rows), today)


def _rows(rows: list[Assignment], today: date) -> list[AssignmentRow]:
    counts: dict[UUID, Counter[Standing]] = {row.id: Counter() for row in rows}
    found = db.session.execute(
        select(Duty.assignment_id, Duty.state, Duty.due_on, Duty.completed_at).where(
            Duty.assignment_id.in_(list(counts))
        )
    )
    for assignment_id, state, due_on, completed_at in found:
        counts[assignment_id][standing(state, due_on, day_of(completed_at), today)] += 1
    return _named(rows, counts, person_names([row.created_by for row in rows]))


def _named(
    rows: list[Assignment], counts: dict[UUID, Counter[Standing]], people: dict[UUID, str]
) -> list[AssignmentRow]:
    named = read_titles([row.nano_id for row in rows])
    return [
        AssignmentRow(
            row.id, row.nano_id, named.get(row.nano_id, "–"), row.state, row.note, row.due_on, row.renews,
            row.counts_before, row.everyone, row.created_at, people.get(row.created_by, "–") if row.created_by else "–",
            counts[row.id],
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One person's part, for who assigned it."""

    id: UUID
    person_id: UUID | None
    name: str
    member: bool
    round: int
    due_on: date
    standing: Standing
    progress: int
    completed_at: datetime | None


def get_assignment(actor: Actor, assignment_id: UUID, today: date) -> tuple[AssignmentRow, list[Part]]:
    """With everybody's part, what is owed first. Raises NotFound."""
    row = db.session.scalar(
        select(Assignment).where(
            Assignment.id == assignment_id, Assignment.organisation_id == actor.organisation_id
        )
    )
    if row is None:
        raise NotFound
    found = db.session.execute(
        select(Duty, Use.progress)
        .outerjoin(Use, (Use.nano_id == Duty.nano_id) & (Use.person_id == Duty.person_id))
        .where(Duty.assignment_id == assignment_id)
        .order_by(Duty.round.desc(), Duty.due_on, Duty.id)
    ).all()
    ids = [duty.person_id for duty, _progress in found if duty.person_id]
    names, members = person_names([*ids, row.created_by]), members_among(row.organisation_id, ids)
    parts = [
        Part(
            duty.id, duty.person_id, label(duty.person_id, duty.alias, names), duty.person_id in members, duty.round,
            duty.due_on, standing(duty.state, duty.due_on, day_of(duty.completed_at), today),
            100 if duty.state == "done" else progress or 0, duty.completed_at,
        )
        for duty, progress in found
    ]  # fmt: skip
    rank = {Standing.OVERDUE: 0, Standing.OPEN: 1}
    counts = {row.id: Counter(one.standing for one in parts)}
    ordered = sorted(parts, key=lambda one: (rank.get(one.standing, 2), one.name.casefold()))
    return _named([row], counts, names)[0], ordered


def get_done(actor: Actor, duty_id: UUID) -> tuple[UUID, str, str]:
    """The assignment, the nano's title and the person's name of a part that is done. Raises NotFound."""
    row = db.session.execute(
        select(Duty.assignment_id, Duty.nano_id, Duty.person_id).where(
            Duty.id == duty_id, Duty.organisation_id == actor.organisation_id, Duty.state == "done"
        )
    ).first()
    if row is None or row[2] is None:
        raise NotFound
    return row[0], read_titles([row[1]]).get(row[1], "–"), person_names([row[2]]).get(row[2], "–")


def label(person_id: UUID | None, alias: str, names: dict[UUID, str]) -> str:
    """A name, or what stands for somebody who was erased."""
    return names.get(person_id, "–") if person_id is not None else f"#{alias}"


@dataclass(frozen=True)
class Matrix:
    """Who has done what: a line a person, a column a running assignment."""

    columns: list[AssignmentRow]
    people: list[Member]
    cells: dict[tuple[UUID, UUID], Standing]
    """By person and assignment; the newest round."""
    left_out: int
    """Assignments that have no column."""


def matrix(actor: Actor, today: date) -> Matrix:
    """All people of the organisation, and the assignments that are due first."""
    assert actor.organisation_id is not None
    rows = sorted(list_assignments(actor, today), key=lambda one: (one.due_on, one.id))
    columns = rows[:MOST_COLUMNS]
    found = db.session.execute(
        select(Duty.person_id, Duty.assignment_id, Duty.state, Duty.due_on, Duty.completed_at)
        .where(Duty.assignment_id.in_([one.id for one in columns]), Duty.person_id.is_not(None))
        .order_by(Duty.round)
    )
    cells = {
        (person_id, assignment_id): standing(state, due_on, day_of(completed_at), today)
        for person_id, assignment_id, state, due_on, completed_at in found
        if person_id is not None
    }
    return Matrix(columns, people_of(actor.organisation_id, *EVERYONE), cells, len(rows) - len(columns))


def people_and_open(actor: Actor, nano_id: UUID) -> tuple[list[Member], frozenset[UUID]]:
    """Who can be asked, and who of them has this nano to do already."""
    assert actor.organisation_id is not None
    having = db.session.scalars(
        select(Duty.person_id).where(
            Duty.organisation_id == actor.organisation_id, Duty.nano_id == nano_id, Duty.state == "open"
        )
    )
    return people_of(actor.organisation_id, *EVERYONE), frozenset(one for one in having if one)
