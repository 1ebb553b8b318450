"""All that the page of an item shows besides the thing itself, in three statements: the item with what belongs to it once,
what there are several of, and names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, String, Uuid, cast, literal, null, select, union_all
from sqlalchemy.orm import aliased

from app.accounts.api import all_names
from app.kit import clock
from app.kit.db import db
from app.kit.errors import NotFound
from app.nanos.models import Appeal, Case, Check, Decision, Notice, NoticeItem, Sample, SampleItem
from app.nanos.queries.moderation import CaseRow, row_of
from app.nanos.queries.standing import Standing, read_standing, standing_columns
from app.nanos.subjects import Subject


@dataclass(frozen=True)
class Said:
    """A notice as moderators read it. The sender's name is shown to them alone."""

    number: str
    category: str
    explanation: str
    name: str
    trusted: bool
    created_at: datetime


@dataclass(frozen=True)
class Former:
    """What was decided about the same thing before."""

    id: UUID
    kind: str
    measure: str
    state: str
    decided_at: datetime
    who: str


@dataclass(frozen=True)
class Complaint:
    """An appeal with the decision it is against. `by_author`: by who wrote it, not by an organisation."""

    side: str
    by_author: bool
    text: str
    measure: str
    decided_at: datetime
    first_by: UUID | None
    first_name: str


@dataclass(frozen=True)
class Opened:
    """An item with what belongs to it once. `sample`: week and stratum. `held_by`, `first_by`: numbers of people."""

    case: Case
    decision: Decision | None
    appeal: Appeal | None
    against: Decision | None
    sample: tuple[str, str] | None
    standing: Standing


@dataclass(frozen=True)
class Around:
    """The item as a line, and what there are several of."""

    line: CaseRow
    notices: list[Said]
    former: list[Former]
    findings: list[list[Any]]
    complaint: Complaint | None


_Against = aliased(Decision)


def open_item(case_id: UUID) -> Opened:
    """One item. Raises NotFound."""
    row: Any = db.session.execute(
        select(Case, Decision, Appeal, _Against, Sample.week, SampleItem.stratum, *standing_columns(Case.organisation_id))
        .outerjoin(Decision, Decision.case_id == Case.id)
        .outerjoin(Appeal, Appeal.id == Case.about_id)
        .outerjoin(_Against, _Against.id == Appeal.decision_id)
        .outerjoin(SampleItem, SampleItem.id == Case.about_id)
        .outerjoin(Sample, Sample.id == SampleItem.sample_id)
        .where(Case.id == case_id)
        .execution_options(populate_existing=True)
    ).first()  # fmt: skip
    if row is None:
        raise NotFound
    case, decision, appeal, against, week, stratum, *standing = row
    return Opened(
        case, decision, appeal, against, (week, stratum) if week else None, read_standing(tuple(standing))
    )


def look_around(opened: Opened, about: Subject | None) -> Around:
    """What else is known, in two statements; `about` is the thing, which names itself."""
    case, number = opened.case, about.number if about else opened.case.number
    rows = db.session.execute(union_all(*(select(one) for one in _several(case, number)))).all()
    against = opened.against
    people = {row.who for row in rows} | {case.claimed_by, against.decided_by if against else None}
    names = all_names(
        {one for one in people if one}, {case.organisation_id} if case.organisation_id else set()
    )
    former = sorted((row for row in rows if row.what == "former"), key=lambda row: row.at, reverse=True)
    return Around(
        row_of(case, clock.now(), {case.subject_id: about.label} if about else {}, names, names),
        [
            Said(row.first, row.second, row.text, row.third, row.yes, row.at)
            for row in sorted((row for row in rows if row.what == "notice"), key=lambda row: row.id)
        ],
        [Former(row.id, row.first, row.second, row.third, row.at, names.get(row.who, "–")) for row in former],
        next((list(row.data or []) for row in rows if row.what == "finding"), []),
        _complaint(opened, names),
    )  # fmt: skip


def _complaint(opened: Opened, names: dict[UUID, str]) -> Complaint | None:
    appeal, against = opened.appeal, opened.against
    if appeal is None or against is None:
        return None
    by_author = appeal.side == "provider" and appeal.organisation_id is None
    return Complaint(
        appeal.side, by_author, appeal.text, against.measure, against.decided_at, against.decided_by,
        names.get(against.decided_by, "–") if against.decided_by else "–",
    )  # fmt: skip


def _columns(what: str, **given: Any) -> list[Any]:
    """One shape for all: what is not given is empty."""
    empty: dict[str, Any] = {
        "id": cast(null(), Uuid), "first": literal(""), "second": literal(""), "third": literal(""), "text": literal(""),
        "yes": cast(literal(False), Boolean), "at": None, "who": cast(null(), Uuid), "data": cast(null(), JSON),
    }  # fmt: skip
    return [
        cast(literal(what), String).label("what"),
        *((given.get(n, v)).label(n) for n, v in empty.items()),
    ]


def _several(case: Case, number: int | None) -> list[Any]:
    notices = (
        select(*_columns(
            "notice", id=Notice.id, first=Notice.number, second=Notice.category, third=Notice.name,
            text=Notice.explanation, yes=Notice.trusted, at=Notice.created_at,
        ))
        .join(NoticeItem, NoticeItem.notice_id == Notice.id).where(NoticeItem.case_id == case.id)
    )  # fmt: skip
    former = (
        select(*_columns(
            "former", id=Decision.id, first=Decision.kind, second=Decision.measure, third=Decision.state,
            at=Decision.decided_at, who=Decision.decided_by,
        ))
        .where(Decision.subject_id == case.subject_id, Decision.case_id != case.id)
        .order_by(Decision.decided_at.desc()).limit(10)
    )  # fmt: skip
    checked = select(*_columns("finding", id=Check.id, at=Check.made_at, data=Check.findings)).where(
        Check.subject_id == case.subject_id
    )
    if number is not None:
        checked = checked.where(Check.number == number)
    return [one.subquery() for one in (notices, former, checked.order_by(Check.number.desc()).limit(1))]
