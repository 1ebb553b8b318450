"""Giving stars, changing one's mind, and the provider's one answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select, update

from app.accounts.api import members_among
from app.core.api import record
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.kit.ids import new_id
from app.nanos.events_voices import RatingAnswered, RatingEdited, RatingGiven
from app.nanos.models import Comment, Nano, Rating, RatingPast
from app.nanos.policies import P
from app.nanos.queries.entitlement import has_completed, has_exchanged
from app.nanos.rules.nano import State
from app.nanos.rules.rating import LONGEST_COMMENT, STARS, Rater, may_rate
from app.nanos.rules.voice import LONGEST_ANSWER
from app.nanos.services.nano import note, subject
from app.nanos.services.score import rating_rules, write_score
from app.nanos.services.search import refresh
from app.nanos.services.texts import checked_text
from app.nanos.services.voice_check import look_soon


def rater_of(actor: Actor, nano_id: UUID, organisation_id: UUID) -> Rater:
    """What decides whether the actor may rate a nano of this provider. One of its people stays one, for whichever of their
    organisations they act."""
    if actor.person_id is None:
        return Rater(False, False, False)
    if actor.organisation_id == organisation_id or members_among(organisation_id, [actor.person_id]):
        return Rater(True, False, False)
    return Rater(
        False, has_completed(actor.person_id, nano_id), has_exchanged(actor.organisation_id, nano_id)
    )


def rate(actor: Actor, nano_id: UUID, *, stars: int | None, text: str | None, version: int) -> UUID:
    """Give or change one's rating; the same twice is once. Returns its id.

    `version`: of the rating that was read, 0 for none. Raises Invalid by field ("stars", "text"), NotAllowed for who has no
    part in it, Conflict where another window was first or moderation took the rating out, NotFound.
    """
    require(actor, P.rating_write)
    said = _checked(stars, text)
    with transaction():
        nano = _rateable(nano_id)
        rater = rater_of(actor, nano_id, nano.organisation_id)
        if not may_rate(rater) or actor.organisation_id is None:
            raise NotAllowed(refusal(rater))
        row = db.session.scalar(
            select(Rating).where(Rating.nano_id == nano_id, Rating.person_id == actor.person_id)
        )
        if row is not None and row.struck_at is not None:
            raise Conflict(struck_words())
        if row is None:
            row = _give(actor, nano, *said)
        elif not _edit(actor, nano, row, said, version):
            return row.id
        write_score(nano_id, rating_rules())
        refresh([nano_id])
        return row.id


def _checked(stars: int | None, text: str | None) -> tuple[int, str]:
    if stars not in STARS:
        raise Invalid(fields={"stars": _("Wählen Sie 1 bis 5 Sterne.")})
    assert stars is not None
    return stars, checked_text("text", text, most=LONGEST_COMMENT)


def _rateable(nano_id: UUID) -> Nano:
    nano = lock(Nano, nano_id)
    if nano.state not in (State.PUBLISHED, State.RETIRED):
        raise NotFound
    return nano


def refusal(rater: Rater) -> str:
    """Why somebody may not rate."""
    if rater.of_provider:
        return _("Eigene Nanos kann niemand bewerten.")
    return _("Bewerten kann, wer das Nano durchgearbeitet hat oder wessen Organisation es getauscht hat.")


def struck_words() -> str:
    """Why a rating that moderation took out is not changed: it is kept as it was decided about."""
    return _(
        "Die Moderation hat Ihre Bewertung entfernt. Warum, und wie Sie sich beschweren, lesen Sie unter „Entscheidungen“."
    )


def _give(actor: Actor, nano: Nano, stars: int, text: str) -> Rating:
    row = Rating(
        id=new_id(), nano_id=nano.id, person_id=actor.person_id, organisation_id=actor.organisation_id, stars=stars,
        version=1, created_at=clock.now(),
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    _write(actor, row, text)
    record(RatingGiven(row.id, stars), actor=actor, subject=subject(nano.id))
    return row


def _edit(actor: Actor, nano: Nano, row: Rating, said: tuple[int, str], version: int) -> bool:
    """Whether there was anything to change."""
    comment = comment_of(row.id)
    before = (row.stars, comment.text if comment else "")
    if before == said:
        return False
    now = clock.now()
    taken = db.session.execute(
        update(Rating).where(Rating.id == row.id, Rating.version == version)
        .values(stars=said[0], version=version + 1, edited_at=now, organisation_id=actor.organisation_id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict(_("Sie haben diese Bewertung inzwischen in einem anderen Fenster geändert."))
    db.session.expire(row)
    db.session.add(
        RatingPast(id=new_id(), rating_id=row.id, version=version, stars=before[0], text=before[1], until=now)
    )
    _write(actor, row, said[1])
    record(RatingEdited(row.id, said[0]), actor=actor, subject=subject(nano.id))
    return True


def comment_of(rating_id: UUID) -> Comment | None:
    """What was written with a rating."""
    return db.session.scalar(select(Comment).where(Comment.parent_id == rating_id, Comment.kind == "rating"))


def _write(actor: Actor, row: Rating, text: str) -> None:
    """The comment keeps its id through edits, also while it is empty: moderation speaks of it."""
    found = comment_of(row.id)
    if found is None and text:
        found = new_comment(actor, row.nano_id, "rating", text, parent_id=row.id)
        db.session.add(found)
    elif found is not None and found.text != text:
        found.text, found.edited_at, found.organisation_id = text, clock.now(), actor.organisation_id
    else:
        return
    db.session.flush()
    if found is not None:
        look_soon(found)


def new_comment(
    actor: Actor, nano_id: UUID, kind: str, text: str, *, parent_id: UUID | None = None
) -> Comment:
    """A row for the caller to add."""
    values: dict[str, Any] = {"person_id": actor.person_id, "organisation_id": actor.organisation_id}
    return Comment(
        id=new_id(), nano_id=nano_id, kind=kind, parent_id=parent_id, text=text, created_at=clock.now(),
        hidden_reason="", **values,
    )  # fmt: skip


def answer_rating(actor: Actor, nano_id: UUID, rating_id: UUID, text: str | None) -> None:
    """The provider's word on a rating, once. Raises Invalid at "text", Conflict where one is there, NotFound."""
    require(actor, P.comment_answer)
    clean = checked_text("text", text, most=LONGEST_ANSWER, needed=_("Schreiben Sie eine Antwort."))
    with transaction():
        nano = lock(Nano, nano_id)
        row = db.session.get(Rating, rating_id)
        if nano.organisation_id != actor.organisation_id or row is None or row.nano_id != nano_id:
            raise NotFound
        add_answer(actor, nano, "reply", rating_id, clean)
        note(actor, nano, RatingAnswered(rating_id))


def add_answer(actor: Actor, nano: Nano, kind: str, parent_id: UUID, text: str) -> None:
    """Keep an answer. Joins the caller's transaction. Raises Conflict where another is there."""
    there = db.session.scalar(
        select(Comment.text).where(Comment.parent_id == parent_id, Comment.kind == kind)
    )
    if there is not None:
        raise Conflict(_("Darauf hat Ihre Organisation schon geantwortet."))
    row = new_comment(actor, nano.id, kind, text, parent_id=parent_id)
    db.session.add(row)
    db.session.flush()
    look_soon(row)
