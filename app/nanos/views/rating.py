"""Ratings: all of a nano, one's own, the provider's answer, the operator's rules."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.kit.formats import number
from app.nanos.policies import P
from app.nanos.queries.about import about
from app.nanos.queries.nano import NanoView, get_nano
from app.nanos.queries.rating import OwnRating, own_rating, past_of
from app.nanos.queries.voices import list_voices, one_voice
from app.nanos.rules.nano import State
from app.nanos.rules.rating import THOUSAND, Rules, may_rate
from app.nanos.services import rating, score
from app.nanos.views import nanos
from app.nanos.views.forms import read_version
from app.nanos.views.forms_voices import AnswerForm, RatingForm, RulesForm, read_stars


def spoken_of(nano_id: UUID) -> NanoView:
    """A nano that people may speak about: published, or retired. Raises NotFound."""
    nano = get_nano(current_actor(), nano_id)
    if nano.state not in (State.PUBLISHED, State.RETIRED):
        raise NotFound
    return nano


@nanos.get("/<uuid:nano_id>/ratings")
@allows(P.nano_read)
def ratings(nano_id: UUID) -> ResponseReturnValue:
    """All of them, the newest first."""
    nano, actor = spoken_of(nano_id), current_actor()
    page = list_voices(actor, nano_id, "rating", cursor=request.args.get("cursor"))
    return render_template(
        "nanos/rating/list.html", nano=nano, page=page, about=about(actor, nano_id, nano.organisation_id)
    )


def _form_page(nano: NanoView, form: RatingForm, given: OwnRating, status: int) -> ResponseReturnValue:
    return render_template("nanos/rating/form.html", nano=nano, form=form, given=given), status


@nanos.get("/<uuid:nano_id>/ratings/mine")
@allows(P.rating_write)
def edit_rating(nano_id: UUID) -> ResponseReturnValue:
    """Give stars, or change them."""
    nano, actor = spoken_of(nano_id), current_actor()
    rater = rating.rater_of(actor, nano_id, nano.organisation_id)
    if not may_rate(rater):
        raise NotAllowed(rating.refusal(rater))
    given = own_rating(actor, nano_id)
    if given.struck:
        raise Conflict(rating.struck_words())
    data = {"stars": str(given.stars or ""), "text": given.text, "version": str(given.version)}
    return _form_page(nano, RatingForm(formdata=None, data=data), given, 200)


@nanos.post("/<uuid:nano_id>/ratings/mine")
@allows(P.rating_write)
def save_rating(nano_id: UUID) -> ResponseReturnValue:
    """Keep what was chosen. Who was first in another window is told; what was typed stays."""
    nano, form = spoken_of(nano_id), RatingForm()
    form.validate_on_submit()
    version, stars = read_version(form.version.data), read_stars(form.stars.data)
    try:
        rating.rate(current_actor(), nano_id, stars=stars, text=form.text.data, version=version)
    except Invalid as error:
        form.take_errors(error)
        return _form_page(nano, form, own_rating(current_actor(), nano_id), 422)
    except Conflict as error:
        form.form_errors.append(error.message)
        given = own_rating(current_actor(), nano_id)
        form.version.data = str(given.version)
        return _form_page(nano, form, given, 409)
    flash(_("Danke, Ihre Bewertung ist gespeichert."), "ok")
    return htmx.go(url_for("nanos.ratings", nano_id=nano_id))


@nanos.get("/<uuid:nano_id>/ratings/<uuid:rating_id>/history")
@allows(P.nano_read)
def rating_history(nano_id: UUID, rating_id: UUID) -> ResponseReturnValue:
    """What it said before, for its author and moderators."""
    nano, actor = spoken_of(nano_id), current_actor()
    past = past_of(actor, nano_id, rating_id)
    return render_template(
        "nanos/rating/history.html", nano=nano, past=past, one=one_voice(actor, nano_id, "rating", rating_id)
    )


@nanos.get("/<uuid:nano_id>/ratings/<uuid:rating_id>/answer")
@allows(P.comment_answer)
def edit_rating_answer(nano_id: UUID, rating_id: UUID) -> ResponseReturnValue:
    """The provider's one answer."""
    return _answer_page(nano_id, rating_id, AnswerForm(), 200)


def _answer_page(nano_id: UUID, rating_id: UUID, form: AnswerForm, status: int) -> ResponseReturnValue:
    nano = spoken_of(nano_id)
    if not nano.ours:
        raise NotFound
    one = one_voice(current_actor(), nano_id, "rating", rating_id)
    action = url_for("nanos.answer_rating", nano_id=nano_id, rating_id=rating_id)
    back = url_for("nanos.ratings", nano_id=nano_id)
    return render_template(
        "nanos/rating/answer.html", nano=nano, one=one, form=form, action=action, back=back
    ), status


@nanos.post("/<uuid:nano_id>/ratings/<uuid:rating_id>/answer")
@allows(P.comment_answer)
def answer_rating(nano_id: UUID, rating_id: UUID) -> ResponseReturnValue:
    """Keep it."""
    form = AnswerForm()
    form.validate_on_submit()
    try:
        rating.answer_rating(current_actor(), nano_id, rating_id, form.text.data)
    except Invalid as error:
        form.take_errors(error)
        return _answer_page(nano_id, rating_id, form, 422)
    flash(_("Ihre Antwort steht jetzt unter der Bewertung."), "ok")
    return htmx.go(url_for("nanos.ratings", nano_id=nano_id))


@nanos.get("/rating-rules")
@allows(P.rating_rules)
def edit_rules() -> ResponseReturnValue:
    """The operator's choice."""
    rules = score.rating_rules()
    data = {
        "prior": number(rules.prior / THOUSAND, 1), "weight": str(rules.weight),
        "badge_from": number(rules.badge_from / THOUSAND, 1), "badge_count": str(rules.badge_count),
    }  # fmt: skip
    return render_template("nanos/rating/rules.html", form=RulesForm(formdata=None, data=data))


def _read_number(text: str | None, places: int) -> int:
    """A number as people write it, in units of its last place; -1, which no rule allows, for what is none."""
    whole, _comma, rest = (text or "").strip().replace(",", ".").partition(".")
    if not whole.isascii() or not whole.isdigit() or len(whole) > 6 or len(rest) > places:
        return -1
    if rest and not (rest.isascii() and rest.isdigit()):
        return -1
    return int(whole + rest.ljust(places, "0"))


@nanos.post("/rating-rules")
@allows(P.rating_rules)
def save_rules() -> ResponseReturnValue:
    """Keep it; all nanos are counted anew in the background."""
    form = RulesForm()
    form.validate_on_submit()
    wanted = Rules(
        prior=_read_number(form.prior.data, 3), weight=_read_number(form.weight.data, 0),
        badge_from=_read_number(form.badge_from.data, 3), badge_count=_read_number(form.badge_count.data, 0),
    )  # fmt: skip
    try:
        score.save_rules(current_actor(), wanted)
    except Invalid as error:
        form.take_errors(error)
        return render_template("nanos/rating/rules.html", form=form), 422
    flash(_("Gespeichert. Alle Bewertungen werden jetzt neu gezählt."), "ok")
    return htmx.go(url_for("nanos.edit_rules"))
