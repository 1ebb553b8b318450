"""Ratings, questions and answers as what can be moderated: what a decision does. All joins the transaction of who decides.

Words and stars are two switches that know nothing of each other: a measure turns one on, its reversal turns that one off, in
whatever order decisions come and fall. A switch that is on already is refused; one that is off already stays off.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select, update

from app.core.api import record
from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.errors import Conflict, Invalid
from app.nanos.events_voices import RatingRestored, RatingStruck
from app.nanos.models import Comment, Nano, Rating
from app.nanos.rules.measure import Measure
from app.nanos.services.comment import hide_comment, show_comment
from app.nanos.services.nano import subject
from app.nanos.services.rating import comment_of
from app.nanos.services.score import rating_rules, write_score
from app.nanos.services.search import refresh


def _too_late() -> Conflict:
    return Conflict(_("Das gilt schon. Es wurde nichts geändert."))


def hold_rating(rating_id: UUID) -> None:
    """Lock the nano it is of: whoever rates, answers or counts stars waits there. Nothing where it is gone."""
    _hold(select(Rating.nano_id).where(Rating.id == rating_id))


def hold_comment(comment_id: UUID) -> None:
    """The same for a question or an answer."""
    _hold(select(Comment.nano_id).where(Comment.id == comment_id))


def _hold(nano_id: Any) -> None:
    db.session.execute(select(Nano.id).where(Nano.id == nano_id.scalar_subquery()).with_for_update())


def bar_comment(
    actor: Actor, comment_id: UUID, _number: int | None, measure: Measure, reason: str
) -> dict[str, Any]:
    """Keep a question or an answer from being read. Raises Conflict where it is so already."""
    if measure is Measure.WORDS and not hide_comment(actor, comment_id, reason):
        raise _too_late()
    return {}


def lift_comment(
    actor: Actor, comment_id: UUID, _number: int | None, measure: Measure, _before: dict[str, Any]
) -> None:
    """Everybody reads it again; nothing where it is gone."""
    if measure is Measure.WORDS and db.session.get(Comment, comment_id) is not None:
        show_comment(actor, comment_id)


def bar_rating(
    actor: Actor, rating_id: UUID, _number: int | None, measure: Measure, reason: str
) -> dict[str, Any]:
    """Keep its words from being read, or take it out with its stars. Raises Conflict where it is so already, Invalid at
    "measure" where there are no words."""
    if measure is Measure.STARS:
        _strike(actor, rating_id, struck=True)
    elif measure is Measure.WORDS:
        if db.session.scalar(select(Rating.struck_at).where(Rating.id == rating_id)) is not None:
            raise _too_late()
        comment = comment_of(rating_id)
        if comment is None or not comment.text:
            raise Invalid(fields={"measure": _("Diese Bewertung besteht nur aus Sternen.")})
        if not hide_comment(actor, comment.id, reason):
            raise _too_late()
    return {}


def lift_rating(
    actor: Actor, rating_id: UUID, _number: int | None, measure: Measure, _before: dict[str, Any]
) -> None:
    """Turn that one switch off again; nothing where it is off, or the words are gone."""
    if measure is Measure.STARS:
        _strike(actor, rating_id, struck=False)
    elif measure is Measure.WORDS:
        comment = comment_of(rating_id)
        if comment is not None:
            show_comment(actor, comment.id)


def _strike(actor: Actor, rating_id: UUID, *, struck: bool) -> None:
    """Take the stars out of the mean or count them again, by compare-and-set, with the mean and the search in the same
    transaction."""
    was = Rating.struck_at.is_(None) if struck else Rating.struck_at.is_not(None)
    done = db.session.execute(
        update(Rating).where(Rating.id == rating_id, was).values(struck_at=clock.now() if struck else None)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if done.rowcount != 1:  # type: ignore[attr-defined]
        if struck:
            raise _too_late()
        return
    row = db.session.get(Rating, rating_id, populate_existing=True)
    assert row is not None
    write_score(row.nano_id, rating_rules())
    refresh([row.nano_id])
    fact = RatingStruck(rating_id) if struck else RatingRestored(rating_id)
    record(fact, actor=actor, subject=subject(row.nano_id))
