"""Usage reports: asked for, made by a job, kept as files, sent by schedule."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.api import get_organisation
from app.billing import api as billing
from app.core.api import claim_once, delete_file, keep_file, progress, record, upload_file
from app.hosting import tasks
from app.hosting.events import ReportDeleted, ReportMade, ReportPlanChanged
from app.hosting.models import Report, ReportPlan, Server
from app.hosting.notices import REPORT
from app.hosting.policies import P
from app.hosting.queries.report_data import figures
from app.hosting.rules.period import MONTH, WEEK, Period, due
from app.hosting.services.report_paper import draw
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.config import settings
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.kit.i18n import speaking
from app.kit.ids import new_id
from app.kit.links import path_to
from app.kit.money import Money
from app.messaging.api import notify

KIND = "hosting.report"  # of the stored file


def order_report(
    actor: Actor, *, period: Period, server_id: UUID | None = None, once: str | None = None
) -> tuple[UUID, UUID]:
    """Ask for a report of the organisation, or of one of its servers. Returns (report, job).

    A second call with the same `once` gives the first report. Raises NotFound for a server of others, Invalid for a
    period that has not begun.
    """
    require(actor, P.report_create)
    if actor.organisation_id is None:
        raise NotAllowed
    if period.begins(settings().billing_zone) > clock.now():
        raise Invalid(fields={"period": _("Dieser Zeitraum hat noch nicht begonnen.")})
    key = f"form:{actor.organisation_id.hex}:{once[:60]}" if once else None
    with transaction() as session:
        if server_id is not None:
            server = session.get(Server, server_id)
            if server is None or server.organisation_id != actor.organisation_id:
                raise NotFound
        if key is not None and not claim_once(f"hosting.report:{key}"):
            known = session.scalar(select(Report).where(Report.once == key))
            if known is None or known.job_id is None:
                raise Conflict
            return known.id, known.job_id
        return _write(actor.organisation_id, period, server_id, locale=actor.locale, once=key, actor=actor)


def _write(
    organisation_id: UUID,
    period: Period,
    server_id: UUID | None,
    *,
    locale: str,
    once: str | None,
    actor: Actor | None,
) -> tuple[UUID, UUID]:
    row = Report(
        id=new_id(), organisation_id=organisation_id, server_id=server_id, period=period.kind, first=period.first,
        last=period.last, locale=locale, once=once, asked_by=actor.person_id if actor else None, asked_at=clock.now(),
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    row.job_id = tasks.make_report.later(
        actor=actor, organisation_id=organisation_id, subject=(KIND, row.id), report_id=str(row.id)
    )
    return row.id, row.job_id


def make_report(report_id: UUID) -> dict[str, str]:
    """The job: settle, read, draw, keep. Repeatable: a report that is made stays as it is."""
    row = db.session.get(Report, report_id)
    if row is None:
        return {}
    result = {"next": path_to("hosting.report", report_id=report_id)}
    if row.file_id is not None:
        return result
    period = Period(row.first, row.last, row.period)
    progress(5, _("Verbrauch wird gebucht"))
    until = clock.now()
    settled = billing.settle(row.organisation_id, until)
    progress(20, _("Zahlen werden gelesen"))
    organisation = get_organisation(row.organisation_id)
    server = db.session.get(Server, row.server_id) if row.server_id else None
    made = figures(row.organisation_id, period, row.server_id, until, Money(settled.unpaid))
    progress(40, _("Bericht wird gezeichnet"))
    with speaking(row.locale, settings().billing_zone):
        paper = draw(
            made, organisation.name if organisation else "", server.name if server else None, row.locale
        )
    progress(90, _("Bericht wird abgelegt"))
    upload = upload_file(paper.data)
    with transaction():
        kept = lock(Report, report_id)
        if kept.file_id is not None:
            return result  # another attempt was faster; its bytes stay, ours are swept
        kept.file_id = keep_file(
            upload, name=paper.name, mime="application/pdf", kind=KIND, organisation_id=kept.organisation_id
        )
        kept.made_at, kept.until, kept.total_nanos = clock.now(), made.until, made.total.nanos
        record(
            ReportMade(made.total.nanos, period.key),
            organisation_id=kept.organisation_id,
            subject=(KIND, kept.id),
        )
        if kept.asked_by is None:
            _send(kept, period)
    return result


def _send(row: Report, period: Period) -> None:
    notify(
        REPORT,
        organisation_id=row.organisation_id,
        subject=(KIND, row.id),
        data={"period": period.key, "total_nanos": row.total_nanos},
        link=path_to("hosting.report", report_id=row.id),
        dedupe=f"report:{row.id}",
        files=[row.file_id] if row.file_id else [],
    )


def delete_report(actor: Actor, report_id: UUID) -> None:
    """Remove a report and its file. The figures can be asked for again at any time."""
    require(actor, P.report_delete)
    with transaction() as session:
        row = lock(Report, report_id)
        if row.organisation_id != actor.organisation_id:
            raise NotFound
        if row.file_id is not None:
            delete_file(row.file_id)
        record(ReportDeleted(f"{row.first:%Y-%m-%d}"), actor=actor, subject=(KIND, row.id))
        session.delete(row)


def choose_plan(actor: Actor, *, weekly: bool, monthly: bool) -> None:
    """Which reports come by themselves, from the next finished period on, in the language of whoever chose."""
    require(actor, P.report_create)
    if actor.organisation_id is None:
        raise NotAllowed
    with transaction() as session:
        row = session.get(ReportPlan, actor.organisation_id, with_for_update=True)
        if row is None:
            row = ReportPlan(organisation_id=actor.organisation_id, weekly=False, monthly=False)
            session.add(row)
        before = {"weekly": row.weekly, "monthly": row.monthly}
        row.weekly, row.monthly, row.locale, row.since = weekly, monthly, actor.locale, clock.now()
        record(ReportPlanChanged(), actor=actor, before=before, after={"weekly": weekly, "monthly": monthly})


def order_due_reports() -> int:
    """The clock asks every hour: write the reports that are due and not yet written. Returns how many."""
    count, zone = 0, settings().billing_zone
    for plan in db.session.scalars(select(ReportPlan).where(ReportPlan.weekly | ReportPlan.monthly)).all():
        for kind, wanted in ((WEEK, plan.weekly), (MONTH, plan.monthly)):
            period = due(kind, clock.now(), plan.since, zone) if wanted else None
            if period is None:
                continue
            key = f"plan:{plan.organisation_id.hex}:{period.key}"
            with transaction():
                if claim_once(f"hosting.report:{key}") and not _known(key):
                    _write(plan.organisation_id, period, None, locale=plan.locale, once=key, actor=None)
                    count += 1
    return count


def _known(key: str) -> bool:
    """Claims are forgotten after a week, reports are not."""
    return db.session.scalar(select(Report.id).where(Report.once == key)) is not None
