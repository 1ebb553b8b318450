"""Ratings by themselves: the actor's own, one to answer, and what one said before its edits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.kit.authz import Actor, may
from app.kit.db import db
from app.kit.errors import NotFound
from app.nanos.models import Comment, Rating, RatingPast
from app.nanos.policies import P


@dataclass(frozen=True)
class OwnRating:
    """What the actor gave; `version` 0 where they have not rated yet."""

    stars: int | None = None
    text: str = ""
    version: int = 0
    struck: bool = False
    """Moderation took it out."""


def own_rating(actor: Actor, nano_id: UUID) -> OwnRating:
    """The actor's rating of a nano."""
    row = db.session.execute(
        select(Rating.stars, Comment.text, Rating.version, Rating.struck_at)
        .outerjoin(Comment, (Comment.parent_id == Rating.id) & (Comment.kind == "rating"))
        .where(Rating.nano_id == nano_id, Rating.person_id == actor.person_id)
    ).first()
    return (
        OwnRating(row[0], row[1] or "", row[2], row[3] is not None)
        if row and actor.person_id
        else OwnRating()
    )


@dataclass(frozen=True)
class Past:
    """What a rating said until an edit."""

    stars: int
    text: str
    until: datetime


def past_of(actor: Actor, nano_id: UUID, rating_id: UUID) -> list[Past]:
    """What a rating said before, the newest first: for its author and for moderators. Raises NotFound for all others."""
    row = db.session.get(Rating, rating_id)
    mine = row is not None and row.person_id is not None and row.person_id == actor.person_id
    if row is None or row.nano_id != nano_id or not (mine or may(actor, P.comment_moderate)):
        raise NotFound
    found = db.session.execute(
        select(RatingPast.stars, RatingPast.text, RatingPast.until)
        .where(RatingPast.rating_id == rating_id)
        .order_by(RatingPast.version.desc())
        .limit(100)
    )
    return [Past(*one) for one in found]
