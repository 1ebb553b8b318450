"""Reports as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.api import JobView, find_job
from app.hosting.models import Report, ReportPlan, Server
from app.hosting.rules.period import Period
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.errors import NotFound
from app.kit.money import Money
from app.kit.paging import Page, after, encode_cursor


@dataclass(frozen=True)
class ReportView:
    """A report of the actor's organisation."""

    id: UUID
    period: Period
    server_id: UUID | None
    server_name: str | None
    asked_at: datetime
    scheduled: bool
    made_at: datetime | None
    until: datetime | None
    total: Money | None
    file_id: UUID | None
    job_id: UUID | None


@dataclass(frozen=True)
class Plan:
    """Which reports come by themselves."""

    weekly: bool = False
    monthly: bool = False


def reports_of(actor: Actor, *, cursor: str | None = None, limit: int = 30) -> Page[ReportView]:
    """Newest first."""
    statement: Any = (
        select(Report, Server.name)
        .outerjoin(Server, Server.id == Report.server_id)
        .where(Report.organisation_id == actor.organisation_id)
    )
    rows = db.session.execute(after(statement, [Report.id], [UUID], cursor, limit)).all()
    shown = [_view(row, name) for row, name in rows[:limit]]
    return Page(shown, encode_cursor([shown[-1].id]) if len(rows) > limit else None)


def report_of(actor: Actor, report_id: UUID) -> ReportView:
    """One report of the actor's organisation. Raises NotFound."""
    row = db.session.execute(
        select(Report, Server.name)
        .outerjoin(Server, Server.id == Report.server_id)
        .where(Report.id == report_id, Report.organisation_id == actor.organisation_id)
    ).first()
    if row is None:
        raise NotFound
    return _view(row[0], row[1])


def making(report: ReportView) -> JobView | None:
    """The work on a report that is not made yet."""
    return find_job(report.job_id) if report.job_id and report.file_id is None else None


def plan_of(organisation_id: UUID | None) -> Plan:
    """What the organisation has chosen."""
    row = db.session.get(ReportPlan, organisation_id) if organisation_id else None
    return Plan(row.weekly, row.monthly) if row else Plan()


def _view(row: Report, name: str | None) -> ReportView:
    return ReportView(
        row.id, Period(row.first, row.last, row.period), row.server_id, name, row.asked_at, row.asked_by is None,
        row.made_at, row.until, None if row.total_nanos is None else Money(row.total_nanos), row.file_id, row.job_id,
    )  # fmt: skip
