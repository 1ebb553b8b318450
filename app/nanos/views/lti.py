"""The pages on which an organisation connects its own learning platform."""

from __future__ import annotations

from uuid import UUID

from flask import flash, jsonify, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField

from app.kit import htmx
from app.kit.authz import allows, current_actor, open_to_all
from app.kit.config import settings
from app.kit.errors import Invalid
from app.kit.forms import Form, OnceField
from app.kit.links import public_link
from app.kit.secrets import unseal
from app.nanos.gateways.lti import public_key
from app.nanos.policies import P
from app.nanos.queries.lti import get_platform, list_platforms, open_platform
from app.nanos.services import lti as services
from app.nanos.views import nanos
from app.nanos.views.forms import Wanted


class NewPlatformForm(Form):
    """What it is called here."""

    once = OnceField()
    name = StringField(_l("Name"), validators=[Wanted()])


class PlatformForm(Form):
    """What it says about itself. The service says what is wrong."""

    name = StringField(_l("Name"), validators=[Wanted()])
    issuer = StringField(_l("Plattform-ID (Issuer)"), validators=[Wanted()])
    client_id = StringField(_l("Client-ID"), validators=[Wanted()])
    deployments = TextAreaField(_l("Deployment-ID"), validators=[Wanted()])
    keys_url = StringField(_l("Öffentliche Schlüssel (Keyset-URL)"), validators=[Wanted()])
    token_url = StringField(_l("Zugriffstoken-URL"), validators=[Wanted()])
    auth_url = StringField(_l("Authentifizierungs-URL"), validators=[Wanted()])


class ForgetForm(Form):
    """One learner."""

    subject = StringField(_l("Kennung der Person im LMS"), validators=[Wanted()])


@nanos.get("/lti")
@allows(P.lti_manage)
def lti_platforms() -> ResponseReturnValue:
    """Those of the organisation."""
    return _list(NewPlatformForm(formdata=None))


def _list(form: NewPlatformForm, status: int = 200) -> ResponseReturnValue:
    return render_template("nanos/lti/list.html", rows=list_platforms(current_actor()), form=form), status


@nanos.post("/lti")
@allows(P.lti_manage)
def create_lti_platform() -> ResponseReturnValue:
    """Begin one: next come the values to exchange."""
    form = NewPlatformForm()
    form.validate_on_submit()
    try:
        made = services.create_platform(current_actor(), form.once.data or "", form.name.data or "")
    except Invalid as error:
        form.take_errors(error)
        return _list(form, 422)
    return htmx.go(url_for("nanos.lti_platform", platform_id=made))


@nanos.get("/lti/<uuid:platform_id>")
@allows(P.lti_manage)
def lti_platform(platform_id: UUID) -> ResponseReturnValue:
    """What to enter there, and what to enter here."""
    row = get_platform(current_actor(), platform_id)
    data = {**vars(row), "deployments": "\n".join(row.deployments)}
    return _page(platform_id, PlatformForm(formdata=None, data=data))


def _page(
    platform_id: UUID, form: PlatformForm, status: int = 200, forget: ForgetForm | None = None
) -> ResponseReturnValue:
    row = get_platform(current_actor(), platform_id)
    (one,) = list_platforms(current_actor(), platform_id)
    ours = [
        (_("Tool-URL"), f"{settings().public_url}/nanos/"),
        (
            _("URL für den Anmeldestart (Initiate login URL)"),
            public_link("nanos.lti_login", platform_id=row.id),
        ),
        (_("Weiterleitungs-URI (Redirection URI)"), public_link("nanos.lti_launch", platform_id=row.id)),
        (_("Keyset-URL (Public keyset)"), public_link("nanos.lti_keys", platform_id=row.id)),
        (_("URL der Inhaltsauswahl (Deep Linking)"), public_link("nanos.lti_launch", platform_id=row.id)),
    ]
    return render_template(
        "nanos/lti/show.html", one=one, ours=ours, form=form, forget=forget or ForgetForm(formdata=None)
    ), status


@nanos.post("/lti/<uuid:platform_id>")
@allows(P.lti_manage)
def connect_lti_platform(platform_id: UUID) -> ResponseReturnValue:
    """Check the values and keep them."""
    form = PlatformForm()
    form.validate_on_submit()
    typed = services.Typed(**{name: form[name].data or "" for name in services.Typed.__dataclass_fields__})
    try:
        services.connect_platform(current_actor(), platform_id, typed)
    except Invalid as error:
        form.take_errors(error)
        return _page(platform_id, form, 422)
    flash(_("Verbunden: Die Schlüssel Ihres LMS sind da."), "ok")
    return htmx.go(url_for("nanos.lti_platform", platform_id=platform_id))


@nanos.post("/lti/<uuid:platform_id>/forget")
@allows(P.lti_manage)
def forget_lti_learner(platform_id: UUID) -> ResponseReturnValue:
    """For who asks their organisation to be forgotten."""
    form = ForgetForm()
    form.validate_on_submit()
    try:
        services.forget_learner(current_actor(), platform_id, form.subject.data or "")
    except Invalid as error:
        form.take_errors(error)
        row = get_platform(current_actor(), platform_id)
        data = {**vars(row), "deployments": "\n".join(row.deployments)}
        return _page(platform_id, PlatformForm(formdata=None, data=data), 422, form)
    flash(_("Vergessen: Von dieser Person ist hier nichts mehr gespeichert."), "ok")
    return htmx.go(url_for("nanos.lti_platform", platform_id=platform_id))


@nanos.get("/lti/<uuid:platform_id>/remove")
@allows(P.lti_manage)
def ask_remove_lti_platform(platform_id: UUID) -> ResponseReturnValue:
    """Asks first: what was learned there goes, too."""
    get_platform(current_actor(), platform_id)
    (one,) = list_platforms(current_actor(), platform_id)
    return render_template("nanos/lti/remove.html", one=one)


@nanos.post("/lti/<uuid:platform_id>/remove")
@allows(P.lti_manage)
def remove_lti_platform(platform_id: UUID) -> ResponseReturnValue:
    """For good."""
    services.remove_platform(current_actor(), platform_id)
    flash(_("Das LMS ist getrennt."), "ok")
    return htmx.go(url_for("nanos.lti_platforms"))


@nanos.get("/lti/<uuid:platform_id>/jwks.json")
@open_to_all("our public key: the platform verifies with it what we say")
def lti_keys(platform_id: UUID) -> ResponseReturnValue:
    """For this platform alone."""
    return jsonify(keys=[public_key(unseal(open_platform(platform_id, draft=True).private))])
