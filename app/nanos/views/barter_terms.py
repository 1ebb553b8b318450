"""Saying what is exchanged: a first offer, a counter-offer, an amendment."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Conflict, Invalid, NotFound
from app.nanos.policies import Trade
from app.nanos.queries.barter import BarterView, get_barter
from app.nanos.queries.credit import balance_of
from app.nanos.queries.nano import get_nano
from app.nanos.queries.offer import has_stated, nano_to_trade, tradable
from app.nanos.rules.barter import Act, Side
from app.nanos.services import barter as service
from app.nanos.views import nanos
from app.nanos.views.barter import ONE, to_statement
from app.nanos.views.barter_forms import TermsForm, first_terms, terms_form
from app.nanos.views.forms import read_version


@nanos.get("/<uuid:nano_id>/barter")
@allows(Trade.deal)
def offer_barter(nano_id: UUID) -> ResponseReturnValue:
    """Begins with the nano from whose page one came."""
    wanted = nano_to_trade(current_actor(), nano_id)
    if not has_stated(current_actor().organisation_id):
        return to_statement(url_for("nanos.offer_barter", nano_id=nano_id))
    return _offer_page(wanted.id, wanted.organisation_id, first_terms(nano_id))


def _offer_page(nano_id: UUID, partner_id: UUID, form: TermsForm, status: int = 200) -> ResponseReturnValue:
    actor = current_actor()
    assert actor.organisation_id is not None  # who may deal belongs to an organisation
    ours = tradable(actor.organisation_id)
    form.offer_choices(ours, tradable(partner_id))
    html = render_template(
        "nanos/barter/offer.html", form=form, nano=get_nano(actor, nano_id), ours=ours, credit=balance_of(actor),
        submit=_("Tausch anbieten"), action=url_for("nanos.offer_barter", nano_id=nano_id),
        back=url_for("nanos.show", nano_id=nano_id),
    )  # fmt: skip
    return html, status


@nanos.post("/<uuid:nano_id>/barter")
@allows(Trade.deal)
def send_offer(nano_id: UUID) -> ResponseReturnValue:
    """Offer it."""
    actor, form = current_actor(), TermsForm()
    wanted = nano_to_trade(actor, nano_id)
    form.validate_on_submit()
    try:
        made = service.offer(actor, nano_id, form.said(Side.OFFERER), once=form.once.data or "")
    except Invalid as error:
        form.take_errors(error)
        return _offer_page(nano_id, wanted.organisation_id, form, 422)
    flash(_("Angeboten. Die andere Seite hat Bescheid bekommen."), "ok")
    return htmx.go(url_for("nanos.barter", barter_id=made))


def _changing(barter_id: UUID) -> tuple[BarterView, Act]:
    """The exchange, and whether changing it is a counter-offer or an amendment. Raises NotFound, Conflict."""
    deal = get_barter(current_actor(), barter_id)
    if deal.side is None:
        raise NotFound
    for what in (Act.COUNTER, Act.PROPOSE):
        if what in deal.acts:
            return deal, what
    raise Conflict(_("Das geht bei diesem Tausch nicht mehr. Sehen Sie nach, wo er steht."))


@nanos.get(f"{ONE}/change")
@allows(Trade.deal)
def change_barter(barter_id: UUID) -> ResponseReturnValue:
    """Begins with what is on the table."""
    deal, what = _changing(barter_id)
    assert deal.side is not None  # `_changing` says so
    if not has_stated(current_actor().organisation_id):
        return to_statement(url_for("nanos.change_barter", barter_id=barter_id))
    return _change_page(deal, what, terms_form(deal.valid.terms, deal.side, deal.deal.version))


def _change_page(deal: BarterView, what: Act, form: TermsForm, status: int = 200) -> ResponseReturnValue:
    actor = current_actor()
    assert actor.organisation_id is not None  # who may deal belongs to an organisation
    assert deal.side is not None  # a moderator changes no terms
    other = deal.partner_id if deal.side is Side.OFFERER else deal.offerer_id
    ours = tradable(actor.organisation_id)
    form.offer_choices(ours, tradable(other))
    html = render_template(
        "nanos/barter/change.html", form=form, deal=deal, amends=what is Act.PROPOSE, ours=ours, credit=balance_of(actor),
        action=url_for("nanos.send_change", barter_id=deal.id), back=url_for("nanos.barter", barter_id=deal.id),
    )  # fmt: skip
    return html, status


@nanos.post(f"{ONE}/change")
@allows(Trade.deal)
def send_change(barter_id: UUID) -> ResponseReturnValue:
    """A further revision, which the other side answers."""
    deal, what = _changing(barter_id)
    form = TermsForm()
    form.validate_on_submit()
    assert deal.side is not None  # `_changing` says so
    try:
        service.act(
            current_actor(), barter_id, read_version(form.version.data), what, terms=form.said(deal.side)
        )
    except Invalid as error:
        form.take_errors(error)
        return _change_page(deal, what, form, 422)
    flash(_("Vorgeschlagen.") if what is Act.PROPOSE else _("Gegenangebot gesendet."), "ok")
    return htmx.go(url_for("nanos.barter", barter_id=barter_id))
