"""What moderation shows about itself: samples and the ranking, transparency reports, settings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Response, flash, json, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.kit import charts, clock, htmx
from app.kit.authz import allows, current_actor, open_to_all
from app.kit.db import db
from app.kit.errors import Invalid, NotFound
from app.kit.formats import language
from app.kit.spreadsheet import csv_response
from app.nanos.models import TransparencyReport
from app.nanos.policies import P
from app.nanos.queries.moderation_settings import chosen
from app.nanos.queries.ranking import newest
from app.nanos.queries.sampling import Quality, quality
from app.nanos.rules.sampling import upper_bound
from app.nanos.services import moderation_settings, transparency
from app.nanos.services.checking import order_check
from app.nanos.services.sampling import draw_sample
from app.nanos.views import nanos
from app.nanos.views.forms import read_day
from app.nanos.views.moderation_forms import PeriodForm, SettingsForm, whole
from app.nanos.wording_transparency import sections


@nanos.get("/moderation/samples")
@allows(P.moderation_decide)
def moderation_samples() -> ResponseReturnValue:
    """How good what is public is, as far as samples can say, and how well the queue is ordered."""
    found = quality()
    return render_template(
        "nanos/moderation/samples.html", quality=found, ranking=newest(), chart=_chart(found)
    )


def _chart(found: Quality) -> dict[str, Any] | None:
    """The bound after each week, all samples up to it taken together, beside the goal."""
    if len(found.weeks) < 2:
        return None
    checked = defects = 0
    points, goal, rows = [], [], []
    for week in reversed(found.weeks):
        checked, defects = checked + week.checked, defects + week.defects
        bound = upper_bound(defects, checked) * 100
        points.append((week.drawn_at, bound))
        goal.append((week.drawn_at, found.goal * 100))
        rows.append((week.week, f"{checked}", f"{defects}", f"{bound:.1f} %"))
    series = [charts.Series(_("Obergrenze"), points, fill=True), charts.Series(_("Ziel"), goal)]
    drawn = {
        name: charts.line_chart(
            series,
            title=_("Obergrenze des Anteils mit Mangel, in Prozent"),
            zone=current_actor().timezone,
            width=width,
            language=language(),
        )
        for name, width in (("wide", charts.WIDE), ("narrow", charts.NARROW))
    }
    return {**drawn, "rows": rows}


@nanos.post("/moderation/samples")
@allows(P.moderation_decide)
def draw_now() -> ResponseReturnValue:
    """This week's sample now instead of in the night."""
    made = draw_sample()
    flash(
        _("Stichprobe gezogen.")
        if made
        else _("Diese Woche wurde schon gezogen, oder es ist nichts öffentlich."),
        "ok" if made else "info",
    )
    return htmx.go(url_for("nanos.moderation_samples"))


def _period_page(form: PeriodForm, status: int = 200) -> ResponseReturnValue:
    rows = db.session.scalars(
        select(TransparencyReport).order_by(TransparencyReport.asked_at.desc()).limit(50)
    ).all()
    return render_template("nanos/moderation/reports.html", rows=rows, form=form), status


@nanos.get("/moderation/reports")
@allows(P.moderation_decide)
def moderation_reports() -> ResponseReturnValue:
    """Reports that were made, and a form for another."""
    last = clock.now().date().replace(day=1) - timedelta(days=1)
    first = date(last.year, 1, 1)
    return _period_page(
        PeriodForm(formdata=None, data={"first": first.isoformat(), "last": last.isoformat()})
    )


@nanos.post("/moderation/reports")
@allows(P.moderation_decide)
def order_transparency() -> ResponseReturnValue:
    """Have one made."""
    form = PeriodForm()
    form.validate()
    try:
        made = transparency.order(current_actor(), _day(form.first.data), _day(form.last.data))
    except Invalid as error:
        form.take_errors(error)
        return _period_page(form, 422)
    return htmx.go(url_for("nanos.moderation_report", report_id=made))


def _day(text: str | None) -> date | None:
    try:
        return read_day(text)
    except ValueError:
        return None


@nanos.get("/moderation/reports/<uuid:report_id>")
@allows(P.moderation_decide)
def moderation_report(report_id: UUID) -> ResponseReturnValue:
    """One report, or how far its making is."""
    row = transparency.find(report_id)
    return render_template(
        "nanos/moderation/transparency.html", row=row, sections=sections(row.figures) if row.made_at else []
    )


