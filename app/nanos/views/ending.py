"""The end of a nano: planned, now, taken back."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Invalid, NotFound
from app.kit.ids import parse_id
from app.nanos.policies import P
from app.nanos.queries.nano import NanoView, get_nano, own_public
from app.nanos.rules.nano import State
from app.nanos.services import ending
from app.nanos.views import nanos
from app.nanos.views.forms import EndingForm, read_day


def _ours(nano_id: UUID) -> NanoView:
    nano = get_nano(current_actor(), nano_id)
    if not nano.ours or nano.state not in (State.PUBLISHED, State.RETIRED):
        raise NotFound
    return nano


def _page(nano: NanoView, form: EndingForm, status: int = 200) -> ResponseReturnValue:
    form.replacement.choices = [("", _("– nichts –"))] + [
        (str(one), title) for one, title in own_public(current_actor(), nano.id)
    ]
    return render_template("nanos/ending.html", nano=nano, form=form), status


@nanos.get("/<uuid:nano_id>/ending")
@allows(P.nano_end)
def edit_ending(nano_id: UUID) -> ResponseReturnValue:
    """When it ends, and what to take instead."""
    nano = _ours(nano_id)
    form = EndingForm(
        data={
            "retires_on": nano.retires_on.isoformat() if nano.retires_on else "",
            "removes_on": nano.removes_on.isoformat() if nano.removes_on else "",
            "replacement": str(nano.replacement_id or ""),
        }
    )
    return _page(nano, form)


@nanos.post("/<uuid:nano_id>/ending")
@allows(P.nano_end)
def save_ending(nano_id: UUID) -> ResponseReturnValue:
    """Save both dates and the suggestion."""
    nano, form = _ours(nano_id), EndingForm()
    form.validate_on_submit()
    days = {}
    for name in ("retires_on", "removes_on"):
        try:
            days[name] = read_day(form[name].data)
        except ValueError:
            form.take_errors(Invalid(fields={name: _("Schreiben Sie den Tag als Jahr-Monat-Tag.")}))
    if form.errors:
        return _page(nano, form, 422)
    chosen = form.replacement.data or ""
    try:
        ending.plan_ending(
            current_actor(), nano_id, retires_on=days["retires_on"], removes_on=days["removes_on"],
            replacement_id=(parse_id(chosen) or nano_id) if chosen else None,
        )  # fmt: skip
    except Invalid as error:
        form.take_errors(error)
        return _page(nano, form, 422)
    flash(_("Gespeichert."), "ok")
    return htmx.go(url_for("nanos.show", nano_id=nano_id))


@nanos.post("/<uuid:nano_id>/retire")
@allows(P.nano_end)
def retire(nano_id: UUID) -> ResponseReturnValue:
    """Now."""
    ending.retire(current_actor(), nano_id)
    flash(_("Zurückgezogen: Das Nano wird nicht mehr gefunden."), "ok")
    return htmx.go(url_for("nanos.show", nano_id=nano_id))


@nanos.post("/<uuid:nano_id>/return")
@allows(P.nano_end)
def bring_back(nano_id: UUID) -> ResponseReturnValue:
    """Public again."""
    ending.bring_back(current_actor(), nano_id)
    flash(_("Das Nano ist wieder öffentlich."), "ok")
    return htmx.go(url_for("nanos.show", nano_id=nano_id))


@nanos.get("/<uuid:nano_id>/remove")
@allows(P.nano_end)
def ask_remove(nano_id: UUID) -> ResponseReturnValue:
    """Asks before it is gone for ever."""
    return render_template("nanos/remove.html", nano=_ours(nano_id))


@nanos.post("/<uuid:nano_id>/remove")
@allows(P.nano_end)
def remove(nano_id: UUID) -> ResponseReturnValue:
    """Gone, with its files."""
    _ours(nano_id)
    ending.remove(current_actor(), nano_id)
    flash(_("Das Nano ist gelöscht."), "ok")
    return htmx.go(url_for("nanos.own"))
