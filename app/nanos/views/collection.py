"""Collections: the list, one, its words."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Conflict, Invalid, NotAllowed
from app.nanos.policies import P
from app.nanos.queries.collection import get_collection, list_collections
from app.nanos.services import collection as service
from app.nanos.views import nanos
from app.nanos.views.forms import read_version
from app.nanos.views.forms_voices import CollectionForm
from app.nanos.views.shelf import changed


@nanos.get("/collections")
@allows(P.nano_read)
def collections() -> ResponseReturnValue:
    """One's own and the organisation's; `?of=all` shows everybody's."""
    actor = current_actor()
    which = "public" if request.args.get("of") == "all" or actor.organisation_id is None else "ours"
    page = list_collections(actor, which, cursor=request.args.get("cursor"))
    return render_template("nanos/collection/list.html", page=page, which=which)


@nanos.get("/collections/<uuid:collection_id>")
@allows(P.nano_read)
def collection(collection_id: UUID) -> ResponseReturnValue:
    """One, in its order."""
    return render_template(
        "nanos/collection/show.html", collection=get_collection(current_actor(), collection_id)
    )


@nanos.get("/collections/new")
@allows(P.collection_write)
def new_collection() -> ResponseReturnValue:
    """Begin one."""
    return _new_page(CollectionForm(formdata=None, data={"sharing": "private", "version": "0"}), 200)


def _new_page(form: CollectionForm, status: int) -> ResponseReturnValue:
    return render_template("nanos/collection/form.html", form=form, collection=None), status


@nanos.post("/collections/new")
@allows(P.collection_write)
def create_collection() -> ResponseReturnValue:
    """Make it."""
    form = CollectionForm()
    form.validate_on_submit()
    try:
        made = service.create_collection(
            current_actor(), title=form.title.data, about=form.about.data, sharing=form.sharing.data,
            once=form.once.data,
        )  # fmt: skip
    except Invalid as error:
        form.take_errors(error)
        return _new_page(form, 422)
    flash(_("Sammlung angelegt. Legen Sie auf der Seite eines Nanos hinein, was dazugehört."), "ok")
    return htmx.go(url_for("nanos.collection", collection_id=made))


def _edit_page(collection_id: UUID, form: CollectionForm | None, status: int) -> ResponseReturnValue:
    found = changed(collection_id)
    form = form or CollectionForm(
        formdata=None,
        data={
            "title": found.title,
            "about": found.about,
            "sharing": found.sharing,
            "version": str(found.version),
        },
    )
    return render_template("nanos/collection/form.html", form=form, collection=found), status


@nanos.get("/collections/<uuid:collection_id>/change")
@allows(P.collection_write)
def edit_collection(collection_id: UUID) -> ResponseReturnValue:
    """Its words, and who sees it."""
    return _edit_page(collection_id, None, 200)


@nanos.post("/collections/<uuid:collection_id>/change")
@allows(P.collection_write)
def save_collection(collection_id: UUID) -> ResponseReturnValue:
    """Keep them; what was typed stays where somebody was first."""
    found, form = changed(collection_id), CollectionForm()
    form.validate_on_submit()
    try:
        service.save_collection(
            current_actor(), collection_id, title=form.title.data, about=form.about.data,
            sharing=form.sharing.data if found.owns else found.sharing, version=read_version(form.version.data),
        )  # fmt: skip
    except Invalid as error:
        form.take_errors(error)
        return _edit_page(collection_id, form, 422)
    except Conflict as error:
        form.form_errors.append(error.message)
        form.version.data = str(changed(collection_id).version)
        return _edit_page(collection_id, form, 409)
    flash(_("Gespeichert."), "ok")
    return htmx.go(url_for("nanos.collection", collection_id=collection_id))


@nanos.get("/collections/<uuid:collection_id>/delete")
@allows(P.collection_write)
def ask_delete_collection(collection_id: UUID) -> ResponseReturnValue:
    """Asks before it is gone."""
    found = changed(collection_id)
    if not found.owns:
        raise NotAllowed
    return render_template("nanos/collection/delete.html", collection=found)


@nanos.post("/collections/<uuid:collection_id>/delete")
@allows(P.collection_write)
def delete_collection(collection_id: UUID) -> ResponseReturnValue:
    """Gone; its nanos stay."""
    service.delete_collection(current_actor(), collection_id)
    flash(_("Sammlung gelöscht."), "ok")
    return htmx.go(url_for("nanos.collections"))
