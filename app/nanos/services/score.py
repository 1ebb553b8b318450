"""What ratings come to, kept beside them: for one nano with each rating, for all when the operator changes the rules."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.core.api import get_setting, put_setting, record
from app.kit.authz import Actor, require
from app.kit.db import db, lock, require_transaction, transaction
from app.kit.errors import Invalid
from app.nanos.events_voices import RatingRulesChanged
from app.nanos.models import Nano, Rating, Score
from app.nanos.policies import P
from app.nanos.rules.rating import (
    LIMITS,
    RULES,
    STARS,
    Rules,
    Tally,
    has_badge,
    outside,
    read_rules,
    weighted,
)
from app.nanos.services.search import refresh
from app.nanos.tasks import rescore

BATCH = 50


def rating_rules() -> Rules:
    """What the operator chose."""
    return read_rules(get_setting(None, RULES))


def tally_of(nano_id: UUID) -> Tally:
    """How often each number of stars was given, by those that count."""
    rows = db.session.execute(
        select(Rating.stars, func.count())
        .where(Rating.nano_id == nano_id, Rating.struck_at.is_(None))
        .group_by(Rating.stars)
    )
    counts = {stars: count for stars, count in rows}  # noqa: C416 - rows are no pairs to a type checker
    one, two, three, four, five = (counts.get(stars, 0) for stars in STARS)
    return Tally((one, two, three, four, five))


def write_score(nano_id: UUID, rules: Rules) -> None:
    """Count anew. Joins the caller's transaction, which holds the nano."""
    require_transaction()
    db.session.flush()
    tally = tally_of(nano_id)
    row = db.session.get(Score, nano_id)
    mean = weighted(tally, rules)
    if mean is None:
        if row is not None:
            db.session.delete(row)
        return
    if row is None:
        row = Score(nano_id=nano_id)
        db.session.add(row)
    row.one, row.two, row.three, row.four, row.five = tally.counts
    row.number, row.mean, row.badge = tally.number, mean, has_badge(tally, rules)
    db.session.flush()


def save_rules(actor: Actor, rules: Rules) -> None:
    """Choose anew; all scores follow in the background. Raises Invalid by field."""
    require(actor, P.rating_rules)
    wrong = outside(rules)
    if wrong:
        raise Invalid(fields={name: _fault(name) for name in wrong})
    with transaction():
        before = rating_rules()
        if before == rules:
            return
        put_setting(None, RULES, asdict(rules))
        record(RatingRulesChanged(), actor=actor, before=asdict(before), after=asdict(rules))
        rescore.later(actor=actor)


def _fault(name: str) -> str:
    low, high = LIMITS[name]
    if name in ("prior", "badge_from"):
        return _("Schreiben Sie eine Zahl von 1 bis 5, zum Beispiel 4,4.")
    return _("Schreiben Sie eine ganze Zahl von %(low)d bis %(high)d.", low=low, high=high)


def rescore_all() -> None:
    """Count all anew by the present rules, some in each transaction, in the order of their ids. A second run changes
    nothing."""
    last: UUID | None = None
    while True:
        with transaction():
            statement = select(Score.nano_id).order_by(Score.nano_id).limit(BATCH)
            found = db.session.scalars(
                statement if last is None else statement.where(Score.nano_id > last)
            ).all()
            rules = rating_rules()
            for nano_id in found:
                lock(Nano, nano_id)
                write_score(nano_id, rules)
            refresh(found)
        if len(found) < BATCH:
            return
        last = found[-1]
