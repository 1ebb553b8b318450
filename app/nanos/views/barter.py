"""Exchanges: the list, the page of one, and its steps that need nothing but a button."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import htmx, live
from app.kit.authz import Actor, allows, current_actor
from app.kit.dom import dom_id
from app.nanos.policies import Trade
from app.nanos.queries.barter import DEAL, LIVE, VIEWS, BarterView, count_views, get_barter, list_barters
from app.nanos.queries.offer import has_stated
from app.nanos.rules.barter import Act
from app.nanos.services import barter as service
from app.nanos.views import nanos
from app.nanos.views.forms import read_version

ONE = "/barters/<uuid:barter_id>"


@nanos.get("/barters")
@allows(Trade.read)
def barters() -> ResponseReturnValue:
    """Those that wait for us, else those that are open."""
    actor = current_actor()
    counts = count_views(actor)
    view = request.args.get("view", "")
    if view not in VIEWS:
        view = "waiting" if counts["waiting"] else "open"
    page = list_barters(actor, view, cursor=request.args.get("cursor"))
    return render_template("nanos/barter/list.html", page=page, view=view, counts=counts)


@nanos.get(ONE)
@allows(Trade.read)
def barter(barter_id: UUID) -> ResponseReturnValue:
    """The exchange and its conversation, on one page."""
    return render_template("nanos/barter/show.html", **context(get_barter(current_actor(), barter_id)))


def context(deal: BarterView) -> dict[str, object]:
    """What the page and its live part need."""
    return {"deal": deal, "part": dom_id(LIVE, deal.id, DEAL)}


def may_watch(actor: Actor, barter_id: UUID) -> bool:
    """Raises NotFound for whom it does not concern."""
    return get_barter(actor, barter_id).id == barter_id


def render_deal(barter_id: UUID) -> str:
    """The live part, as the side sees it that watches."""
    return render_template("nanos/barter/_deal.html", **context(get_barter(current_actor(), barter_id)))


live.fragment(prefix=LIVE, aspect=DEAL, authorise=may_watch, render=render_deal)


def step(barter_id: UUID, what: Act, done: str) -> ResponseReturnValue:
    """One button: the version that was seen, and for an acceptance its revision."""
    version, revision = read_version(request.form.get("version")), read_version(request.form.get("revision"))
    service.act(current_actor(), barter_id, version, what, revision=revision)
    flash(done, "ok")
    return htmx.go(url_for("nanos.barter", barter_id=barter_id))


def to_statement(back: str) -> ResponseReturnValue:
    """Before somebody is bound they say what stands on their receipts; then on to `back`."""
    flash(_("Sagen Sie zuerst, was auf Ihren Tauschbelegen steht."), "info")
    return htmx.go(url_for("nanos.trader", back=back))


@nanos.post(f"{ONE}/accept")
@allows(Trade.deal)
def accept_barter(barter_id: UUID) -> ResponseReturnValue:
    """The revision that was read, and no other."""
    get_barter(current_actor(), barter_id)
    if not has_stated(current_actor().organisation_id):
        return to_statement(url_for("nanos.barter", barter_id=barter_id))
    return step(barter_id, Act.ACCEPT, _("Angenommen. Jetzt liefern beide Seiten."))


@nanos.post(f"{ONE}/agree")
@allows(Trade.deal)
def agree_barter(barter_id: UUID) -> ResponseReturnValue:
    """Agree to an amendment: the revision that was read."""
    return step(barter_id, Act.AGREE, _("Geändert. Beide Seiten liefern neu."))


@nanos.post(f"{ONE}/drop")
@allows(Trade.deal)
def drop_barter(barter_id: UUID) -> ResponseReturnValue:
    """An amendment is refused, or taken back."""
    return step(barter_id, Act.DROP, _("Es bleibt bei dem, was vereinbart ist."))


@nanos.post(f"{ONE}/deliver")
@allows(Trade.deal)
def deliver_barter(barter_id: UUID) -> ResponseReturnValue:
    """Open what we give."""
    return step(barter_id, Act.DELIVER, _("Geliefert: Die andere Seite hat jetzt Zugang."))


@nanos.post(f"{ONE}/confirm")
@allows(Trade.deal)
def confirm_barter(barter_id: UUID) -> ResponseReturnValue:
    """We have what we were promised."""
    return step(barter_id, Act.CONFIRM, _("Bestätigt."))


@nanos.get(f"{ONE}/decline")
@allows(Trade.deal)
def ask_decline(barter_id: UUID) -> ResponseReturnValue:
    """Asks before an end that cannot be taken back."""
    return render_template("nanos/barter/decline.html", **context(get_barter(current_actor(), barter_id)))


@nanos.post(f"{ONE}/decline")
@allows(Trade.deal)
def decline_barter(barter_id: UUID) -> ResponseReturnValue:
    """No."""
    return step(barter_id, Act.DECLINE, _("Abgelehnt."))


@nanos.post(f"{ONE}/withdraw")
@allows(Trade.deal)
def withdraw_barter(barter_id: UUID) -> ResponseReturnValue:
    """Our own offer, before it is accepted."""
    return step(barter_id, Act.WITHDRAW, _("Zurückgezogen."))