@nanos.post("/moderation/reports/<uuid:report_id>/publish")
@allows(P.moderation_set)
def publish_transparency(report_id: UUID) -> ResponseReturnValue:
    """For everybody."""
    transparency.publish(current_actor(), report_id)
    flash(_("Veröffentlicht."), "ok")
    return htmx.go(url_for("nanos.moderation_report", report_id=report_id))


@nanos.post("/moderation/reports/<uuid:report_id>/delete")
@allows(P.moderation_decide)
def delete_transparency(report_id: UUID) -> ResponseReturnValue:
    """Throw it away."""
    transparency.delete(current_actor(), report_id)
    flash(_("Gelöscht."), "ok")
    return htmx.go(url_for("nanos.moderation_reports"))


@nanos.get("/moderation/reports/<uuid:report_id>/<form>")
@allows(P.moderation_decide)
def moderation_report_file(report_id: UUID, form: str) -> ResponseReturnValue:
    """As PDF, CSV or JSON."""
    return _file(transparency.find(report_id), form)


def _file(row: TransparencyReport, form: str) -> ResponseReturnValue:
    name = f"transparenz-{row.first}-{row.last}"
    if row.made_at is None:
        raise NotFound
    if form == "pdf" and row.pdf:
        head = {
            "Content-Disposition": f"attachment; filename={name}.pdf",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(row.pdf, mimetype="application/pdf", headers=head)
    if form == "json":
        head = {"Content-Disposition": f"attachment; filename={name}.json"}
        return Response(
            json.dumps(row.figures, ensure_ascii=False, indent=1), mimetype="application/json", headers=head
        )
    if form == "csv":
        rows = [(one.title, what, value) for one in sections(row.figures) for what, value, _shown in one.rows]
        return csv_response(f"{name}.csv", [_("Abschnitt"), _("Was"), _("Anzahl")], rows)
    raise NotFound


@nanos.get("/transparency")
@open_to_all("transparency reports are public (Art. 15 DSA)")
def transparency_public() -> ResponseReturnValue:
    """The reports that were published."""
    rows = db.session.scalars(
        select(TransparencyReport)
        .where(TransparencyReport.published_at.is_not(None))
        .order_by(TransparencyReport.last.desc())
    ).all()
    return render_template("nanos/moderation/transparency_public.html", rows=rows)


@nanos.get("/transparency/<uuid:report_id>")
@open_to_all("transparency reports are public (Art. 15 DSA)")
def transparency_public_report(report_id: UUID) -> ResponseReturnValue:
    """One of them."""
    row = transparency.find(report_id, public=True)
    return render_template("nanos/moderation/transparency_one.html", row=row, sections=sections(row.figures))


@nanos.get("/transparency/<uuid:report_id>/<form>")
@open_to_all("transparency reports are public (Art. 15 DSA)")
def transparency_public_file(report_id: UUID, form: str) -> ResponseReturnValue:
    """As PDF, CSV or JSON."""
    return _file(transparency.find(report_id, public=True), form)


@nanos.get("/moderation/settings")
@allows(P.moderation_set)
def moderation_settings_page() -> ResponseReturnValue:
    """Lists, sizes, terms, contact points."""
    now = chosen()
    words = {"domains": "\n".join(now.domains), "flaggers": "\n".join(now.flaggers)}
    numbers = {name: str(getattr(now, name)) for name in moderation_settings.LIMITS}
    texts = {name: getattr(now, name) for name in moderation_settings.LONGEST}
    return _settings(SettingsForm(formdata=None, data={**words, **numbers, **texts}))


def _settings(form: SettingsForm, status: int = 200) -> ResponseReturnValue:
    return render_template("nanos/moderation/settings.html", form=form), status


@nanos.post("/moderation/settings")
@allows(P.moderation_set)
def save_moderation_settings() -> ResponseReturnValue:
    """Keep them."""
    form = SettingsForm()
    form.validate()
    found: dict[str, Any] = {name: whole(form[name].data) for name in moderation_settings.LIMITS}
    found |= {name: form[name].data or "" for name in moderation_settings.LONGEST}
    try:
        for name in ("domains", "flaggers"):
            found[name] = moderation_settings.read_words(form[name].data or "", name)
        moderation_settings.save(current_actor(), replace(chosen(), **found))
    except Invalid as error:
        form.take_errors(error)
        return _settings(form, 422)
    flash(_("Gespeichert."), "ok")
    return htmx.go(url_for("nanos.moderation_settings_page"))


@nanos.post("/moderation/check")
@allows(P.moderation_set)
def check_all() -> ResponseReturnValue:
    """Have everything public checked by machine again."""
    order_check(current_actor())
    flash(_("Die automatische Prüfung läuft."), "ok")
    return htmx.go(url_for("nanos.moderation_samples"))
