"""Statements of reasons and notices as who is concerned sees them, and as the EU's database takes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.errors import NotFound
from app.kit.paging import Page, after, encode_cursor
from app.nanos.models import Appeal, Case, Decision, Notice, NoticeItem, Statement
from app.nanos.rules.notice import appeal_until
from app.nanos.rules.statement import Reasons, document
from app.nanos.subjects import subject_kind, subject_titles


@dataclass(frozen=True)
class StatementView:
    """One statement with its decision and what became of a complaint."""

    id: UUID
    decision_id: UUID
    link: str
    """The page of what it is about."""
    title: str
    measure: str
    on_provider: str
    until: datetime | None
    state: str
    kind: str
    decided_at: datetime
    appeal_until: datetime
    reasons: Reasons
    appeal_state: str
    appeal_text: str
    appeal_reasons: str
    appeal_at: datetime | None
    mine: bool
    """The reader wrote what it is about: they may complain, whatever their role."""

    @property
    def may_appeal(self) -> bool:
        """Whether a complaint is still possible."""
        return not self.appeal_state and self.state == "in_force" and clock.now() < self.appeal_until


def reasons_of(row: Statement) -> Reasons:
    """The statement a row holds."""
    return Reasons(
        row.visibility, row.provision, row.ground, row.ground_text, row.explanation, row.facts, row.category,
        tuple(row.content_type), row.content_date, row.application_date, row.source_type, row.automated_detection, row.puid,
        row.automated_decision, row.also_illegal, tuple(row.specification), row.end_date, tuple(row.territorial_scope),
        row.content_language,
    )  # fmt: skip


def concerns(actor: Actor, decision: Decision) -> bool:
    """Whether it is about what the actor wrote, or about content of their organisation."""
    if decision.person_id is not None:
        return decision.person_id == actor.person_id
    return decision.organisation_id is not None and decision.organisation_id == actor.organisation_id


def get_statement(actor: Actor, statement_id: UUID) -> StatementView:
    """One that concerns the actor or their organisation; operators see all. Raises NotFound."""
    row = db.session.execute(
        select(Statement, Decision)
        .join(Decision, Decision.id == Statement.decision_id)
        .where(Statement.id == statement_id)
    ).first()
    if row is None or not (actor.is_operator or concerns(actor, row[1])):
        raise NotFound
    statement, decision = row
    appeal = db.session.scalar(
        select(Appeal).where(Appeal.decision_id == decision.id, Appeal.side == "provider")
        .execution_options(populate_existing=True)
    )  # fmt: skip
    return StatementView(
        statement.id, decision.id, f"{subject_kind(decision.subject_type).place}{decision.subject_id}",
        subject_titles([decision.subject_id], [decision.subject_type]).get(decision.subject_id, "–"),
        decision.measure, decision.on_provider, decision.until, decision.state, decision.kind, decision.decided_at,
        appeal_until(decision.decided_at), reasons_of(statement), appeal.state if appeal else "",
        appeal.text if appeal else "", appeal.reasons if appeal else "", appeal.created_at if appeal else None,
        decision.person_id is not None and decision.person_id == actor.person_id,
    )  # fmt: skip


@dataclass(frozen=True)
class StatementRow:
    """A line of an organisation's list."""

    id: UUID
    title: str
    measure: str
    on_provider: str
    state: str
    decided_at: datetime


def list_statements(actor: Actor, *, cursor: str | None = None, limit: int = 25) -> Page[StatementRow]:
    """What was decided about content of the actor's organisation and what they wrote, the newest first."""
    statement: Any = (
        select(
            Statement.id,
            Decision.subject_id,
            Decision.measure,
            Decision.on_provider,
            Decision.state,
            Statement.created_at,
            Decision.subject_type,
        )
        .join(Decision, Decision.id == Statement.decision_id)
        .where(or_(Statement.organisation_id == actor.organisation_id, Decision.person_id == actor.person_id))
    )
    rows: list[Any] = list(
        db.session.execute(
            after(
                statement, [Statement.created_at, Statement.id], [datetime.fromisoformat, UUID], cursor, limit
            )
        )
    )
    names = subject_titles([row[1] for row in rows], [row[6] for row in rows])
    more = encode_cursor([rows[limit - 1][5].isoformat(), rows[limit - 1][0]]) if len(rows) > limit else None
    return Page([StatementRow(row[0], names.get(row[1], "–"), *row[2:6]) for row in rows[:limit]], more)


def export(first: date, last: date) -> list[dict[str, Any]]:
    """Statements given on these days, as the transparency database takes them: no names, no numbers of people."""
    rows = db.session.scalars(
        select(Statement)
        .where(Statement.application_date >= first, Statement.application_date <= last)
        .order_by(Statement.id)
    )
    return [document(reasons_of(row)) for row in rows]


@dataclass(frozen=True)
class ItemView:
    """One address of a notice and how it went: measure "" while it is looked at."""

    id: UUID
    url: str
    measure: str
    answer: str
    decided_at: datetime | None
    may_appeal: bool
    appeal: str
    appeal_reasons: str


@dataclass(frozen=True)
class NoticeView:
    """A notice as its sender sees it."""

    number: str
    category: str
    created_at: datetime
    forgotten: bool
    items: list[ItemView]


def get_notice(digest: str) -> NoticeView:
    """The notice behind a secret link. Raises NotFound."""
    notice = db.session.scalar(
        select(Notice).where(Notice.digest == digest).execution_options(populate_existing=True)
    )
    if notice is None:
        raise NotFound
    rows = db.session.execute(
        select(NoticeItem, Decision, Appeal).join(Case, Case.id == NoticeItem.case_id)
        .outerjoin(Decision, Decision.case_id == Case.id)
        .outerjoin(Appeal, (Appeal.decision_id == Decision.id) & (Appeal.notice_id == notice.id))
        .where(NoticeItem.notice_id == notice.id).order_by(NoticeItem.id)
    ).all()  # fmt: skip
    return NoticeView(
        notice.number, notice.category, notice.created_at, notice.forgotten_at is not None,
        [_item(item, decision, appeal) for item, decision, appeal in rows],
    )  # fmt: skip


def _item(item: NoticeItem, decision: Decision | None, appeal: Appeal | None) -> ItemView:
    if decision is None:
        return ItemView(item.id, item.url, "", "", None, False, "", "")
    open_ = (
        decision.state == "in_force" and appeal is None and clock.now() < appeal_until(decision.decided_at)
    )
    return ItemView(
        item.id, item.url, decision.measure, decision.answer, decision.decided_at, open_, appeal.state if appeal else "",
        appeal.reasons if appeal else "",
    )  # fmt: skip
