"""Taking a nano along to another platform."""

from __future__ import annotations

from uuid import UUID

from flask import render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Malformed, NotFound
from app.nanos.policies import P
from app.nanos.queries.nano import get_nano
from app.nanos.rules.insight import Counted
from app.nanos.rules.package import Form
from app.nanos.services import export
from app.nanos.views import nanos
from app.nanos.views.counting import count_act


def _form(name: str) -> Form:
    if name not in set(Form):
        raise NotFound
    return Form(name)


@nanos.get("/<uuid:nano_id>/export")
@allows(P.nano_read)
def export_choice(nano_id: UUID) -> ResponseReturnValue:
    """As what it can be taken along."""
    plan = export.plan(current_actor(), nano_id)
    return render_template("nanos/use/export.html", nano=plan.nano, plan=plan, forms=list(Form))


@nanos.get("/<uuid:nano_id>/export/<name>.zip")
@allows(P.nano_read)
def export_now(nano_id: UUID, name: str) -> ResponseReturnValue:
    """A small one, at once. Large ones are not held here: 404, the page offers the job."""
    form = _form(name)
    plan = export.plan(current_actor(), nano_id)
    if plan.large:
        raise NotFound
    count_act(Counted.exported, nano_id, plan.nano.organisation_id)
    return send_file(
        export.write(plan, form), mimetype="application/zip", as_attachment=True,
        download_name=export.file_name(plan, form),
    )  # fmt: skip


@nanos.post("/<uuid:nano_id>/export")
@allows(P.nano_read)
def order_export(nano_id: UUID) -> ResponseReturnValue:
    """Have one made in the background, and watch it."""
    if request.form.get("form") not in set(Form):
        raise Malformed
    actor = current_actor()
    job_id = export.order(actor, nano_id, Form(request.form["form"]))
    count_act(Counted.exported, nano_id, get_nano(actor, nano_id).organisation_id)
    return htmx.go(url_for("jobs.show", job_id=job_id, back=url_for("nanos.export_choice", nano_id=nano_id)))
