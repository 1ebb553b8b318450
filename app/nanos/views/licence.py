"""Licences, credits, and what stands on receipts."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Invalid
from app.nanos.policies import Trade
from app.nanos.queries.credit import balance_of, list_entries
from app.nanos.queries.licence import given, held, stock_of
from app.nanos.services import licence as service
from app.nanos.services.trader import Statement, state_trader, trader_of
from app.nanos.views import nanos
from app.nanos.views.barter_forms import LimitForm, TraderForm


@nanos.get("/licences")
@allows(Trade.read)
def licences() -> ResponseReturnValue:
    """What we hold, or what we have given."""
    actor, view = current_actor(), request.args.get("view", "held")
    rows = given(actor) if view == "given" else held(actor)
    return render_template("nanos/licence/list.html", rows=rows, given=view == "given")


@nanos.get("/<uuid:nano_id>/licences")
@allows(Trade.deal)
def stock(nano_id: UUID) -> ResponseReturnValue:
    """Who holds licences of one of ours, and how many we give."""
    found = stock_of(current_actor(), nano_id)
    return _stock_page(nano_id, LimitForm(formdata=None, data={"most": str(found.most or "")}))


def _stock_page(nano_id: UUID, form: LimitForm, status: int = 200) -> ResponseReturnValue:
    return render_template(
        "nanos/licence/stock.html", stock=stock_of(current_actor(), nano_id), form=form
    ), status


@nanos.post("/<uuid:nano_id>/licences")
@allows(Trade.deal)
def limit_stock(nano_id: UUID) -> ResponseReturnValue:
    """A number, or nothing for any number."""
    form = LimitForm()
    form.validate_on_submit()
    typed = (form.most.data or "").strip()
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 8 else 0
    try:
        service.set_limit(current_actor(), nano_id, number if typed else None)
    except Invalid as error:
        form.take_errors(error)
        return _stock_page(nano_id, form, 422)
    flash(_("Gespeichert."), "ok")
    return htmx.go(url_for("nanos.stock", nano_id=nano_id))


@nanos.get("/credits")
@allows(Trade.read)
def credits() -> ResponseReturnValue:
    """Balance and entries of our organisation."""
    actor = current_actor()
    return render_template("nanos/credit/show.html", balance=balance_of(actor), rows=list_entries(actor))


def _back() -> str:
    return htmx.safe_next(request.args.get("back"), url_for("nanos.barters"))


@nanos.get("/receipt-details")
@allows(Trade.deal)
def trader() -> ResponseReturnValue:
    """What stands on our receipts."""
    found = trader_of(current_actor())
    data = vars(found) if found else {"name": current_actor().organisation_name}
    return _trader_page(TraderForm(formdata=None, data=data))


def _trader_page(form: TraderForm, status: int = 200) -> ResponseReturnValue:
    form.offer_choices()
    return render_template("nanos/barter/trader.html", form=form, back=_back()), status


@nanos.post("/receipt-details")
@allows(Trade.deal)
def state_trader_page() -> ResponseReturnValue:
    """Keep it."""
    form = TraderForm()
    form.validate_on_submit()
    said = Statement(
        form.name.data or "", form.address.data or "", form.tax_number.data or "", form.vat.data or ""
    )
    try:
        state_trader(current_actor(), said)
    except Invalid as error:
        form.take_errors(error)
        return _trader_page(form, 422)
    flash(_("Gespeichert. So steht es auf den nächsten Belegen."), "ok")
    return htmx.go(_back())
