"""API tokens."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from app.accounts.policies import P
from app.accounts.queries.access import list_tokens
from app.accounts.rules.scope import all_scopes
from app.accounts.services import token as services
from app.accounts.views.blueprint import accounts, answer
from app.accounts.views.choices import LIFETIME_TEXTS
from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import NotFound
from app.kit.forms import Form, OnceField


class TokenForm(Form):
    name = StringField(lazy_gettext("Name"), [InputRequired(), Length(max=80)])
    scopes = SelectMultipleField(
        lazy_gettext("Rechte"), option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )
    days = SelectField(lazy_gettext("Gültig"), choices=LIFETIME_TEXTS, default="90")
    once = OnceField()


@accounts.get("/organisation/token")
@allows(P.TOKEN_SEE)
def tokens() -> ResponseReturnValue:
    """The tokens one may see."""
    labels = {scope.name: scope.label for scope in all_scopes()}
    return render_template("accounts/token/list.html", tokens=list_tokens(current_actor()), labels=labels)


@accounts.route("/organisation/token/neu", methods=["GET", "POST"])
@allows(P.TOKEN_MAKE)
def token_create() -> ResponseReturnValue:
    """Name it, choose what it may, see it once."""
    form = TokenForm()
    form.scopes.choices = [(scope.name, scope.label) for scope in all_scopes()]

    def act() -> ResponseReturnValue:
        _id, secret = services.create_token(
            current_actor(),
            name=form.name.data,
            scopes=form.scopes.data or [],
            days=int(form.days.data),
            once=form.once.data or "",
        )
        return render_template("accounts/token/shown.html", secret=secret, name=form.name.data)

    return answer(form, "accounts/token/new.html", act)


@accounts.route("/organisation/token/<uuid:token_id>/ende", methods=["GET", "POST"])
@allows(P.TOKEN_SEE)
def token_revoke(token_id: UUID) -> ResponseReturnValue:
    """Confirm, then end it at once."""
    found = next((one for one in list_tokens(current_actor()) if one.id == token_id), None)
    if found is None:
        raise NotFound
    form = Form()
    if form.validate_on_submit():
        services.revoke_token(current_actor(), token_id)
        flash(gettext("Das Token gilt nicht mehr."), "ok")
        return htmx.go(url_for("accounts.tokens"))
    return render_template("accounts/token/revoke.html", token=found)
