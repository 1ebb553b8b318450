"""The organisation: made, switched, renamed, left."""

from __future__ import annotations

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.accounts.policies import P
from app.accounts.services import organisation as services
from app.accounts.services.session import switch_organisation
from app.accounts.views.blueprint import accounts, answer
from app.accounts.views.forms import NewOrganisationForm, OrganisationForm
from app.kit import htmx
from app.kit.authz import allows, current_actor, may, require, signed_in
from app.kit.errors import NotFound
from app.kit.forms import Form
from app.kit.ids import parse_id


@accounts.post("/organisation/wechsel")
@signed_in("everybody may work in their own organisations")
def switch() -> ResponseReturnValue:
    """Work in another organisation from now on."""
    wanted = parse_id(request.form.get("organisation", ""))
    if wanted is None:
        raise NotFound
    switch_organisation(current_actor(), wanted)
    return htmx.go(url_for("accounts.start"))


@accounts.route("/organisation/neu", methods=["GET", "POST"])
@signed_in("everybody may found an organisation")
def new_organisation() -> ResponseReturnValue:
    """Found another organisation and work in it."""
    form = NewOrganisationForm()

    def act() -> ResponseReturnValue:
        services.create_organisation(current_actor(), name=form.name.data, once=form.once.data or "")
        flash(gettext("Die Organisation ist angelegt."), "ok")
        return htmx.go(url_for("accounts.start"))

    return answer(form, "accounts/organisation/new.html", act)


@accounts.route("/organisation/einstellungen", methods=["GET", "POST"])
@allows(P.MEMBER_SEE)
def organisation() -> ResponseReturnValue:
    """Its name, one's own role, and the way out."""
    actor = current_actor()
    form = OrganisationForm(name=actor.organisation_name)
    if request.method == "POST":
        require(actor, P.ORGANISATION_EDIT)

    def act() -> ResponseReturnValue:
        services.rename_organisation(actor, name=form.name.data)
        flash(gettext("Gespeichert."), "ok")
        return htmx.go(url_for("accounts.organisation"))

    return answer(form, "accounts/organisation/settings.html", act, editable=may(actor, P.ORGANISATION_EDIT))


@accounts.route("/organisation/austritt", methods=["GET", "POST"])
@allows(P.ORGANISATION_LEAVE)
def organisation_leave() -> ResponseReturnValue:
    """Confirm, then leave."""
    form = Form()
    if form.validate_on_submit():
        services.leave(current_actor())
        flash(gettext("Du bist ausgetreten."), "ok")
        return htmx.go(url_for("accounts.start"))
    return render_template("accounts/organisation/leave.html")
