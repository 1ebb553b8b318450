"""What guards an account: password, address, second factor."""

from __future__ import annotations

import json

import segno
from flask import Response, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup

from app.accounts.queries.access import get_guard
from app.accounts.services import credential, totp
from app.accounts.views import gate
from app.accounts.views.blueprint import accounts, answer
from app.accounts.views.forms import NewEmailForm, NewPasswordForm, ProofForm, TotpForm, TotpOffForm
from app.kit import htmx
from app.kit.authz import current_actor, signed_in
from app.kit.config import settings
from app.kit.errors import Invalid
from app.kit.secrets import seal, unseal


def qr_code(text: str) -> Markup:
    """The text as an inline SVG, dark on light in both themes: no style attribute, no outside reference."""
    code = segno.make(text, error="m")
    svg = code.svg_inline(scale=5, border=4, dark="#000000", light="#ffffff", svgclass="qr", lineclass=None)
    label = gettext("QR-Code für die Authenticator-App")
    return Markup(svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1))  # noqa: S704 - drawn by segno


@accounts.get("/konto/sicherheit")
@signed_in("one's own account")
def security() -> ResponseReturnValue:
    """The overview."""
    return render_template("accounts/account/security.html", guard=get_guard(current_actor()))


@accounts.route("/konto/passwort", methods=["GET", "POST"])
@signed_in("one's own account")
def change_password() -> ResponseReturnValue:
    """Another password."""
    guard = get_guard(current_actor())
    form = NewPasswordForm(has_password=guard.has_password)

    def act() -> ResponseReturnValue:
        credential.change_password(current_actor(), current=form.proof, new=form.new.data)
        flash(gettext("Dein neues Passwort gilt. Überall sonst bist du abgemeldet."), "ok")
        return htmx.go(url_for("accounts.security"))

    return answer(form, "accounts/account/password.html", act, guard=guard)


@accounts.route("/konto/adresse", methods=["GET", "POST"])
@signed_in("one's own account")
def change_email() -> ResponseReturnValue:
    """Another address; it counts once its mailbox has confirmed it."""
    guard = get_guard(current_actor())
    form = NewEmailForm(has_password=guard.has_password)

    def act() -> ResponseReturnValue:
        credential.ask_new_email(
            current_actor(), email=form.email.data, current=form.proof, visitor=gate.visitor()
        )
        flash(
            gettext(
                "Wir haben eine Mail an die neue Adresse geschickt. Bis du sie bestätigst, gilt die alte."
            ),
            "ok",
        )
        return htmx.go(url_for("accounts.security"))

    return answer(form, "accounts/account/email.html", act, guard=guard)


@accounts.route("/konto/zweiter-faktor", methods=["GET", "POST"])
@signed_in("one's own account")
def enable_totp() -> ResponseReturnValue:
    """Scan, type the first code, get the backup codes."""
    actor = current_actor()
    guard = get_guard(actor)
    form = TotpForm(has_password=guard.has_password)
    if form.validate_on_submit():
        try:
            codes = totp.enable(actor, form.code.data, password=form.proof)
        except Invalid as error:
            form.take_errors(error)
        else:
            return _codes_page(codes)
    secret, address = totp.begin(actor)
    page = render_template(
        "accounts/account/totp.html",
        form=form,
        guard=guard,
        qr=qr_code(address),
        secret=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
    )
    return page, 422 if form.is_submitted() else 200


@accounts.route("/konto/zweiter-faktor/aus", methods=["GET", "POST"])
@signed_in("one's own account")
def disable_totp() -> ResponseReturnValue:
    """Switch it off."""
    guard = get_guard(current_actor())
    form = TotpOffForm(has_password=guard.has_password)

    def act() -> ResponseReturnValue:
        totp.disable(current_actor(), form.code.data, password=form.proof)
        flash(gettext("Der zweite Faktor ist ausgeschaltet."), "ok")
        return htmx.go(url_for("accounts.security"))

    return answer(form, "accounts/account/totp_off.html", act, guard=guard)


@accounts.route("/konto/ersatzcodes", methods=["GET", "POST"])
@signed_in("one's own account")
def renew_codes() -> ResponseReturnValue:
    """Ten new backup codes."""
    guard = get_guard(current_actor())
    form = ProofForm(has_password=guard.has_password)

    def act() -> ResponseReturnValue:
        return _codes_page(totp.renew_codes(current_actor(), password=form.proof))

    return answer(form, "accounts/account/renew_codes.html", act, guard=guard)


def _codes_page(codes: list[str]) -> ResponseReturnValue:
    sealed = seal(json.dumps({"codes": codes, "person": str(current_actor().person_id)}))
    return render_template("accounts/account/codes.html", codes=codes, sealed=sealed)


@accounts.post("/konto/ersatzcodes/datei")
@signed_in("one's own account")
def codes_file() -> ResponseReturnValue:
    """The codes just shown, as a text file: the page carries them sealed, the database does not have them."""
    try:
        held = json.loads(unseal(request.form.get("sealed", "")))
    except ValueError:
        raise Invalid(gettext("Lade die Codes von der Seite, die sie zeigt.")) from None
    if held.get("person") != str(current_actor().person_id):
        raise Invalid(gettext("Lade die Codes von der Seite, die sie zeigt."))
    title = gettext(
        "Ersatzcodes für %(product)s, %(email)s", product=settings().name, email=current_actor().email
    )
    hint = gettext("Jeder Code gilt einmal.")
    text = "\n".join([title, hint, "", *held["codes"], ""])
    return Response(
        text,
        mimetype="text/plain",
        headers={
            "Content-Disposition": 'attachment; filename="ersatzcodes.txt"',
            "Cache-Control": "no-store",
        },
    )
