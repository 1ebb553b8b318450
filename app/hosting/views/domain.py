"""Addresses of a server: its play address, own domains with the records they need, entering and removing them."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from app.hosting.models import Domain
from app.hosting.policies import P
from app.hosting.queries.domain import domains_of, find_domain, may_see_domain, view_of, watched_domain
from app.hosting.queries.server import ServerDetail, find_server, server_detail
from app.hosting.rules.domain import MOST
from app.hosting.rules.host_name import spoken
from app.hosting.services import domain as services
from app.hosting.views import hosting
from app.hosting.views.domain_words import Words
from app.kit import htmx, live
from app.kit.authz import allows, current_actor
from app.kit.errors import Conflict, Invalid, NotFound, TooMany
from app.kit.forms import Form


class DomainForm(Form):
    """A name; the rules say what is wrong with it."""

    name = StringField(
        _l("Deine Domain"),
        validators=[
            InputRequired(_l("Gib die Domain ein, zum Beispiel mc.deine-domain.de.")),
            Length(max=1000),
        ],
        description=_l("Zum Beispiel mc.deine-domain.de. Sie muss dir gehören."),
    )


@hosting.get("/servers/<uuid:server_id>/domains")
@allows(P.domain_read)
def server_domains(server_id: UUID) -> ResponseReturnValue:
    """The play address, own domains and the form for another one."""
    return _page(find_server(current_actor(), server_id), DomainForm(formdata=None))


def _page(server: ServerDetail, form: DomainForm) -> str:
    rows = domains_of(current_actor(), server.id, server.name)
    return render_template(
        "hosting/domain/list.html", server=server, domains=rows, form=form, words=Words, most=MOST
    )


@hosting.post("/servers/<uuid:server_id>/domains")
@allows(P.domain_write)
def add_domain(server_id: UUID) -> ResponseReturnValue:
    """Enter one; its records are looked for at once."""
    actor = current_actor()
    server, form = find_server(actor, server_id), DomainForm()
    if not form.validate_on_submit():
        return _page(server, form), 422
    try:
        services.add_domain(actor, server_id, name=form.name.data or "")
    except (Invalid, Conflict) as error:
        form.take_errors(error if isinstance(error, Invalid) else Invalid(error.message))
        return _page(server, form), error.status
    flash(_("Eingetragen. Setze jetzt den DNS-Eintrag, der hier steht."), "ok")
    return htmx.go(url_for("hosting.server_domains", server_id=server_id))


@hosting.post("/servers/<uuid:server_id>/domains/<uuid:domain_id>/look")
@allows(P.domain_write)
def look_at_domain(server_id: UUID, domain_id: UUID) -> ResponseReturnValue:
    """Ask DNS now; the answer comes by itself."""
    actor = current_actor()
    server = find_server(actor, server_id)
    try:
        services.look_now(actor, server_id, domain_id)
    except TooMany as error:
        if htmx.wants_fragment():
            raise
        flash(error.message, "warn")
    if htmx.wants_fragment():
        return _records(server, find_domain(actor, domain_id, server_id))
    return htmx.go(url_for("hosting.server_domains", server_id=server_id))


@hosting.get("/servers/<uuid:server_id>/domains/<uuid:domain_id>/delete")
@allows(P.domain_write)
def confirm_delete_domain(server_id: UUID, domain_id: UUID) -> ResponseReturnValue:
    """Ask first."""
    row = find_domain(current_actor(), domain_id, server_id)
    return render_template(
        "hosting/domain/delete.html", server_id=server_id, domain_id=domain_id, name=spoken(row.name)
    )


@hosting.post("/servers/<uuid:server_id>/domains/<uuid:domain_id>/delete")
@allows(P.domain_write)
def delete_domain(server_id: UUID, domain_id: UUID) -> ResponseReturnValue:
    """Remove it."""
    services.delete_domain(current_actor(), server_id, domain_id)
    flash(_("Domain entfernt."), "ok")
    return htmx.go(url_for("hosting.server_domains", server_id=server_id))


def _records(server: ServerDetail, row: Domain) -> str:
    return render_template("hosting/domain/_records.html", domain=view_of(row, server.name), words=Words)


def _live(domain_id: UUID) -> str:
    row = watched_domain(domain_id)
    server = server_detail(row.server_id)
    if server is None:
        raise NotFound
    return _records(server, row)


live.fragment(
    prefix=services.LIVE, aspect=services.ASPECT, authorise=may_see_domain, render=_live, subject="domain_id"
)
