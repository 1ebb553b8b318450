"""Usage reports: ask for one, see it being made, fetch it, have it sent."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from wtforms import BooleanField, SelectField

from app.core.api import file_kind
from app.hosting.policies import P
from app.hosting.queries import report as queries
from app.hosting.queries.names import server_names
from app.hosting.rules.period import parse_period, recent
from app.hosting.services import report as services
from app.hosting.views import hosting
from app.hosting.wording import period_words
from app.kit import clock, htmx
from app.kit.authz import allows, current_actor, may
from app.kit.config import settings
from app.kit.errors import Invalid
from app.kit.forms import Form, OnceField
from app.kit.ids import parse_id
from app.kit.nav import nav

file_kind(services.KIND, lambda actor: may(actor, P.report_read))
nav.add(
    module="hosting", label=_l("Berichte"), icon="file-text", endpoint="hosting.reports", permission=P.report_read,
    order=30, match="hosting.report",
)  # fmt: skip


class ReportForm(Form):
    """What the report is about."""

    period = SelectField(_l("Zeitraum"))
    server = SelectField(lazy_pgettext("einer", "Server"))
    once = OnceField()

    def fill(self) -> ReportForm:
        """Offer the last months and weeks, and the organisation's servers."""
        organisation_id = current_actor().organisation_id
        assert organisation_id is not None
        today = clock.now().astimezone(ZoneInfo(settings().billing_zone)).date()
        self.period.choices = [(one.key, period_words(one)) for one in recent(today)]
        named = sorted(server_names(organisation_id).items(), key=lambda pair: pair[1].casefold())
        self.server.choices = [("", _("Alle Server"))] + [(str(one), name) for one, name in named]
        return self


class PlanForm(Form):
    """What comes by itself."""

    weekly = BooleanField(_l("Jeden Montag der Bericht der letzten Woche"))
    monthly = BooleanField(_l("Am Monatsersten der Bericht des letzten Monats"))


@hosting.get("/reports")
@allows(P.report_read)
def reports() -> ResponseReturnValue:
    """The list, a form for a new one, and the schedule."""
    return _page(ReportForm().fill())


def _page(form: ReportForm, status: int = 200) -> ResponseReturnValue:
    actor = current_actor()
    plan = PlanForm(formdata=None, obj=queries.plan_of(actor.organisation_id))
    cursor = request.args.get("cursor") or None
    page = queries.reports_of(actor, cursor=cursor)
    html = render_template("hosting/report/list.html", page=page, form=form, plan=plan, words=period_words)
    return html, status


@hosting.post("/reports")
@allows(P.report_create)
def create_report() -> ResponseReturnValue:
    """Ask for a report and watch it being made."""
    form = ReportForm().fill()
    if form.validate_on_submit():
        try:
            _report_id, job_id = services.order_report(
                current_actor(),
                period=parse_period(form.period.data),
                server_id=parse_id(form.server.data) if form.server.data else None,
                once=form.once.data or None,
            )
        except Invalid as error:
            form.take_errors(error)
        else:
            return htmx.go(url_for("jobs.show", job_id=job_id, back=url_for("hosting.reports")))
    return _page(form, 422)


@hosting.get("/reports/<uuid:report_id>")
@allows(P.report_read)
def report(report_id: UUID) -> ResponseReturnValue:
    """One report: its figures and the file, or how far it is."""
    found = queries.report_of(current_actor(), report_id)
    return render_template(
        "hosting/report/show.html", report=found, job=queries.making(found), words=period_words
    )


@hosting.post("/reports/schedule")
@allows(P.report_create)
def schedule_reports() -> ResponseReturnValue:
    """Switch regular reports on or off."""
    form = PlanForm()
    if not form.validate_on_submit():
        return htmx.go(url_for("hosting.reports"))
    services.choose_plan(current_actor(), weekly=form.weekly.data, monthly=form.monthly.data)
    flash(_("Gespeichert."), "ok")
    return htmx.go(url_for("hosting.reports"))


@hosting.get("/reports/<uuid:report_id>/delete")
@allows(P.report_delete)
def confirm_delete_report(report_id: UUID) -> ResponseReturnValue:
    """Ask first."""
    found = queries.report_of(current_actor(), report_id)
    return render_template("hosting/report/delete.html", report=found, words=period_words)


@hosting.post("/reports/<uuid:report_id>/delete")
@allows(P.report_delete)
def delete_report(report_id: UUID) -> ResponseReturnValue:
    """Remove it."""
    services.delete_report(current_actor(), report_id)
    flash(_("Bericht gelöscht."), "ok")
    return htmx.go(url_for("hosting.reports"))
