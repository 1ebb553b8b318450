"""From a template to a running server: choose, name, deploy."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.hosting.catalog import templates
from app.hosting.errors import NoCredit
from app.hosting.policies import P
from app.hosting.rules.template import Template
from app.hosting.services import server as services
from app.hosting.views import hosting
from app.hosting.views.forms import ServerForm, new_server_form
from app.hosting.views.prices import price_of
from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Conflict, Invalid


@hosting.get("/servers/new")
@allows(P.server_create)
def new_server() -> ResponseReturnValue:
    """Step one shows the templates, step two the form of the chosen one."""
    slug = request.args.get("template")
    if not slug:
        return render_template("hosting/server/choose.html", templates=templates())
    template = templates().get(slug)
    if template is None:
        abort(404)
    return _page(template, new_server_form(template, request.args.get("name", "")))


@hosting.post("/servers")
@allows(P.server_create)
def create_server() -> ResponseReturnValue:
    """Create and deploy in one go. The token in the form makes a double click one server."""
    template = templates().get(request.form.get("template", ""))
    if template is None:
        raise Invalid(_("Diese Vorlage gibt es nicht mehr. Wähle eine andere."), {"template": "unknown"})
    form = new_server_form(template)
    if not form.validate_on_submit():
        return _page(template, form), 422
    try:
        server_id = services.create_server(
            current_actor(), **form.wanted(), deploy=True, once=form.once.data or None
        )
    except NoCredit as error:
        flash(error.message, "warn")
        return htmx.go(url_for("wallet.show"))
    except (Invalid, Conflict) as error:
        form.take_errors(error if isinstance(error, Invalid) else Invalid(error.message))
        return _page(template, form), error.status
    flash(_("Server angelegt. Die Installation läuft."), "ok")
    return htmx.go(url_for("hosting.server", server_id=server_id))


def _page(template: Template, form: ServerForm) -> str:
    context: dict[str, Any] = {
        "template": template,
        "form": form,
        "prices": {str(mb): price_of(mb) for mb in template.memory.choices_mb},
    }
    return render_template("hosting/server/new.html", **context)
