"""A provider's page, and its words about itself."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Conflict, Invalid
from app.nanos.policies import P
from app.nanos.queries.provider import get_provider
from app.nanos.services import profile
from app.nanos.views import nanos
from app.nanos.views.forms import read_version
from app.nanos.views.forms_voices import ProfileForm


@nanos.get("/providers/<uuid:organisation_id>")
@allows(P.nano_read)
def provider(organisation_id: UUID) -> ResponseReturnValue:
    """What it says, what people say of it, what it offers."""
    found = get_provider(current_actor(), organisation_id, cursor=request.args.get("cursor"))
    return render_template("nanos/provider/show.html", provider=found, figures=found.figures)


@nanos.get("/our-page")
@allows(P.profile_write)
def edit_profile() -> ResponseReturnValue:
    """The text of one's own organisation."""
    about, version = profile.profile_of(current_actor().organisation_id)
    return _page(ProfileForm(formdata=None, data={"about": about, "version": str(version)}), 200)


def _page(form: ProfileForm, status: int) -> ResponseReturnValue:
    return render_template(
        "nanos/provider/form.html", form=form, organisation_id=current_actor().organisation_id
    ), status


@nanos.post("/our-page")
@allows(P.profile_write)
def save_profile() -> ResponseReturnValue:
    """Keep it; what was typed stays where a colleague was first."""
    form, actor = ProfileForm(), current_actor()
    form.validate_on_submit()
    try:
        profile.save_profile(actor, form.about.data, read_version(form.version.data))
    except Invalid as error:
        form.take_errors(error)
        return _page(form, 422)
    except Conflict as error:
        form.form_errors.append(error.message)
        form.version.data = str(profile.profile_of(actor.organisation_id)[1])
        return _page(form, 409)
    flash(_("Gespeichert."), "ok")
    return htmx.go(url_for("nanos.provider", organisation_id=actor.organisation_id))
