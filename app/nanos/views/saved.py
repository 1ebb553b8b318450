"""Saved searches."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Invalid
from app.nanos.policies import P
from app.nanos.queries.saved import get_saved, list_saved, told_nanos, wish_of
from app.nanos.rules.finding import CHOICES, Wish
from app.nanos.services import saved
from app.nanos.views import nanos
from app.nanos.views.forms_voices import SavedForm
from app.nanos.wording_voices import wish_words


@nanos.get("/saved")
@allows(P.shelf_write)
def saved_list() -> ResponseReturnValue:
    """All of the reader's."""
    return render_template("nanos/saved/list.html", searches=list_saved(current_actor()))


def _wish() -> Wish:
    return wish_of(request.args.get("q", ""), {name: request.args.getlist(name) for name in CHOICES})


def _form_page(form: SavedForm, wish: Wish, status: int) -> ResponseReturnValue:
    address = {**({"q": wish.text} if wish.text else {}), **wish.choices}
    return render_template("nanos/saved/form.html", form=form, wish=wish, address=address), status


@nanos.get("/saved/new")
@allows(P.shelf_write)
def new_saved() -> ResponseReturnValue:
    """A name for what the list shows now; its words and choices stand in the address."""
    wish = _wish()
    name = wish_words(wish.text, wish.choices)[:120]
    return _form_page(SavedForm(formdata=None, data={"name": name, "cadence": "daily"}), wish, 200)


@nanos.post("/saved/new")
@allows(P.shelf_write)
def create_saved() -> ResponseReturnValue:
    """Keep it."""
    form, wish = SavedForm(), _wish()
    form.validate_on_submit()
    try:
        saved.save_search(
            current_actor(), name=form.name.data, text=wish.text, chosen=wish.choices, cadence=form.cadence.data,
            once=form.once.data,
        )  # fmt: skip
    except Invalid as error:
        form.take_errors(error)
        return _form_page(form, wish, 422)
    flash(_("Suche gespeichert."), "ok")
    return htmx.go(url_for("nanos.saved_list"))


@nanos.get("/saved/<uuid:search_id>")
@allows(P.shelf_write)
def saved_search(search_id: UUID) -> ResponseReturnValue:
    """What it told of last, and how it tells."""
    found = get_saved(current_actor(), search_id)
    return render_template("nanos/saved/show.html", search=found, rows=told_nanos(search_id))


@nanos.post("/saved/<uuid:search_id>/cadence")
@allows(P.shelf_write)
def set_cadence(search_id: UUID) -> ResponseReturnValue:
    """At once, daily, or never."""
    saved.set_cadence(current_actor(), search_id, request.form.get("cadence"))
    flash(_("Gespeichert."), "ok")
    return htmx.go(url_for("nanos.saved_search", search_id=search_id))


@nanos.post("/saved/<uuid:search_id>/silence")
@allows(P.shelf_write)
def silence(search_id: UUID) -> ResponseReturnValue:
    """From the list of notices: no more of these."""
    saved.set_cadence(current_actor(), search_id, saved.NEVER)
    flash(_("Abbestellt. Die Suche selbst bleibt gespeichert."), "ok")
    return htmx.go(url_for("nanos.saved_list"))


@nanos.post("/saved/<uuid:search_id>/delete")
@allows(P.shelf_write)
def delete_saved(search_id: UUID) -> ResponseReturnValue:
    """Gone."""
    saved.delete_search(current_actor(), search_id)
    flash(_("Suche gelöscht."), "ok")
    return htmx.go(url_for("nanos.saved_list"))
