"""Modules for who makes them: words, publication, the end."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Conflict, Invalid, NotAllowed
from app.nanos.policies import P
from app.nanos.queries.module import ModuleView, get_module
from app.nanos.rules.nano import State
from app.nanos.services import module as service
from app.nanos.views import nanos
from app.nanos.views.forms import read_version
from app.nanos.views.forms_module import ModuleForm


def changed_module(module_id: UUID) -> ModuleView:
    """A module the reader may change; for its forms. Raises NotFound, NotAllowed."""
    found = get_module(current_actor(), module_id)
    if not found.changes:
        raise NotAllowed
    return found


def _words(form: ModuleForm) -> service.Words:
    return {"title": form.title.data, "outcome": form.outcome.data, "description": form.description.data}


@nanos.get("/modules/new")
@allows(P.module_write)
def module_new() -> ResponseReturnValue:
    """Begin one."""
    return _new_page(ModuleForm(formdata=None, data={"version": "0"}), 200)


def _new_page(form: ModuleForm, status: int) -> ResponseReturnValue:
    return render_template("nanos/module/form.html", form=form, module=None), status


@nanos.post("/modules/new")
@allows(P.module_write)
def module_create() -> ResponseReturnValue:
    """Make the draft."""
    form = ModuleForm()
    form.validate_on_submit()
    try:
        made = service.create_module(current_actor(), _words(form), once=form.once.data)
    except Invalid as error:
        form.take_errors(error)
        return _new_page(form, 422)
    flash(_("Modul angelegt. Fügen Sie jetzt Nanos hinzu."), "ok")
    return htmx.go(url_for("nanos.module_edit", module_id=made))


@nanos.get("/modules/<uuid:module_id>/edit")
@allows(P.module_write)
def module_edit(module_id: UUID) -> ResponseReturnValue:
    """Its units, its prerequisites, its state."""
    return _edit_page(module_id, {}, 200)


def _edit_page(module_id: UUID, wrong: dict[str, str], status: int) -> ResponseReturnValue:
    return render_template("nanos/module/edit.html", module=changed_module(module_id), wrong=wrong), status


@nanos.get("/modules/<uuid:module_id>/words")
@allows(P.module_write)
def module_words(module_id: UUID) -> ResponseReturnValue:
    """What it says."""
    return _words_page(module_id, None, 200)


def _words_page(module_id: UUID, form: ModuleForm | None, status: int) -> ResponseReturnValue:
    found = changed_module(module_id)
    form = form or ModuleForm(
        formdata=None,
        data={
            "title": found.title,
            "outcome": found.outcome,
            "description": found.description,
            "version": str(found.version),
        },
    )
    return render_template("nanos/module/form.html", form=form, module=found), status


@nanos.post("/modules/<uuid:module_id>/words")
@allows(P.module_write)
def module_save(module_id: UUID) -> ResponseReturnValue:
    """Keep it; what was typed stays where somebody was first."""
    form = ModuleForm()
    form.validate_on_submit()
    try:
        service.save_module(current_actor(), module_id, _words(form), version=read_version(form.version.data))
    except Invalid as error:
        form.take_errors(error)
        return _words_page(module_id, form, 422)
    except Conflict as error:
        form.form_errors.append(error.message)
        form.version.data = str(changed_module(module_id).version)
        return _words_page(module_id, form, 409)
    flash(_("Gespeichert."), "ok")
    return htmx.go(url_for("nanos.module_edit", module_id=module_id))


@nanos.post("/modules/<uuid:module_id>/publish")
@allows(P.module_publish)
def module_publish(module_id: UUID) -> ResponseReturnValue:
    """Everybody finds it."""
    try:
        service.publish_module(current_actor(), module_id)
    except Invalid as error:
        return _edit_page(module_id, dict(error.fields), 422)
    flash(_("Veröffentlicht. Jetzt finden es alle Angemeldeten."), "ok")
    return htmx.go(url_for("nanos.module", module_id=module_id))


@nanos.get("/modules/<uuid:module_id>/end")
@allows(P.module_write)
def module_ask_end(module_id: UUID) -> ResponseReturnValue:
    """Asks before a draft is deleted or what is public is retired."""
    return render_template("nanos/module/end.html", module=changed_module(module_id))


@nanos.post("/modules/<uuid:module_id>/retire")
@allows(P.module_publish)
def module_retire(module_id: UUID) -> ResponseReturnValue:
    """Found no more."""
    service.retire_module(current_actor(), module_id)
    flash(_("Zurückgezogen."), "ok")
    return htmx.go(url_for("nanos.module", module_id=module_id))


@nanos.post("/modules/<uuid:module_id>/delete")
@allows(P.module_write)
def module_delete(module_id: UUID) -> ResponseReturnValue:
    """Gone; its nanos stay."""
    if changed_module(module_id).state is not State.DRAFT:
        raise Conflict(_("Nur Entwürfe lassen sich löschen. Ziehen Sie das Modul zurück."))
    service.delete_module(current_actor(), module_id)
    flash(_("Entwurf gelöscht."), "ok")
    return htmx.go(url_for("nanos.module_own"))
