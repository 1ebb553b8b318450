"""The wallet: balance, ways to top up, warning time, prices."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.billing.gateways.payment import PENDING, SUCCEEDED, PaymentProvider, providers
from app.billing.policies import P
from app.billing.queries.forecast import forecast
from app.billing.queries.prices import price_list
from app.billing.queries.wallet import wallet_state
from app.billing.services.payment import top_up
from app.billing.services.voucher import redeem_voucher
from app.billing.services.wallet import set_warning
from app.billing.views.forms import TopUpForm, VoucherForm, WarningForm
from app.kit import formats, htmx
from app.kit.authz import Actor, allows, current_actor, may
from app.kit.config import settings
from app.kit.errors import Invalid, NotFound
from app.kit.forms import Form
from app.kit.links import public_link

wallet = Blueprint("wallet", __name__, url_prefix="/guthaben")


def organisation_of(actor: Actor) -> UUID:
    """The actor's organisation: whoever has a wallet permission has one."""
    if actor.organisation_id is None:
        raise NotFound
    return actor.organisation_id


def render_balance(organisation_id: UUID) -> str:
    """The live part of the page."""
    return render_template(
        "billing/wallet/_balance.html", state=wallet_state(organisation_id), organisation_id=organisation_id
    )


def may_watch(actor: Actor, organisation_id: UUID) -> bool:
    """Whether the actor may see that wallet live."""
    return actor.organisation_id == organisation_id and may(actor, P.WALLET_SEE)


def _page(**bad: Form) -> ResponseReturnValue:
    organisation_id = organisation_of(current_actor())
    state = wallet_state(organisation_id)
    forms = {
        "voucher_form": VoucherForm(formdata=None),
        "top_up_form": TopUpForm(formdata=None),
        "warning_form": WarningForm(formdata=None, warn_hours=max(1, state.warn_minutes // 60)),
    }
    forms.update(bad)
    page = render_template(
        "billing/wallet/show.html",
        state=state,
        organisation_id=organisation_id,
        forecast=forecast(organisation_id),
        prices=price_list(),
        test_mode="test" in providers(settings()),
        **forms,
        **({"form": next(iter(bad.values()))} if bad else {}),
    )
    return page, 422 if bad else 200


@wallet.get("")
@allows(P.WALLET_SEE)
def show() -> ResponseReturnValue:
    """The whole page."""
    return _page()


@wallet.post("/gutschein")
@allows(P.WALLET_MANAGE)
def redeem() -> ResponseReturnValue:
    """Redeem a voucher."""
    form = VoucherForm()
    if not form.validate():
        return _page(voucher_form=form)
    try:
        done = redeem_voucher(current_actor(), form.code.data)
    except Invalid as error:
        form.take_errors(error)
        return _page(voucher_form=form)
    if done.fresh:
        flash(_("%(amount)s sind deinem Guthaben gutgeschrieben.", amount=formats.money(done.amount)), "ok")
    else:
        flash(_("Diesen Gutschein habt ihr schon eingelöst."), "info")
    return htmx.go(url_for("wallet.show"))


@wallet.post("/aufladung")
@allows(P.WALLET_MANAGE)
def add_money() -> ResponseReturnValue:
    """Top up with the provider this installation offers."""
    form = TopUpForm()
    provider = _provider()
    if not form.validate():
        return _page(top_up_form=form)
    try:
        assert form.amount.money is not None  # required and parsed
        done = top_up(
            current_actor(),
            provider,
            form.amount.money,
            once=form.once.data[:60],
            return_url=public_link("wallet.show"),
        )
    except Invalid as error:
        form.take_errors(error)
        return _page(top_up_form=form)
    if done.state == SUCCEEDED:
        flash(_("%(amount)s sind deinem Guthaben gutgeschrieben.", amount=formats.money(done.amount)), "ok")
    elif done.state == PENDING:
        flash(_("Die Zahlung läuft. Das Guthaben steigt, sobald sie bestätigt ist."), "info")
    else:
        flash(_("Die Zahlung ist gescheitert. Es wurde nichts abgebucht."), "bad")
    return htmx.go(done.redirect_url or url_for("wallet.show"))


def _provider() -> PaymentProvider:
    offered = providers(settings())
    if not offered:
        raise NotFound
    return next(iter(offered.values()))


@wallet.post("/warnung")
@allows(P.WALLET_MANAGE)
def warn() -> ResponseReturnValue:
    """Choose the warning time."""
    form = WarningForm()
    if not form.validate():
        return _page(warning_form=form)
    try:
        set_warning(current_actor(), minutes=form.warn_hours.data * 60)
    except Invalid as error:
        form.take_errors(error)
        return _page(warning_form=form)
    flash(_("Die Warnzeit ist gespeichert."), "ok")
    return htmx.go(url_for("wallet.show"))
