"""A server's settings: name, memory, and what its template lets people set."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.hosting.catalog import templates
from app.hosting.policies import P
from app.hosting.queries.server import ServerDetail, find_server
from app.hosting.services import server as services
from app.hosting.views import hosting
from app.hosting.views.forms import ServerForm, settings_form
from app.hosting.views.prices import price_of
from app.kit import htmx
from app.kit.authz import allows, current_actor, may
from app.kit.errors import Conflict, Invalid


@hosting.route("/servers/<uuid:server_id>/settings", methods=["GET", "POST"])
@allows(P.server_settings)
def server_settings(server_id: UUID) -> ResponseReturnValue:
    """Show and change the settings; a running server takes them at its next start."""
    actor = current_actor()
    found = find_server(actor, server_id)
    template = templates().get(found.template)
    if template is None:
        raise Conflict(
            _("Die Vorlage dieses Servers gibt es nicht mehr. Er läuft weiter, lässt sich aber nicht ändern.")
        )
    form = settings_form(
        template, name=found.name, memory_mb=found.memory_mb, values=found.settings, rest=found,
        resizable=may(actor, P.server_size),
    )  # fmt: skip
    if request.method == "GET":
        return _page(found, form)
    if not form.validate_on_submit():
        return _page(found, form), 422
    try:
        services.change_server(
            actor,
            server_id,
            name=form.name.data,
            memory_mb=int(form.memory_mb.data) if form.memory_mb else None,
            settings=form.setting_values(),
            **form.rest_choices(),
        )
    except (Invalid, Conflict) as error:
        form.take_errors(error if isinstance(error, Invalid) else Invalid(error.message))
        return _page(found, form), error.status
    flash(_("Gespeichert."), "ok")
    return htmx.go(url_for("hosting.server_settings", server_id=server_id))


def _page(server: ServerDetail, form: ServerForm) -> str:
    template = form.template_data
    prices = {str(mb): price_of(mb) for mb in template.memory.choices_mb}
    return render_template(
        "hosting/server/settings.html", server=server, form=form, template=template, prices=prices
    )
