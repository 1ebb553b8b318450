"""What stands around a nano on its page, in one statement: its ratings, its provider, and what the reader did with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, literal, select
from sqlalchemy.orm import aliased

from app.core.api import setting_column
from app.kit.authz import Actor
from app.kit.db import db
from app.nanos.models import Comment, Favourite, Nano, Profile, Rating, Score, Use
from app.nanos.queries.entitlement import exchanged
from app.nanos.rules.nano import State
from app.nanos.rules.rating import RULES, Rater, Rules, Tally, may_rate, mean_of, read_rules


@dataclass(frozen=True)
class ProviderFigures:
    """Of what an organisation has published. `stars`: all together, in thousandths of a star; None before the first rating.
    `answered` of `asked`: questions to it.
    """

    about: str
    nanos: int
    since: datetime | None
    ratings: int
    stars: int | None
    asked: int
    answered: int


@dataclass(frozen=True)
class About:
    """`mean`: Bayesian, thousandths; None where nobody has rated. `mine`: the reader's stars."""

    tally: Tally
    mean: int | None
    badge: bool
    mine: int | None
    may_rate: bool
    favourite: bool
    questions: int
    provider: ProviderFigures


_Theirs = aliased(Nano)
"""Of the provider, beside the one nano of the page."""


def _published(organisation_id: UUID, value: Any) -> Any:
    return (
        select(value).select_from(_Theirs)
        .where(
            _Theirs.organisation_id == organisation_id,
            _Theirs.state.in_((State.PUBLISHED.value, State.RETIRED.value)),
        )
    )  # fmt: skip


def figures(organisation_id: UUID) -> list[Any]:
    """The columns of `read_figures` for one organisation, as scalar selects."""
    score, answer = aliased(Score), aliased(Comment)
    total = score.one + 2 * score.two + 3 * score.three + 4 * score.four + 5 * score.five
    rated, stars = (
        _published(organisation_id, func.coalesce(func.sum(value), 0)).join(
            score, score.nano_id == _Theirs.id
        )
        for value in (score.number, total)
    )
    asked = _published(organisation_id, func.count(Comment.id)).join(
        Comment, (Comment.nano_id == _Theirs.id) & (Comment.kind == "question") & Comment.hidden_at.is_(None)
    )
    answered = asked.join(answer, (answer.parent_id == Comment.id) & (answer.kind == "answer"))
    counted = select(func.count()).where(
        _Theirs.organisation_id == organisation_id, _Theirs.state == State.PUBLISHED.value
    )
    return [
        select(Profile.about).where(Profile.organisation_id == organisation_id).scalar_subquery(),
        counted.scalar_subquery(), _published(organisation_id, func.min(_Theirs.published_at)).scalar_subquery(),
        rated.scalar_subquery(), stars.scalar_subquery(), asked.scalar_subquery(), answered.scalar_subquery(),
    ]  # fmt: skip


def read_figures(row: Any, rules: Rules) -> ProviderFigures:
    """The figures out of the seven columns of `figures`."""
    about, nanos, since, ratings, total, asked, answered = row
    return ProviderFigures(
        about or "", nanos, since, ratings, mean_of(ratings, total, rules), asked, answered
    )


def about(actor: Actor, nano_id: UUID, organisation_id: UUID) -> About:
    """What the page of a nano says around it. The caller has checked the actor."""
    me = actor.person_id
    ours = actor.organisation_id == organisation_id
    gave = select(Rating.stars).where(Rating.nano_id == nano_id, Rating.person_id == me).scalar_subquery()
    done = (
        select(Use.id)
        .where(Use.nano_id == nano_id, Use.person_id == me, Use.completed_at.is_not(None))
        .exists()
    )
    got: Any = exchanged(actor.organisation_id, nano_id) if actor.organisation_id else literal(False)
    kept = select(Favourite.id).where(Favourite.nano_id == nano_id, Favourite.person_id == me).exists()
    asked = select(func.count()).where(
        Comment.nano_id == nano_id, Comment.kind == "question", Comment.hidden_at.is_(None)
    )
    row: Any = db.session.execute(
        select(
            Score.one, Score.two, Score.three, Score.four, Score.five, Score.mean, Score.badge, gave,
            case((done, True), else_=False), case((got, True), else_=False), case((kept, True), else_=False),
            asked.scalar_subquery(), *figures(organisation_id), setting_column(RULES),
        )
        .select_from(Nano).outerjoin(Score, Score.nano_id == Nano.id).where(Nano.id == nano_id)
    ).one()  # fmt: skip
    rules = read_rules(row[-1])
    tally = Tally(tuple(count or 0 for count in row[:5]))  # type: ignore[arg-type]
    rater = Rater(ours, bool(row[8]), bool(row[9]))
    return About(
        tally, row[5], bool(row[6]), row[7], may_rate(rater),
        bool(row[10]), row[11], read_figures(tuple(row[12:-1]), rules),
    )  # fmt: skip
