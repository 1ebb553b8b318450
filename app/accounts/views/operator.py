"""The operator's view of people and organisations."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.accounts.policies import P
from app.accounts.queries.operator import all_organisations, all_people, get_known
from app.accounts.services.totp import reset_for
from app.accounts.views.blueprint import accounts
from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import NotFound
from app.kit.forms import Form


@accounts.get("/betrieb/personen")
@allows(P.PEOPLE_GOVERN)
def operator_people() -> ResponseReturnValue:
    """Everybody, newest first."""
    text = request.args.get("q", "").strip()[:100]
    page = all_people(text, cursor=request.args.get("cursor") or None)
    return render_template("accounts/operator/people.html", page=page, text=text)


@accounts.get("/betrieb/organisationen")
@allows(P.PEOPLE_GOVERN)
def operator_organisations() -> ResponseReturnValue:
    """Every organisation, newest first."""
    text = request.args.get("q", "").strip()[:100]
    page = all_organisations(text, cursor=request.args.get("cursor") or None)
    return render_template("accounts/operator/organisations.html", page=page, text=text)


@accounts.route("/betrieb/personen/<uuid:person_id>/zweiter-faktor", methods=["GET", "POST"])
@allows(P.PEOPLE_GOVERN)
def operator_reset(person_id: UUID) -> ResponseReturnValue:
    """Confirm, then switch a person's second factor off: they lost phone and codes."""
    found = get_known(person_id)
    if found is None:
        raise NotFound
    if Form().validate_on_submit():
        reset_for(current_actor(), person_id)
        flash(gettext("Der zweite Faktor ist zurückgesetzt."), "ok")
        return htmx.go(url_for("accounts.operator_people"))
    return render_template("accounts/operator/reset.html", person=found)
