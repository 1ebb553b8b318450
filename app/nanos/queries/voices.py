"""What people say at a nano, for who reads its page: ratings with their comments, questions with their answers.

Others read the organisation somebody spoke for, never the person. A hidden text is there for its author and for moderators;
to everybody else the query does not give it at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, case, cast, func, literal, null, select, union_all
from sqlalchemy.orm import aliased

from app.accounts.api import organisation_names
from app.kit.authz import Actor, may
from app.kit.config import settings
from app.kit.db import db
from app.kit.errors import NotFound
from app.kit.paging import Page, after, encode_cursor
from app.nanos.models import Comment, Rating
from app.nanos.policies import P


@dataclass(frozen=True)
class Voice:
    """A rating (`stars`) or a question. `text` and `answer` are None where there is none or it is hidden from the reader."""

    id: UUID
    stars: int | None
    by: str
    mine: bool
    comment_id: UUID | None
    """What moderation names."""
    text: str | None
    hidden: bool
    created_at: datetime
    edited_at: datetime | None
    answer_id: UUID | None
    answer: str | None
    answer_hidden: bool
    answered_at: datetime | None
    struck: bool = False
    """Taken out by moderation with its stars; only its author and moderators still see it."""


_Answer = aliased(Comment)


def _ratings(actor: Actor, nano_id: UUID, moderates: bool) -> Select[Any]:
    statement: Any = select(
        literal("rating").label("what"), Rating.id.label("id"), Rating.stars.label("stars"),
        Rating.organisation_id.label("organisation_id"), (Rating.person_id == actor.person_id).label("mine"),
        Comment.id.label("comment_id"), *_texts(actor, moderates), Rating.created_at.label("created_at"),
        Rating.edited_at.label("edited_at"), *_answers(actor, moderates), Rating.struck_at.is_not(None).label("struck"),
    )  # fmt: skip
    return (  # type: ignore[no-any-return]
        statement.select_from(Rating)
        .outerjoin(Comment, (Comment.parent_id == Rating.id) & (Comment.kind == "rating"))
        .outerjoin(_Answer, (_Answer.parent_id == Rating.id) & (_Answer.kind == "reply"))
        .where(Rating.nano_id == nano_id, *_counted(actor, moderates))
    )


def _counted(actor: Actor, moderates: bool) -> list[Any]:
    """What moderation took out is there for its author and for moderators."""
    return [] if moderates else [Rating.struck_at.is_(None) | (Rating.person_id == actor.person_id)]


def _questions(actor: Actor, nano_id: UUID, moderates: bool) -> Select[Any]:
    statement: Any = select(
        literal("question").label("what"), Comment.id.label("id"), cast(null(), Integer).label("stars"),
        Comment.organisation_id.label("organisation_id"), (Comment.person_id == actor.person_id).label("mine"),
        Comment.id.label("comment_id"), *_texts(actor, moderates), Comment.created_at.label("created_at"),
        Comment.edited_at.label("edited_at"), *_answers(actor, moderates), literal(False).label("struck"),
    )  # fmt: skip
    return (  # type: ignore[no-any-return]
        statement.select_from(Comment)
        .outerjoin(_Answer, (_Answer.parent_id == Comment.id) & (_Answer.kind == "answer"))
        .where(Comment.nano_id == nano_id, Comment.kind == "question")
    )


def _texts(actor: Actor, moderates: bool) -> list[Any]:
    return [_read(Comment, actor, moderates).label("text"), Comment.hidden_at.is_not(None).label("hidden")]


def _answers(actor: Actor, moderates: bool) -> list[Any]:
    return [
        _Answer.id.label("answer_id"), _read(_Answer, actor, moderates).label("answer"),
        _Answer.hidden_at.is_not(None).label("answer_hidden"), _Answer.created_at.label("answered_at"),
    ]  # fmt: skip


def _read(comment: Any, actor: Actor, moderates: bool) -> Any:
    """Its text, where the actor may read it."""
    if moderates:
        return comment.text
    seen = comment.hidden_at.is_(None) | (comment.person_id == actor.person_id)
    return case((seen, comment.text), else_=None)


_KINDS = {"rating": (_ratings, Rating), "question": (_questions, Comment)}


def latest(actor: Actor, nano_id: UUID, *, limit: int = 2) -> list[Any]:
    """The newest ratings with a comment and the newest questions, as rows for `voices`: one statement for both."""
    moderates = may(actor, P.comment_moderate)
    parts = []
    for kind, (make, model) in _KINDS.items():
        statement = make(actor, nano_id, moderates)
        if kind == "rating":
            statement = statement.where(func.length(Comment.text) > 0)
        newest = statement.order_by(model.created_at.desc(), model.id.desc()).limit(limit).subquery()  # type: ignore[attr-defined]
        parts.append(select(newest))
    return sorted(
        db.session.execute(union_all(*parts)), key=lambda row: (row.created_at, row.id), reverse=True
    )


def speakers(rows: list[Any]) -> set[UUID]:
    """The organisations that speak in the rows of `latest`."""
    return {row.organisation_id for row in rows if row.organisation_id}


def voices(rows: list[Any], names: dict[UUID, str], what: str) -> list[Voice]:
    """Those of one kind, with the names of organisations."""
    return [_voice(row, names) for row in rows if row.what == what]


def _voice(row: Any, names: dict[UUID, str]) -> Voice:
    by = names.get(row.organisation_id, "–") if row.organisation_id else settings().name
    return Voice(
        row.id, row.stars, by, bool(row.mine), row.comment_id, row.text or None, bool(row.hidden), row.created_at,
        row.edited_at, row.answer_id, row.answer or None, bool(row.answer_hidden), row.answered_at, bool(row.struck),
    )  # fmt: skip


def list_voices(
    actor: Actor, nano_id: UUID, what: str, *, cursor: str | None = None, limit: int = 20
) -> Page[Voice]:
    """All ratings ("rating") or questions ("question") of a nano, the newest first. The caller has checked the actor."""
    make, model = _KINDS[what]
    statement = make(actor, nano_id, may(actor, P.comment_moderate))
    keys: list[Any] = [model.created_at, model.id]  # type: ignore[attr-defined]
    rows = list(db.session.execute(after(statement, keys, [datetime.fromisoformat, UUID], cursor, limit)))
    names = organisation_names(speakers(rows))
    more = (
        encode_cursor([rows[limit - 1].created_at.isoformat(), rows[limit - 1].id])
        if len(rows) > limit
        else None
    )
    return Page(voices(rows[:limit], names, what), more)


def one_voice(actor: Actor, nano_id: UUID, what: str, voice_id: UUID) -> Voice:
    """One of them. Raises NotFound."""
    make, model = _KINDS[what]
    row = db.session.execute(
        make(actor, nano_id, may(actor, P.comment_moderate)).where(model.id == voice_id)  # type: ignore[attr-defined]
    ).first()
    if row is None:
        raise NotFound
    return _voice(row, organisation_names(speakers([row])))
