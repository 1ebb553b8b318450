"""The operator's vouchers."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.billing.policies import P
from app.billing.queries.vouchers import get_voucher, list_vouchers
from app.billing.rules.moments import day_start, moment
from app.billing.services.voucher import issue_vouchers, withdraw_voucher
from app.billing.views.forms import IssueForm
from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Invalid

vouchers = Blueprint("vouchers", __name__, url_prefix="/betrieb/gutscheine")

STATES = {
    "open": (_l("Offen"), "ok"),
    "used": (_l("Eingelöst"), "neutral"),
    "expired": (_l("Abgelaufen"), "warn"),
    "withdrawn": (_l("Zurückgezogen"), "bad"),
}


def _page(form: IssueForm) -> str:
    page = list_vouchers(request.args.get("cursor") or None)
    return render_template("billing/voucher/list.html", page=page, form=form, states=STATES)


@vouchers.get("")
@allows(P.VOUCHER_ISSUE)
def index() -> ResponseReturnValue:
    """All vouchers, and the form for new ones."""
    return _page(IssueForm(formdata=None))


@vouchers.post("")
@allows(P.VOUCHER_ISSUE)
def issue() -> ResponseReturnValue:
    """Make vouchers and show their codes, once."""
    form = IssueForm()
    if not form.validate():
        return _page(form), 422
    actor = current_actor()
    expires = None
    if form.expires.data:
        expires = moment(day_start(form.expires.data + timedelta(days=1), actor.timezone))
    try:
        assert form.amount.money is not None  # required and parsed
        codes = issue_vouchers(
            actor,
            amount=form.amount.money,
            count=form.count.data,
            max_uses=form.max_uses.data,
            expires_at=expires,
            purpose=form.purpose.data or "",
            once=form.once.data[:60],
        )
    except Invalid as error:
        form.take_errors(error)
        return _page(form), 422
    return render_template(
        "billing/voucher/issued.html", codes=codes, amount=form.amount.money, max_uses=form.max_uses.data
    )


@vouchers.get("/<uuid:voucher_id>/zurueckziehen")
@allows(P.VOUCHER_ISSUE)
def ask_withdraw(voucher_id: UUID) -> ResponseReturnValue:
    """Ask before withdrawing."""
    return render_template("billing/voucher/withdraw.html", voucher=get_voucher(voucher_id))


@vouchers.post("/<uuid:voucher_id>/zurueckziehen")
@allows(P.VOUCHER_ISSUE)
def withdraw(voucher_id: UUID) -> ResponseReturnValue:
    """The code stops working."""
    withdraw_voucher(current_actor(), voucher_id)
    flash(_("Der Gutschein ist zurückgezogen."), "ok")
    return htmx.go(url_for("vouchers.index"))
