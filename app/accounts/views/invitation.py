"""Answering an invitation."""

from __future__ import annotations

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone, gettext

from app.accounts.errors import LinkSpent
from app.accounts.services import invitation as invitations
from app.accounts.views import gate
from app.accounts.views.blueprint import accounts, answer, entered
from app.accounts.views.entry import spent
from app.accounts.views.forms import EmptyForm, JoinForm
from app.kit import htmx
from app.kit.authz import current_actor, open_to_all
from app.kit.i18n import choose_locale


@accounts.route("/einladung/<token>", methods=["GET", "POST"])
@open_to_all("the link is the proof; joining as somebody known takes their session")
def open_invitation(token: str) -> ResponseReturnValue:
    """Join: with a new account, or as the signed-in person; others are told which account to use."""
    try:
        asked = invitations.look(token)
    except LinkSpent as error:
        return spent(error, url_for("accounts.start"))
    actor = current_actor()
    page = {"asked": asked, "role": invitations.role_name(asked.role), "here": request.path}
    if actor.signed_in and actor.email == asked.email:
        return answer(EmptyForm(), "accounts/invitation/join.html", lambda: _join(token), **page)
    if asked.has_account or actor.signed_in:
        return render_template("accounts/invitation/other.html", **page)
    form = JoinForm()

    def act() -> ResponseReturnValue:
        found = invitations.accept_as_new(
            token,
            name=form.name.data,
            password=form.password.data,
            visitor=gate.visitor(),
            locale=choose_locale(),
            timezone=str(get_timezone() or "Europe/Berlin"),
        )
        return entered(
            found,
            target=url_for("accounts.start"),
            say=gettext("Willkommen bei %(name)s.", name=asked.organisation),
        )

    return answer(form, "accounts/invitation/new.html", act, **page)


def _join(token: str) -> ResponseReturnValue:
    invitations.accept(current_actor(), token)
    flash(gettext("Du gehörst jetzt dazu."), "ok")
    return htmx.go(url_for("accounts.start"))
