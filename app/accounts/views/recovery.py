"""A new password by mail, and the confirmation of a new address."""

from __future__ import annotations

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.accounts.errors import LinkSpent
from app.accounts.services import credential, link
from app.accounts.services import sign_in as entry
from app.accounts.views import gate
from app.accounts.views.blueprint import accounts, answer, entered
from app.accounts.views.entry import spent
from app.accounts.views.forms import EmailForm, EmptyForm, ResetForm
from app.kit import htmx
from app.kit.authz import current_actor, open_to_all
from app.kit.i18n import choose_locale


@accounts.route("/passwort-vergessen", methods=["GET", "POST"])
@open_to_all("who forgot the password cannot sign in")
def ask_reset() -> ResponseReturnValue:
    """Ask for a link that sets a new password."""
    form = EmailForm(email=request.args.get("email", ""))

    def act() -> ResponseReturnValue:
        entry.mail_link(form.email.data, kind="reset", visitor=gate.visitor(), locale=choose_locale())
        return htmx.go(url_for("accounts.mailed"))

    return answer(form, "accounts/entry/ask_reset.html", act)


@accounts.route("/passwort/<token>", methods=["GET", "POST"])
@open_to_all("the link is the proof")
def open_reset(token: str) -> ResponseReturnValue:
    """Set the new password; with a second factor its code is asked as well."""
    try:
        letter, code = link.look("reset", token), credential.needs_code(token)
    except LinkSpent as error:
        return spent(error, url_for("accounts.ask_reset"))
    form = ResetForm()

    def act() -> ResponseReturnValue:
        found = credential.reset_password(
            token, new=form.new.data, code=form.code.data or "", visitor=gate.visitor()
        )
        return entered(
            found,
            target=url_for("accounts.start"),
            say=gettext("Dein neues Passwort gilt. Überall sonst bist du abgemeldet."),
        )

    return answer(form, "accounts/entry/open_reset.html", act, email=letter.email, needs_code=code)


@accounts.route("/adresse/<token>", methods=["GET", "POST"])
@open_to_all("the link is the proof")
def open_email(token: str) -> ResponseReturnValue:
    """Confirm the new address of an account."""
    try:
        letter = link.look("email", token)
    except LinkSpent as error:
        return spent(error, url_for("accounts.security"))
    form = EmptyForm()

    def act() -> ResponseReturnValue:
        credential.take_email(token, visitor=gate.visitor())
        flash(gettext("Deine neue Adresse gilt ab jetzt."), "ok")
        inside = current_actor().signed_in
        return htmx.go(url_for("accounts.security" if inside else "accounts.sign_in"))

    return answer(form, "accounts/entry/open_email.html", act, email=letter.email)
