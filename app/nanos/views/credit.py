"""Credit accounts, as operators see and manage them."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Invalid
from app.nanos.policies import Trade
from app.nanos.queries.credit import get_account, get_payment, list_accounts, list_payments, sum_of_all
from app.nanos.services import credit as service
from app.nanos.views import nanos
from app.nanos.views.barter_forms import FloorForm, ReverseForm


@nanos.get("/credit-accounts")
@allows(Trade.credit)
def credit_accounts() -> ResponseReturnValue:
    """Who stands where, and what was paid out."""
    return render_template(
        "nanos/credit/accounts.html", rows=list_accounts(), payments=list_payments(), total=sum_of_all()
    )


@nanos.get("/credit-accounts/<uuid:organisation_id>")
@allows(Trade.credit)
def credit_floor(organisation_id: UUID) -> ResponseReturnValue:
    """The floor of one organisation."""
    found = get_account(organisation_id)
    lowest = str(found.balance.lowest) if found.balance.own_floor else ""
    return _floor_page(organisation_id, FloorForm(formdata=None, data={"lowest": lowest}))


def _floor_page(organisation_id: UUID, form: FloorForm, status: int = 200) -> ResponseReturnValue:
    return render_template("nanos/credit/floor.html", account=get_account(organisation_id), form=form), status


@nanos.post("/credit-accounts/<uuid:organisation_id>")
@allows(Trade.credit)
def set_credit_floor(organisation_id: UUID) -> ResponseReturnValue:
    """A number up to zero, or nothing for the usual one."""
    form = FloorForm()
    form.validate_on_submit()
    typed = (form.lowest.data or "").strip().replace("−", "-").replace(".", "")
    digits = typed.removeprefix("-")
    number = int(typed) if digits.isascii() and digits.isdigit() and len(digits) < 9 else 1
    try:
        service.set_floor(current_actor(), organisation_id, number if typed else None)
    except Invalid as error:
        form.take_errors(error)
        return _floor_page(organisation_id, form, 422)
    flash(_("Gespeichert."), "ok")
    return htmx.go(url_for("nanos.credit_accounts"))


@nanos.get("/credit-payments/<uuid:transfer_id>")
@allows(Trade.credit)
def credit_payment(transfer_id: UUID) -> ResponseReturnValue:
    """One payment, and taking it back."""
    return _payment_page(transfer_id, ReverseForm(formdata=None))


def _payment_page(transfer_id: UUID, form: ReverseForm, status: int = 200) -> ResponseReturnValue:
    return render_template("nanos/credit/payment.html", payment=get_payment(transfer_id), form=form), status


@nanos.post("/credit-payments/<uuid:transfer_id>")
@allows(Trade.credit)
def reverse_payment(transfer_id: UUID) -> ResponseReturnValue:
    """By a new posting; with a reason where somebody goes below their floor."""
    form = ReverseForm()
    form.validate_on_submit()
    try:
        service.reverse(current_actor(), transfer_id, form.reason.data or "")
    except Invalid as error:
        form.take_errors(error)
        return _payment_page(transfer_id, form, 422)
    flash(_("Zurückgenommen, mit einer neuen Buchung."), "ok")
    return htmx.go(url_for("nanos.credit_accounts"))
