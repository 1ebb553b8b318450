"""The operator's price list and the minutes all wallets are watched with."""

from __future__ import annotations

from dataclasses import asdict
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.billing.policies import P
from app.billing.queries.prices import price_list
from app.billing.queries.settings import operator_thresholds
from app.billing.rules.wallet import Thresholds
from app.billing.services.price import announce_price
from app.billing.services.wallet import set_thresholds
from app.billing.views.forms import PriceForm, ThresholdForm
from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.config import settings
from app.kit.errors import Invalid

prices = Blueprint("prices", __name__, url_prefix="/betrieb/preise")


def _choices(form: PriceForm) -> PriceForm:
    current = [line for line in price_list() if line.state == "current"]
    form.meter.choices = [(line.meter, f"{line.label} ({line.text})") for line in current]
    return form


def _page(
    price_form: PriceForm | None = None, threshold_form: ThresholdForm | None = None
) -> ResponseReturnValue:
    bad = price_form or threshold_form
    page = render_template(
        "billing/price/list.html",
        lines=price_list(past=True),
        zone=settings().billing_zone,
        price_form=price_form or _choices(PriceForm(formdata=None)),
        threshold_form=threshold_form or ThresholdForm(formdata=None, data=asdict(operator_thresholds())),
        **({"form": bad} if bad else {}),
    )
    return page, 422 if bad else 200


@prices.get("")
@allows(P.PRICE_MANAGE)
def index() -> ResponseReturnValue:
    """All prices, and the forms."""
    return _page()


@prices.post("")
@allows(P.PRICE_MANAGE)
def announce() -> ResponseReturnValue:
    """A new price from a moment in the future, written in the billing zone."""
    form = _choices(PriceForm())
    if not form.validate():
        return _page(price_form=form)
    try:
        assert form.amount.money is not None  # required and parsed
        announce_price(
            current_actor(),
            meter=form.meter.data,
            amount=form.amount.money,
            valid_from=form.valid_from.data.replace(tzinfo=ZoneInfo(settings().billing_zone)),
        )
    except Invalid as error:
        form.take_errors(error)
        return _page(price_form=form)
    flash(_("Der Preis ist angekündigt."), "ok")
    return htmx.go(url_for("prices.index"))


@prices.post("/minuten")
@allows(P.PRICE_MANAGE)
def watch_minutes() -> ResponseReturnValue:
    """The operator's minutes for all wallets."""
    form = ThresholdForm()
    if form.validate() and form.stop_minutes.data > form.reserve_minutes.data:
        form.reserve_minutes.errors = [
            _("Die Reserve muss mindestens so lang sein wie die Zeit zum Stoppen.")
        ]
    if form.errors:
        return _page(threshold_form=form)
    set_thresholds(
        current_actor(),
        Thresholds(form.warn_minutes.data, form.stop_minutes.data, form.reserve_minutes.data),
    )
    flash(_("Die Zeiten sind gespeichert."), "ok")
    return htmx.go(url_for("prices.index"))
