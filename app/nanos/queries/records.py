"""An organisation's records: who had to, who has done by when. For owners and admins only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.accounts.api import members_among, person_names
from app.kit.authz import Actor
from app.kit.db import db
from app.nanos.models import Duty
from app.nanos.queries.assignment import day_of, label
from app.nanos.queries.nano import read_titles
from app.nanos.rules.duty import DONE, OWED, Standing, standing

MOST = 5000
MOST_DAYS = 10 * 366
_COUNTED = (*OWED, *DONE)


@dataclass(frozen=True)
class Period:
    """Both days belong to it: parts count by their last day."""

    since: date
    until: date


def period_of(since: str, until: str, today: date) -> Period:
    """As typed; nothing or nonsense is this year so far and the next 60 days."""
    begin = _day(since) or today.replace(month=1, day=1)
    end = _day(until) or today + timedelta(days=60)
    if end < begin or (end - begin).days > MOST_DAYS:
        begin, end = today.replace(month=1, day=1), today + timedelta(days=60)
    return Period(begin, end)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class Record:
    """One part of one person."""

    person: str
    key: str
    """The same for all records of a person."""
    member: bool
    nano_id: UUID
    title: str
    round: int
    begins_at: datetime
    due_on: date
    standing: Standing
    completed_at: datetime | None


@dataclass(frozen=True)
class Share:
    """How far a nano, a person, or all together are."""

    name: str
    counts: Counter[Standing]

    @property
    def had_to(self) -> int:
        return sum(self.counts[one] for one in _COUNTED)

    @property
    def done(self) -> int:
        return sum(self.counts[one] for one in DONE)

    @property
    def in_time(self) -> int:
        return self.counts[Standing.DONE]

    @property
    def overdue(self) -> int:
        return self.counts[Standing.OVERDUE]

    @property
    def rate(self) -> int | None:
        """Hundredths; None where nobody had to."""
        return 100 * self.done // self.had_to if self.had_to else None


@dataclass(frozen=True)
class Report:
    """All of it."""

    period: Period
    rows: list[Record]
    total: Share
    nanos: list[Share]
    people: list[Share]
    choices: list[tuple[UUID, str]]
    """Nanos that were ever assigned, for the filter."""
    cut: bool
    """There are more than `MOST`: the list is short, and says so."""


def report(actor: Actor, period: Period, today: date, nano_id: UUID | None = None) -> Report:
    """Parts whose last day lies in the period. What was taken back is listed and not counted."""
    assert actor.organisation_id is not None
    statement = (
        select(Duty)
        .where(
            Duty.organisation_id == actor.organisation_id,
            Duty.due_on >= period.since,
            Duty.due_on <= period.until,
        )
        .order_by(Duty.due_on, Duty.id)
        .limit(MOST + 1)
    )
    if nano_id is not None:
        statement = statement.where(Duty.nano_id == nano_id)
    found = list(db.session.scalars(statement))
    ever = db.session.scalars(
        select(Duty.nano_id).where(Duty.organisation_id == actor.organisation_id).distinct()
    ).all()
    named = read_titles(list(ever))
    ids = {duty.person_id for duty in found if duty.person_id}
    names, members = person_names(ids), members_among(actor.organisation_id, ids)
    rows = [_record(duty, named, names, members, today) for duty in found[:MOST]]
    choices = sorted(named.items(), key=lambda one: one[1].casefold())
    return Report(
        period, rows, Share("", Counter(row.standing for row in rows)), _shares(rows, "title", "nano_id"),
        _shares(rows, "person", "key"), choices, len(found) > MOST,
    )  # fmt: skip


def _record(
    duty: Duty, named: dict[UUID, str], names: dict[UUID, str], members: dict[UUID, str], today: date
) -> Record:
    return Record(
        label(duty.person_id, duty.alias, names), str(duty.person_id or duty.alias), duty.person_id in members,
        duty.nano_id, named.get(duty.nano_id, "–"), duty.round, duty.begins_at, duty.due_on,
        standing(duty.state, duty.due_on, day_of(duty.completed_at), today), duty.completed_at,
    )  # fmt: skip


def _shares(rows: list[Record], name: str, key: str) -> list[Share]:
    """By the value of `key`, the lowest rate first: that is where somebody looks."""
    counts: dict[object, Counter[Standing]] = {}
    called: dict[object, str] = {}
    for row in rows:
        one = getattr(row, key)
        counts.setdefault(one, Counter())[row.standing] += 1
        called[one] = str(getattr(row, name))
    made = [Share(called[one], each) for one, each in counts.items()]
    return sorted([one for one in made if one.had_to], key=lambda one: (one.rate or 0, one.name.casefold()))
