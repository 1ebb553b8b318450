"""Statements of reasons for who is concerned, and their complaints; all statements as data for the operator."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from flask import Response, flash, json, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import clock, htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Invalid
from app.nanos.policies import P
from app.nanos.queries import statement as queries
from app.nanos.queries.moderation_settings import chosen
from app.nanos.services.appeal import appeal_as_provider
from app.nanos.views import nanos
from app.nanos.views.forms import read_day
from app.nanos.views.moderation_forms import AppealForm


@nanos.get("/statements")
@allows(P.nano_write)
def statements() -> ResponseReturnValue:
    """What moderators decided about content of one's organisation."""
    page = queries.list_statements(current_actor(), cursor=request.args.get("cursor"))
    return render_template("nanos/moderation/statements.html", page=page)


def _page(statement_id: UUID, form: AppealForm, status: int = 200) -> ResponseReturnValue:
    found = queries.get_statement(current_actor(), statement_id)
    return render_template(
        "nanos/moderation/statement.html", one=found, form=form, body=chosen().settlement_body
    ), status


@nanos.get("/statements/<uuid:statement_id>")
@allows(P.nano_read)
def statement(statement_id: UUID) -> ResponseReturnValue:
    """One decision, why, and what can be done about it. Its own organisation and operators only."""
    return _page(statement_id, AppealForm(formdata=None))


@nanos.post("/statements/<uuid:statement_id>/appeal")
@allows(P.nano_read)
def make_appeal(statement_id: UUID) -> ResponseReturnValue:
    """Complain: who wrote it, else who may for the organisation; the service says who that is."""
    form = AppealForm()
    form.validate()
    found = queries.get_statement(current_actor(), statement_id)
    try:
        appeal_as_provider(current_actor(), found.decision_id, form.text.data or "")
    except Invalid as error:
        form.take_errors(error)
        return _page(statement_id, form, 422)
    flash(_("Ihre Beschwerde ist angekommen. Darüber entscheidet jemand anderes als beim ersten Mal."), "ok")
    return htmx.go(url_for("nanos.statement", statement_id=statement_id))


def period() -> tuple[date, date]:
    """The days an address names; the last year where it names none. Raises Invalid."""
    today = clock.now().date()
    try:
        first = read_day(request.args.get("first")) or today - timedelta(days=365)
        last = read_day(request.args.get("last")) or today
    except ValueError as error:
        raise Invalid(_("Schreiben Sie den Tag als Jahr-Monat-Tag.")) from error
    return first, last


@nanos.get("/moderation/statements.json")
@allows(P.moderation_decide)
def statements_json() -> ResponseReturnValue:
    """All statements of a period in the shape of the EU's transparency database, without data of people."""
    first, last = period()
    made = json.dumps({"statements": queries.export(first, last)}, ensure_ascii=False, indent=1)
    response = Response(made, mimetype="application/json")
    response.headers["Content-Disposition"] = f"attachment; filename=statements-{first}-{last}.json"
    return response
