"""Favourites, and collections with what is in them."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Invalid, NotFound
from app.kit.ids import parse_id
from app.nanos.policies import P
from app.nanos.queries.collection import CollectionView, collections_for, favourites, get_collection
from app.nanos.queries.nano import get_nano
from app.nanos.rules.nano import State
from app.nanos.services import collection as service
from app.nanos.services.favourite import set_favourite
from app.nanos.views import nanos
from app.nanos.views.forms import read_version
from app.nanos.views.forms_voices import NoteForm, PutForm


@nanos.get("/favourites")
@allows(P.shelf_write)
def favourite_list() -> ResponseReturnValue:
    """What the reader keeps."""
    page = favourites(current_actor(), cursor=request.args.get("cursor"))
    return render_template("nanos/favourite/list.html", page=page)


@nanos.post("/<uuid:nano_id>/favourite")
@allows(P.shelf_write)
def favourite(nano_id: UUID) -> ResponseReturnValue:
    """On (`on=1`) or off."""
    set_favourite(current_actor(), nano_id, request.form.get("on") == "1")
    return htmx.go(url_for("nanos.show", nano_id=nano_id))


def _put_page(nano_id: UUID, form: PutForm, status: int) -> ResponseReturnValue:
    nano = get_nano(current_actor(), nano_id)
    if nano.state is not State.PUBLISHED:
        raise NotFound
    found = collections_for(current_actor(), nano_id)
    form.collection.choices = [(str(one), title) for one, title, there in found if not there]
    inside = [(one, title) for one, title, there in found if there]
    return render_template("nanos/collection/put.html", nano=nano, form=form, inside=inside), status


@nanos.get("/<uuid:nano_id>/collect")
@allows(P.collection_write)
def collect(nano_id: UUID) -> ResponseReturnValue:
    """Into which collection?"""
    return _put_page(nano_id, PutForm(formdata=None), 200)


@nanos.post("/<uuid:nano_id>/collect")
@allows(P.collection_write)
def put_item(nano_id: UUID) -> ResponseReturnValue:
    """Into the one that was chosen."""
    form = PutForm()
    form.validate_on_submit()
    chosen = parse_id(form.collection.data or "")
    try:
        if chosen is None:
            raise Invalid(fields={"collection": _("Wählen Sie eine Sammlung.")})
        service.put_item(current_actor(), chosen, nano_id, form.note.data)
    except Invalid as error:
        form.take_errors(error)
        return _put_page(nano_id, form, 422)
    flash(_("Steht jetzt in der Sammlung."), "ok")
    return htmx.go(url_for("nanos.collection", collection_id=chosen))


def changed(collection_id: UUID) -> CollectionView:
    """A collection the reader may change; for its forms."""
    found = get_collection(current_actor(), collection_id)
    if not found.changes:
        raise NotFound
    return found


@nanos.post("/collections/<uuid:collection_id>/items/<uuid:item_id>/move")
@allows(P.collection_write)
def move_item(collection_id: UUID, item_id: UUID) -> ResponseReturnValue:
    """To the place `to`, counted from 1."""
    service.move_item(current_actor(), collection_id, item_id, read_version(request.form.get("to")))
    return htmx.go(url_for("nanos.collection", collection_id=collection_id))


@nanos.post("/collections/<uuid:collection_id>/items/<uuid:item_id>/remove")
@allows(P.collection_write)
def take_item(collection_id: UUID, item_id: UUID) -> ResponseReturnValue:
    """Out of it."""
    service.take_item(current_actor(), collection_id, item_id)
    return htmx.go(url_for("nanos.collection", collection_id=collection_id))


def _note_page(collection_id: UUID, item_id: UUID, form: NoteForm | None, status: int) -> ResponseReturnValue:
    found = changed(collection_id)
    item = next((one for one in found.items if one.id == item_id), None)
    if item is None:
        raise NotFound
    form = form or NoteForm(formdata=None, data={"note": item.note})
    return render_template("nanos/collection/note.html", collection=found, item=item, form=form), status


@nanos.get("/collections/<uuid:collection_id>/items/<uuid:item_id>/note")
@allows(P.collection_write)
def edit_note(collection_id: UUID, item_id: UUID) -> ResponseReturnValue:
    """What to know about one nano of it."""
    return _note_page(collection_id, item_id, None, 200)


@nanos.post("/collections/<uuid:collection_id>/items/<uuid:item_id>/note")
@allows(P.collection_write)
def save_note(collection_id: UUID, item_id: UUID) -> ResponseReturnValue:
    """Keep it."""
    form = NoteForm()
    form.validate_on_submit()
    try:
        service.write_note(current_actor(), collection_id, item_id, form.note.data)
    except Invalid as error:
        form.take_errors(error)
        return _note_page(collection_id, item_id, form, 422)
    flash(_("Gespeichert."), "ok")
    return htmx.go(url_for("nanos.collection", collection_id=collection_id))
