"""Asking for publication, new revisions, successors. Deciding: views/moderation.py."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Invalid
from app.nanos.policies import P
from app.nanos.queries.moderation import review_case
from app.nanos.services import publishing, revision
from app.nanos.views import nanos
from app.nanos.views.edit import content_page, details_page, show_errors, writable
from app.nanos.views.forms import ContentForm, details_form


@nanos.post("/<uuid:nano_id>/submit")
@allows(P.nano_submit)
def submit(nano_id: UUID) -> ResponseReturnValue:
    """Ask; what is missing leads to the step where it is missing."""
    nano = writable(nano_id)
    try:
        publishing.submit(current_actor(), nano_id)
    except Invalid as error:
        if set(error.fields) & {"title", "files"}:
            form = ContentForm(
                formdata=None, data={"title": nano.details.title, "version": str(nano.version)}
            )
            show_errors(form, {name: why for name, why in error.fields.items() if name in ("title", "files")})
            return content_page(nano, form, status=422)
        details = details_form(nano.details, nano.version)
        details.take_errors(error)
        return details_page(nano, details, status=422)
    flash(_("Eingereicht. Sie bekommen Bescheid, sobald das Nano geprüft ist."), "ok")
    return htmx.go(url_for("nanos.draft", nano_id=nano_id))


@nanos.post("/<uuid:nano_id>/withdraw")
@allows(P.nano_submit)
def withdraw(nano_id: UUID) -> ResponseReturnValue:
    """Take the request back."""
    publishing.withdraw(current_actor(), nano_id)
    flash(_("Zurückgenommen: Das ist wieder ein Entwurf."), "ok")
    return htmx.go(url_for("nanos.draft", nano_id=nano_id))


@nanos.post("/<uuid:nano_id>/revision")
@allows(P.nano_write)
def begin_revision(nano_id: UUID) -> ResponseReturnValue:
    """Change what is public: as a draft, until it was reviewed."""
    revision.begin_revision(current_actor(), nano_id)
    return htmx.go(url_for("nanos.edit_content", nano_id=nano_id))


@nanos.post("/<uuid:nano_id>/successor")
@allows(P.nano_write)
def begin_successor(nano_id: UUID) -> ResponseReturnValue:
    """Another learning outcome is another nano."""
    made = revision.begin_successor(current_actor(), nano_id)
    flash(_("Neues Nano angelegt. Schreiben Sie, was man damit lernt."), "ok")
    return htmx.go(url_for("nanos.edit_details", nano_id=made))


@nanos.get("/<uuid:nano_id>/discard")
@allows(P.nano_write)
def ask_discard(nano_id: UUID) -> ResponseReturnValue:
    """Asks before a draft is thrown away."""
    return render_template("nanos/discard.html", nano=writable(nano_id))


@nanos.post("/<uuid:nano_id>/discard")
@allows(P.nano_write)
def discard(nano_id: UUID) -> ResponseReturnValue:
    """Throw the draft away."""
    gone = revision.discard(current_actor(), nano_id)
    flash(_("Entwurf verworfen."), "ok")
    return htmx.go(url_for("nanos.own") if gone else url_for("nanos.show", nano_id=nano_id))


@nanos.get("/<uuid:nano_id>/review")
@allows(P.moderation_decide)
def review(nano_id: UUID) -> ResponseReturnValue:
    """To the queue's item of the revision that waits."""
    return htmx.go(url_for("nanos.moderation_case", case_id=review_case(nano_id)))
