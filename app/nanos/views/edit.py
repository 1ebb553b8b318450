"""Writing a nano in two steps: title and content, then what it is about. Every step saves a draft."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Conflict, Invalid, NotFound, Unavailable
from app.kit.forms import csrf
from app.kit.upload import TooLarge, Upload
from app.nanos.policies import P
from app.nanos.queries.file import twins
from app.nanos.queries.nano import NanoView, get_open
from app.nanos.rules.details import Details
from app.nanos.rules.nano import Stage
from app.nanos.services import file as content
from app.nanos.services.nano import create_nano, save_draft
from app.nanos.views import nanos
from app.nanos.views.forms import ContentForm, DetailsForm, TitleForm, details_form, read_version
from app.nanos.views.show import context


@nanos.get("/new")
@allows(P.nano_write)
def new() -> ResponseReturnValue:
    """It begins with a title."""
    return render_template("nanos/new.html", form=TitleForm())


@nanos.post("/new")
@allows(P.nano_write)
def create() -> ResponseReturnValue:
    """A draft that its organisation sees."""
    form = TitleForm()
    form.validate_on_submit()
    try:
        nano_id = create_nano(current_actor(), Details(title=form.title.data or ""), once=form.once.data)
    except Invalid as error:
        form.take_errors(error)
        return render_template("nanos/new.html", form=form), 422
    except Conflict as error:
        flash(error.message, "warn")
        return htmx.go(url_for("nanos.own"))
    return htmx.go(url_for("nanos.edit_content", nano_id=nano_id))


def writable(nano_id: UUID) -> NanoView:
    """The draft of the actor's own organisation. Raises NotFound, Conflict while it waits for its review."""
    nano = get_open(current_actor(), nano_id)
    if not nano.ours:
        raise NotFound
    if nano.stage is Stage.REVIEW:
        raise Conflict(_("Dieses Nano wird gerade geprüft. Nehmen Sie die Anfrage zurück, um es zu ändern."))
    return nano


@nanos.get("/<uuid:nano_id>/content")
@allows(P.nano_write)
def edit_content(nano_id: UUID) -> ResponseReturnValue:
    """First step."""
    nano = writable(nano_id)
    return content_page(nano, ContentForm(data={"title": nano.details.title, "version": str(nano.version)}))


def content_page(
    nano: NanoView, form: ContentForm, problem: str = "", status: int = 200
) -> ResponseReturnValue:
    """The first step with what was typed, and what is wrong."""
    made = context(nano)
    known = twins(current_actor(), nano.id, [one.sha256 for one in made["files"]])
    html = render_template(
        "nanos/content.html", **made, form=form, problem=problem, twins=known, most_files=content.MOST_FILES,
        limit_mb=content.most_bytes() // 1024**2,
    )  # fmt: skip
    return html, status


@nanos.post("/<uuid:nano_id>/content")
@csrf.exempt
@allows(P.nano_write)
def save_content(nano_id: UUID) -> ResponseReturnValue:
    """Title, a link, a file, in one form: what can be kept of it is kept. `Upload` checks the form's token."""
    nano = writable(nano_id)
    upload = Upload(content.most_bytes())
    wrong: dict[str, str] = {}
    form = ContentForm(formdata=MultiDict())
    try:
        for one in upload.files():
            if one.name and not wrong:
                wrong |= _take(nano_id, one.name, one.pieces)
        form = ContentForm(formdata=MultiDict(upload.fields))
        wrong |= _say(nano, form)
    except TooLarge:
        form = ContentForm(formdata=MultiDict(upload.fields))
        wrong["file"] = content.too_large_words()
    except (Conflict, Unavailable) as error:
        now = get_open(current_actor(), nano_id)
        typed = {
            "title": form.title.data or now.details.title,
            "url": form.url.data,
            "version": str(now.version),
        }
        return content_page(now, ContentForm(formdata=None, data=typed), error.message, error.status)
    finally:
        upload.drain()
    if wrong:
        return _again(nano_id, form, wrong)
    onward = upload.fields.get("then") == "next"
    return htmx.go(url_for("nanos.edit_details" if onward else "nanos.edit_content", nano_id=nano_id))


def _take(nano_id: UUID, name: str, pieces: Any) -> dict[str, str]:
    with tempfile.TemporaryFile() as whole:
        size = 0
        for piece in pieces:
            size += len(piece)
            whole.write(piece)
        try:
            content.take_file(current_actor(), nano_id, name, whole, size)
        except Invalid as error:
            return dict(error.fields)
    return {}


def _say(nano: NanoView, form: ContentForm) -> dict[str, str]:
    """Keep title and link; returns what is wrong with them."""
    wrong: dict[str, str] = {}
    actor, title = current_actor(), form.title.data or ""
    if title != nano.details.title:
        try:
            save_draft(actor, nano.id, read_version(form.version.data), replace(nano.details, title=title))
        except Invalid as error:
            wrong |= error.fields
    if form.url.data and form.url.data.strip():
        try:
            content.add_link(actor, nano.id, form.url.data)
        except Invalid as error:
            wrong |= {"url": error.fields.get("url") or error.fields.get("file", "")}
    return wrong


def _again(nano_id: UUID, form: ContentForm, wrong: dict[str, str]) -> ResponseReturnValue:
    """With the newest version, for what was saved before something else was wrong."""
    nano = get_open(current_actor(), nano_id)
    shown = ContentForm(
        formdata=None,
        data={
            "title": form.title.data or "",
            "url": form.url.data if "url" in wrong else "",
            "version": str(nano.version),
        },
    )
    show_errors(shown, wrong)
    return content_page(nano, shown, status=422)


def show_errors(form: Any, wrong: dict[str, str]) -> None:
    """Put them at their fields."""
    form.take_errors(Invalid(fields=wrong))


@nanos.post("/<uuid:nano_id>/files/<uuid:file_id>/remove")
@allows(P.nano_write)
def remove_file(nano_id: UUID, file_id: UUID) -> ResponseReturnValue:
    """Out of the draft."""
    content.remove_file(current_actor(), nano_id, file_id)
    flash(_("Aus dem Entwurf entfernt."), "ok")
    return htmx.go(url_for("nanos.edit_content", nano_id=nano_id))


@nanos.get("/<uuid:nano_id>/details")
@allows(P.nano_write)
def edit_details(nano_id: UUID) -> ResponseReturnValue:
    """Second step."""
    nano = writable(nano_id)
    return details_page(nano, details_form(nano.details, nano.version))


def details_page(
    nano: NanoView, form: DetailsForm, problem: str = "", status: int = 200
) -> ResponseReturnValue:
    """The second step with what was typed, and what is wrong."""
    return render_template("nanos/details.html", nano=nano, form=form, problem=problem), status


@nanos.post("/<uuid:nano_id>/details")
@allows(P.nano_write)
def save_details(nano_id: UUID) -> ResponseReturnValue:
    """Save, gaps and all; then the draft as it would look."""
    nano, form = writable(nano_id), DetailsForm()
    form.validate_on_submit()
    try:
        save_draft(current_actor(), nano_id, read_version(form.version.data), form.said(nano.details))
    except Invalid as error:
        form.take_errors(error)
        return details_page(nano, form, status=422)
    except Conflict as error:
        now = get_open(current_actor(), nano_id)
        form.version.data = str(now.version)
        return details_page(now, form, error.message, 409)
    if request.form.get("then") == "stay":
        flash(_("Entwurf gespeichert."), "ok")
        return htmx.go(url_for("nanos.edit_details", nano_id=nano_id))
    return htmx.go(url_for("nanos.draft", nano_id=nano_id))
