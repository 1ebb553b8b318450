"""What people say at nanos as what is moderated: what moderators read of it, what it is called, what may be reported.

A rating is one thing with its words, and can be reported where it has none. Questions are things of their own, and so are
answers, to a rating or to a question.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from sqlalchemy import exists, func, literal, select, union_all
from sqlalchemy.orm import aliased

from app.kit.db import db
from app.kit.errors import NotFound
from app.kit.formats import number as shown
from app.nanos.models import Comment, Nano, Rating, RatingPast, Revision, Use
from app.nanos.queries.entitlement import exchanged
from app.nanos.rules.nano import Stage, State
from app.nanos.rules.notice import Thing
from app.nanos.subjects import Subject

RATING, QUESTION, ANSWER = "nanos.rating", "nanos.question", "nanos.answer"
VOICES = (RATING, QUESTION, ANSWER)
KINDS: dict[str, str] = {"rating": RATING, "question": QUESTION, "reply": ANSWER, "answer": ANSWER}
"""What a `Comment` belongs to or is, by its kind."""


def _title(model: Any) -> Any:
    """The title its nano had when it was last public."""
    return (
        select(Revision.title)
        .where(
            Revision.nano_id == model.nano_id,
            Revision.state.in_((Stage.CURRENT.value, Stage.PAST.value)),
        )
        .order_by(Revision.number.desc()).limit(1).correlate(model).scalar_subquery()
    )  # fmt: skip


def _called(kind: str, title: str | None) -> str:
    words = {RATING: _("Bewertung"), QUESTION: _("Frage"), ANSWER: _("Antwort")}
    return f"{words[kind]}: {title or '–'}"


def voice_titles(ids: list[UUID]) -> dict[UUID, str]:
    """What ratings, questions and answers are called, without a word of theirs: one statement for all."""
    if not ids:
        return {}
    rows: Any = db.session.execute(
        union_all(
            select(Rating.id, literal("rating").label("kind"), _title(Rating)).where(Rating.id.in_(ids)),
            select(Comment.id, Comment.kind, _title(Comment)).where(Comment.id.in_(ids), Comment.kind != "rating"),
        )
    )  # fmt: skip
    return {one: _called(KINDS[kind], title) for one, kind, title in rows}


def load_rating(rating_id: UUID, version: int | None) -> Subject | None:
    """The rating as it is, or as it was in a former version. None where there is none."""
    other = aliased(Rating)
    given = (func.count(other.id), func.avg(other.stars))
    by_same = [
        select(one).where(other.person_id == Rating.person_id).correlate(Rating).scalar_subquery() for one in given
    ]  # fmt: skip
    row: Any = db.session.execute(
        select(
            Rating, Comment.text, Comment.hidden_at, _title(Rating), RatingPast.stars, RatingPast.text, Use.completed_at,
            Use.seconds, exchanged(Rating.organisation_id, Rating.nano_id), *by_same,  # type: ignore[arg-type]
        )
        .outerjoin(Comment, (Comment.parent_id == Rating.id) & (Comment.kind == "rating"))
        .outerjoin(RatingPast, (RatingPast.rating_id == Rating.id) & (RatingPast.version == (version or 0)))
        .outerjoin(Use, (Use.person_id == Rating.person_id) & (Use.nano_id == Rating.nano_id))
        .where(Rating.id == rating_id)
        .execution_options(populate_existing=True)
    ).first()  # fmt: skip
    if row is None:
        return None
    rating, text, hidden_at, title, was_stars, was_text, *known = row
    past = was_stars is not None
    stars, said = (was_stars, was_text) if past else (rating.stars, text or "")
    return Subject(
        _called(RATING, title), f"/nanos/ratings/{rating.id}", rating.organisation_id,
        {"voice": said} if said else {},
        content_date=rating.created_at.date(), number=version if past else rating.version, person_id=rating.person_id,
        bar="struck" if rating.struck_at else "hidden" if hidden_at else "", known=_known(rating, stars, *known),
    )  # fmt: skip


def _known(
    rating: Rating,
    stars: int,
    completed_at: datetime | None,
    seconds: int | None,
    exchanged: bool,
    count: int,
    mean: Any,
) -> tuple[tuple[str, str], ...]:
    """What shows whether a rating is genuine. Nobody is named."""
    minutes = (seconds or 0) // 60
    return (
        (_("Sterne"), _("%(stars)d von 5", stars=stars)),
        (_("Durchgearbeitet"), format_date(completed_at, "medium") if completed_at else _("nein")),
        (_("Damit gelernt"), ngettext("%(num)d Minute", "%(num)d Minuten", minutes)),
        (_("Organisation hat es getauscht"), _("ja") if exchanged else _("nein")),
        (
            _("Geändert"),
            ngettext("%(num)d-mal", "%(num)d-mal", rating.version - 1) if rating.version > 1 else _("nein"),
        ),
        (
            _("Bewertungen dieser Person"),
            _("%(count)s, im Mittel %(mean)s Sterne", count=shown(count), mean=shown(round(float(mean), 1), 1))
            if count else _("unbekannt"),
        ),
    )  # fmt: skip


def load_comment(comment_id: UUID, _number: int | None) -> Subject | None:
    """A question or an answer. None where there is none. Of an answer its organisation is told, of a question who asked."""
    parent, rating = aliased(Comment), aliased(Rating)
    row: Any = db.session.execute(
        select(Comment, _title(Comment), parent.text, rating.stars)
        .outerjoin(parent, (parent.id == Comment.parent_id) & (Comment.kind == "answer"))
        .outerjoin(rating, (rating.id == Comment.parent_id) & (Comment.kind == "reply"))
        .where(Comment.id == comment_id, Comment.kind != "rating")
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        return None
    comment, title, asked, stars = row
    kind = KINDS[comment.kind]
    place = "questions" if kind == QUESTION else "answers"
    known = ((_("Antwort auf die Frage"), asked),) if asked else ()
    if stars:
        known = ((_("Antwort auf"), ngettext("%(num)d Stern", "%(num)d Sterne", stars)),)
    return Subject(
        _called(kind, title), f"/nanos/{place}/{comment.id}", comment.organisation_id, {"voice": comment.text},
        content_date=comment.created_at.date(), bar="hidden" if comment.hidden_at else "",
        person_id=comment.person_id if kind == QUESTION else None, known=known,
    )  # fmt: skip


def _there(model: Any) -> Any:
    """Everybody who is signed in may know of its nano."""
    return exists().where(
        Nano.id == model.nano_id, Nano.state.in_((State.PUBLISHED.value, State.RETIRED.value))
    )


def _stands() -> Any:
    """What it answers is not a rating that is gone."""
    return ~exists().where(Rating.id == Comment.parent_id, Rating.struck_at.is_not(None))


def reportable(things: Iterable[Thing]) -> dict[Thing, UUID | None]:
    """Those that everybody who is signed in reads now, with the organisation each was said for. What is hidden, gone or at a
    nano that is not public is as if it were not there."""
    ids = [one for kind, one in things if kind in VOICES]
    if not ids:
        return {}
    rows: Any = db.session.execute(
        union_all(
            select(Rating.id, literal("rating").label("kind"), Rating.organisation_id)
            .where(Rating.id.in_(ids), Rating.struck_at.is_(None), _there(Rating)),
            select(Comment.id, Comment.kind, Comment.organisation_id)
            .where(Comment.id.in_(ids), Comment.kind != "rating", Comment.hidden_at.is_(None), _there(Comment), _stands()),
        )
    )  # fmt: skip
    return {(KINDS[kind], one): organisation_id for one, kind, organisation_id in rows}


def voice_place(kind: str, voice_id: UUID) -> tuple[UUID, str, UUID]:
    """The nano at which something was said, and the rating or question there: ("rating" or "question", its id). Raises
    NotFound."""
    if kind == RATING:
        found = db.session.scalar(select(Rating.nano_id).where(Rating.id == voice_id))
        if found is None:
            raise NotFound
        return found, "rating", voice_id
    row = db.session.get(Comment, voice_id)
    if row is None or KINDS[row.kind] != kind or row.kind == "rating":
        raise NotFound
    if kind == QUESTION or row.parent_id is None:
        return row.nano_id, "question", row.id
    return row.nano_id, "rating" if row.kind == "reply" else "question", row.parent_id
