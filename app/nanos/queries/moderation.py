"""The moderators' queue as pages show it. Only for who may decide: the views say so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from app.accounts.api import all_names
from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.errors import NotFound
from app.kit.paging import Page, after, encode_cursor
from app.messaging.api import shell_count, shell_number
from app.nanos.models import Case, Decision
from app.nanos.rules.case import Kind, held
from app.nanos.subjects import subject_labels, subject_titles


@dataclass(frozen=True)
class CaseRow:
    """A line of the queue. `holder` is who works on it now, "" for nobody."""

    id: UUID
    kind: str
    title: str
    provider: str
    number: int | None
    about: str
    """The kind of thing."""
    reports: int
    priority: int
    rank: float | None
    hints: int
    created_at: datetime
    state: str
    holder: str
    holder_id: UUID | None
    until: datetime | None


@dataclass(frozen=True)
class Wanted:
    """Filters of the queue: "" is all. `holder`: mine (what the actor holds) or free (what nobody does). `about`: the kind of
    thing."""

    kind: str = ""
    holder: str = ""
    about: str = ""


def _held(now: datetime) -> Any:
    return (Case.claimed_by.is_not(None)) & (Case.claimed_until > now)


def list_cases(
    person_id: UUID | None, wanted: Wanted, *, cursor: str | None = None, limit: int = 25
) -> Page[CaseRow]:
    """What is open, in the order in which it should be looked at."""
    now = clock.now()
    statement: Any = select(Case).where(Case.state == "open")
    if wanted.kind in set(Kind):
        statement = statement.where(Case.kind == wanted.kind)
    if wanted.about in subject_labels():
        statement = statement.where(Case.subject_type == wanted.about)
    if wanted.holder == "mine":
        statement = statement.where(_held(now), Case.claimed_by == person_id)
    elif wanted.holder == "free":
        statement = statement.where(or_(Case.claimed_by.is_(None), Case.claimed_until <= now))
    rows = list(
        db.session.scalars(
            after(
                statement, [Case.sort_at, Case.id], [datetime.fromisoformat, UUID], cursor, limit, descending=False
            ).execution_options(populate_existing=True)
        )
    )  # fmt: skip
    more = (
        encode_cursor([rows[limit - 1].sort_at.isoformat(), rows[limit - 1].id])
        if len(rows) > limit
        else None
    )
    return Page(_rows(rows[:limit]), more)


def _rows(cases: list[Case]) -> list[CaseRow]:
    now = clock.now()
    titles = subject_titles([one.subject_id for one in cases], [one.subject_type for one in cases])
    names = all_names(
        {one.claimed_by for one in cases if one.claimed_by},
        {one.organisation_id for one in cases if one.organisation_id},
    )
    return [row_of(one, now, titles, names, names) for one in cases]


def row_of(case: Case, now: datetime, titles: dict[UUID, str], providers: Any, people: Any) -> CaseRow:
    """An item as a line, with the names that were looked up for it."""
    holds = held(case.claimed_until, now) and case.state == "open"
    return CaseRow(
        case.id, case.kind, titles.get(case.subject_id, "–"), providers.get(case.organisation_id, "–"), case.number,
        case.subject_type, case.reports, case.priority, case.rank, case.hints, case.created_at, case.state,
        people.get(case.claimed_by, "–") if holds and case.claimed_by else "", case.claimed_by if holds else None,
        case.claimed_until if holds else None,
    )  # fmt: skip


def find_row(case_id: UUID) -> CaseRow:
    """One item as a line. Raises NotFound."""
    case = db.session.get(Case, case_id, populate_existing=True)
    if case is None:
        raise NotFound
    return _rows([case])[0]


OPEN = "nanos.moderation"


def count_with_pages() -> None:
    """Have the shell count what is open, with what it asks anyway."""
    shell_count(OPEN, Case, Case.state == "open")


def count_waiting(actor: Actor) -> int:
    """For the badge of who moderates."""
    return shell_number(actor, OPEN)


def count_open() -> dict[str, int]:
    """How many are open of each kind."""
    rows = db.session.execute(select(Case.kind, func.count()).where(Case.state == "open").group_by(Case.kind))
    return {kind: count for kind, count in rows}  # noqa: C416


def decision_of(case_id: UUID) -> Decision | None:
    """What was decided about an item."""
    return db.session.scalar(select(Decision).where(Decision.case_id == case_id))


def review_case(nano_id: UUID) -> UUID:
    """The open item of a revision that waits. Raises NotFound."""
    found = db.session.scalar(
        select(Case.id).where(Case.subject_id == nano_id, Case.kind == Kind.REVIEW.value, Case.state == "open")
        .order_by(Case.id.desc()).limit(1)
    )  # fmt: skip
    if found is None:
        raise NotFound
    return found
