"""The parts of a module: units found and put in order, and what should be done before."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.ids import parse_id
from app.nanos.catalog import slugs
from app.nanos.policies import P
from app.nanos.queries.find import find_nanos
from app.nanos.queries.module import get_outline
from app.nanos.queries.module_list import LONGEST_QUERY, find_modules
from app.nanos.rules.finding import read_wish
from app.nanos.services import module_parts as service
from app.nanos.views import nanos
from app.nanos.views.forms import read_version
from app.nanos.views.forms_module import UnitForm
from app.nanos.views.module_edit import changed_module


def _chosen(name: str) -> UUID:
    found = parse_id(request.form.get(name, ""))
    if found is None:
        raise NotFound
    return found


@nanos.get("/modules/<uuid:module_id>/add")
@allows(P.module_write)
def module_find_unit(module_id: UUID) -> ResponseReturnValue:
    """Published nanos by words, to add; without words the newest."""
    outline = get_outline(current_actor(), module_id)
    query = request.args.get("q", "")[:LONGEST_QUERY]
    wish = read_wish(query, {}, "", request.args.get("page", ""), slugs())
    return render_template("nanos/module/add_unit.html", module=outline, query=query, found=find_nanos(wish))


@nanos.post("/modules/<uuid:module_id>/units")
@allows(P.module_write)
def module_add_unit(module_id: UUID) -> ResponseReturnValue:
    """To its end; back to the same search."""
    service.add_unit(current_actor(), module_id, _chosen("nano"))
    flash(_("Hinzugefügt."), "ok")
    return htmx.go(
        url_for(
            "nanos.module_find_unit",
            module_id=module_id,
            q=request.form.get("q", "")[:LONGEST_QUERY] or None,
        )
    )


@nanos.post("/modules/<uuid:module_id>/units/<uuid:unit_id>/move")
@allows(P.module_write)
def module_move_unit(module_id: UUID, unit_id: UUID) -> ResponseReturnValue:
    """To the place `to`, counted from 1."""
    service.move_unit(current_actor(), module_id, unit_id, read_version(request.form.get("to")))
    return htmx.go(url_for("nanos.module_edit", module_id=module_id))


@nanos.post("/modules/<uuid:module_id>/units/<uuid:unit_id>/remove")
@allows(P.module_write)
def module_take_unit(module_id: UUID, unit_id: UUID) -> ResponseReturnValue:
    """Out of it."""
    service.take_unit(current_actor(), module_id, unit_id)
    return htmx.go(url_for("nanos.module_edit", module_id=module_id))


def _unit_page(module_id: UUID, unit_id: UUID, form: UnitForm | None, status: int) -> ResponseReturnValue:
    found = changed_module(module_id)
    unit = next((one for one in found.units if one.id == unit_id), None)
    if unit is None:
        raise NotFound
    form = form or UnitForm(
        formdata=None,
        data={"note": unit.note, "required": unit.required, "version": str(found.version)},
    )
    return render_template("nanos/module/unit.html", module=found, unit=unit, form=form), status


@nanos.get("/modules/<uuid:module_id>/units/<uuid:unit_id>")
@allows(P.module_write)
def module_unit(module_id: UUID, unit_id: UUID) -> ResponseReturnValue:
    """Its note, and whether it is needed."""
    return _unit_page(module_id, unit_id, None, 200)


@nanos.post("/modules/<uuid:module_id>/units/<uuid:unit_id>")
@allows(P.module_write)
def module_save_unit(module_id: UUID, unit_id: UUID) -> ResponseReturnValue:
    """Keep both; what was typed stays where somebody was first."""
    form = UnitForm()
    form.validate_on_submit()
    try:
        service.save_unit(
            current_actor(), module_id, unit_id, note=form.note.data, required=bool(form.required.data),
            version=read_version(form.version.data),
        )  # fmt: skip
    except Invalid as error:
        form.take_errors(error)
        return _unit_page(module_id, unit_id, form, 422)
    except Conflict as error:
        form.form_errors.append(error.message)
        form.version.data = str(changed_module(module_id).version)
        return _unit_page(module_id, unit_id, form, 409)
    flash(_("Gespeichert."), "ok")
    return htmx.go(url_for("nanos.module_edit", module_id=module_id))


@nanos.get("/modules/<uuid:module_id>/needs")
@allows(P.module_write)
def module_find_need(module_id: UUID) -> ResponseReturnValue:
    """Published modules by words, to name as a prerequisite."""
    return _need_page(module_id, request.args.get("q", ""), "", 200)


def _need_page(module_id: UUID, query: str, wrong: str, status: int) -> ResponseReturnValue:
    outline, query = get_outline(current_actor(), module_id), query[:LONGEST_QUERY]
    page = find_modules(query, cursor=request.args.get("cursor"))
    return render_template(
        "nanos/module/add_need.html", module=outline, query=query, page=page, wrong=wrong,
        inside={module_id, *outline.needs},
    ), status  # fmt: skip


@nanos.post("/modules/<uuid:module_id>/needs")
@allows(P.module_write)
def module_add_need(module_id: UUID) -> ResponseReturnValue:
    """This one before; a circle is refused where it was chosen."""
    try:
        service.add_need(current_actor(), module_id, _chosen("needs"))
    except Invalid as error:
        return _need_page(module_id, request.form.get("q", ""), error.fields["needs"], 422)
    flash(_("Voraussetzung hinzugefügt."), "ok")
    return htmx.go(url_for("nanos.module_edit", module_id=module_id))


@nanos.post("/modules/<uuid:module_id>/needs/<uuid:needs_id>/remove")
@allows(P.module_write)
def module_take_need(module_id: UUID, needs_id: UUID) -> ResponseReturnValue:
    """Not before any more."""
    service.take_need(current_actor(), module_id, needs_id)
    return htmx.go(url_for("nanos.module_edit", module_id=module_id))
