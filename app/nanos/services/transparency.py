"""Transparency reports: asked for, made by a job, published by a person."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import render_template
from flask_babel import gettext as _

from app.core.api import progress, record
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.config import settings
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.i18n import speaking
from app.kit.ids import new_id
from app.kit.links import path_to
from app.kit.pdf import render_pdf
from app.nanos import tasks
from app.nanos.events_moderation import TransparencyPublished
from app.nanos.models import TransparencyReport
from app.nanos.policies import P
from app.nanos.queries.transparency import figures
from app.nanos.wording_transparency import sections

MOST_DAYS = 366


def order(actor: Actor, first: date | None, last: date | None) -> UUID:
    """Ask for the report of a period that is over. Returns its id. Raises Invalid at "first" or "last"."""
    require(actor, P.moderation_decide)
    found = {}
    if first is None:
        found["first"] = _("Schreiben Sie den Tag als Jahr-Monat-Tag.")
    if last is None:
        found["last"] = _("Schreiben Sie den Tag als Jahr-Monat-Tag.")
    if first is None or last is None:
        raise Invalid(fields=found)
    if last > clock.now().date():
        raise Invalid(fields={"last": _("Dieser Tag kommt erst noch.")})
    if not 0 <= (last - first).days < MOST_DAYS:
        raise Invalid(fields={"first": _("Von einem Tag bis zu einem späteren, höchstens ein Jahr.")})
    with transaction() as session:
        row = TransparencyReport(
            id=new_id(), first=first, last=last, locale=actor.locale, figures={}, asked_by=actor.person_id,
            asked_at=clock.now(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        row.job_id = tasks.make_transparency.later(
            actor=actor, subject=("nanos.transparency", row.id), report_id=str(row.id)
        )
        return row.id


def make(report_id: UUID) -> dict[str, str]:
    """The job: figures and paper. Repeatable: a report that is made stays as it is."""
    row = db.session.get(TransparencyReport, report_id)
    if row is None:
        return {}
    result = {"next": path_to("nanos.moderation_report", report_id=report_id)}
    if row.made_at is not None:
        return result
    first, last, locale = row.first, row.last, row.locale
    progress(20, _("Zahlen werden gelesen"))
    read = figures(first, last)
    progress(50, _("Bericht wird gezeichnet"))
    paper = draw(read, first, last, locale)
    with transaction():
        kept = lock(TransparencyReport, report_id)
        if kept.made_at is None:
            kept.figures, kept.pdf, kept.made_at = read, paper, clock.now()
    return result


def draw(read: dict[str, Any], first: date, last: date, locale: str) -> bytes:
    """The report as PDF. Raises Unavailable when this machine cannot make PDFs."""
    with speaking(locale, settings().billing_zone):
        title = _("Transparenzbericht")
        html = render_template(
            "nanos/moderation/transparency_pdf.html",
            title=title,
            first=first,
            last=last,
            sections=sections(read),
        )
        return render_pdf(html, title=title, lang=locale)


def publish(actor: Actor, report_id: UUID) -> None:
    """Show it to everybody. Raises Conflict while it is being made, NotFound."""
    require(actor, P.moderation_set)
    with transaction():
        row = lock(TransparencyReport, report_id)
        if row.made_at is None:
            raise Conflict(_("Dieser Bericht wird noch erstellt."))
        if row.published_at is None:
            row.published_at = clock.now()
            record(TransparencyPublished(row.first.isoformat(), row.last.isoformat()), actor=actor)


def delete(actor: Actor, report_id: UUID) -> None:
    """Throw one away that was never published. Raises Conflict, NotFound."""
    require(actor, P.moderation_decide)
    with transaction() as session:
        row = lock(TransparencyReport, report_id)
        if row.published_at is not None:
            raise Conflict(_("Dieser Bericht ist veröffentlicht."))
        session.delete(row)


def find(report_id: UUID, *, public: bool = False) -> TransparencyReport:
    """One report. Raises NotFound; also for one that is not published where only those are asked for."""
    row = db.session.get(TransparencyReport, report_id, populate_existing=True)
    if row is None or (public and row.published_at is None):
        raise NotFound
    return row
