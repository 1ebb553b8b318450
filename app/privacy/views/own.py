"""A person's own data: take it along, have it erased."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField

from app.accounts.api import has_password
from app.kit import htmx
from app.kit.authz import current_actor, signed_in
from app.kit.errors import Invalid
from app.kit.forms import Form
from app.privacy.errors import Blocked
from app.privacy.queries import request as queries
from app.privacy.rules.limits import GRACE
from app.privacy.services.erasure import call_off_erasure, schedule_erasure
from app.privacy.services.export import ask_export

privacy = Blueprint("privacy", __name__)
OWN = "one's own data"


class ErasureForm(Form):
    """The password again."""

    password = PasswordField(_l("Dein Passwort"))


@privacy.get("/konto/daten")
@signed_in(OWN)
def own_data() -> ResponseReturnValue:
    """Copies, and a coming erasure."""
    return render_template(
        "privacy/own/index.html", exports=queries.exports_of(_me()), erasure=queries.scheduled_erasure(_me())
    )


@privacy.post("/konto/daten/kopie")
@signed_in(OWN)
def export_data() -> ResponseReturnValue:
    """Ask for a copy and watch it being made."""
    job_id = ask_export(current_actor())
    return htmx.go(url_for("jobs.show", job_id=job_id, back=url_for("privacy.own_data")))


@privacy.get("/konto/loeschen")
@signed_in(OWN)
def erase_account() -> ResponseReturnValue:
    """What happens, what is in the way, and the password."""
    return _erasure_page(ErasureForm())


def _erasure_page(form: ErasureForm, status: int = 200) -> ResponseReturnValue:
    asks_password = has_password(current_actor())
    form.password.flags.required = asks_password
    html = render_template(
        "privacy/own/erase.html", form=form, blockers=queries.blockers(_me()), days=GRACE.days,
        has_password=asks_password, erasure=queries.scheduled_erasure(_me()),
    )  # fmt: skip
    return html, status


@privacy.post("/konto/loeschen")
@signed_in(OWN)
def confirm_erasure() -> ResponseReturnValue:
    """Schedule it."""
    form = ErasureForm()
    if not form.validate_on_submit():
        return _erasure_page(form, 422)
    try:
        schedule_erasure(current_actor(), password=form.password.data or "")
    except Invalid as error:
        form.take_errors(error)
        return _erasure_page(form, 422)
    except Blocked as error:
        form.form_errors.extend(error.reasons)
        return _erasure_page(form, 422)
    flash(_("Vorgemerkt. Du kannst es dir zwei Wochen lang anders überlegen."), "ok")
    return htmx.go(url_for("privacy.own_data"))


@privacy.post("/konto/loeschen/absagen")
@signed_in(OWN)
def keep_account() -> ResponseReturnValue:
    """Stay after all."""
    if call_off_erasure(current_actor()):
        flash(_("Abgesagt. Dein Konto bleibt."), "ok")
    return htmx.go(url_for("privacy.own_data"))


def _me() -> UUID:
    person_id = current_actor().person_id
    assert person_id is not None  # the view is for signed-in people
    return person_id
