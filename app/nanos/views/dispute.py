"""Calling a moderator, and what moderators see and decide."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Conflict, Invalid, NotFound
from app.nanos.policies import Trade
from app.nanos.queries.barter import BarterView, get_barter
from app.nanos.queries.dispute import list_disputes
from app.nanos.rules.barter import Act
from app.nanos.services import barter as service
from app.nanos.views import nanos
from app.nanos.views.barter import ONE, context
from app.nanos.views.barter_forms import TextForm
from app.nanos.views.forms import read_version


@nanos.get(f"{ONE}/dispute")
@allows(Trade.deal)
def ask_dispute(barter_id: UUID) -> ResponseReturnValue:
    """What happened, in words that the moderators and the other side read."""
    deal = get_barter(current_actor(), barter_id)
    return _ask(deal, TextForm(formdata=None, data={"version": str(deal.deal.version)}))


def _ask(deal: BarterView, form: TextForm, status: int = 200) -> ResponseReturnValue:
    if Act.DISPUTE not in deal.acts:
        raise Conflict(_("Das geht bei diesem Tausch nicht mehr. Sehen Sie nach, wo er steht."))
    return render_template("nanos/barter/dispute.html", **context(deal), form=form), status


@nanos.post(f"{ONE}/dispute")
@allows(Trade.deal)
def dispute_barter(barter_id: UUID) -> ResponseReturnValue:
    """Call a moderator."""
    form = TextForm()
    form.validate_on_submit()
    try:
        service.act(
            current_actor(),
            barter_id,
            read_version(form.version.data),
            Act.DISPUTE,
            text=form.text.data or "",
        )
    except Invalid as error:
        form.take_errors(error)
        return _ask(get_barter(current_actor(), barter_id), form, 422)
    flash(_("Die Moderation ist gerufen. Bis sie entscheidet, bleibt alles, wie es ist."), "ok")
    return htmx.go(url_for("nanos.barter", barter_id=barter_id))


@nanos.get("/disputes")
@allows(Trade.decide)
def disputes() -> ResponseReturnValue:
    """What waits, the longest first, then what was decided."""
    return render_template("nanos/barter/disputes.html", rows=list_disputes())


@nanos.get("/disputes/<uuid:barter_id>")
@allows(Trade.decide)
def dispute(barter_id: UUID) -> ResponseReturnValue:
    """One of them with its conversation."""
    deal = _disputed(barter_id)
    return _decision(deal, TextForm(formdata=None, data={"version": str(deal.deal.version)}))


def _disputed(barter_id: UUID) -> BarterView:
    deal = get_barter(current_actor(), barter_id)
    if deal.disputed_at is None:
        raise NotFound
    return deal


def _decision(deal: BarterView, form: TextForm, status: int = 200) -> ResponseReturnValue:
    return render_template("nanos/barter/decide.html", **context(deal), form=form), status


@nanos.post("/disputes/<uuid:barter_id>")
@allows(Trade.decide)
def decide_dispute(barter_id: UUID) -> ResponseReturnValue:
    """Complete it or undo it, with a reason both sides read."""
    form = TextForm()
    form.validate_on_submit()
    what = Act.COMPLETE if request.form.get("decision") == "complete" else Act.CANCEL
    try:
        service.act(
            current_actor(), barter_id, read_version(form.version.data), what, text=form.text.data or ""
        )
    except Invalid as error:
        form.take_errors(error)
        return _decision(_disputed(barter_id), form, 422)
    flash(_("Entschieden. Beide Seiten haben Bescheid bekommen."), "ok")
    return htmx.go(url_for("nanos.dispute", barter_id=barter_id))
