"""Working out at night which nanos lie near each other, and leaving those in peace who want none of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite

from app.core.api import says_something
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, transaction
from app.kit.ids import new_id
from app.nanos.catalog import term
from app.nanos.models import Nano, Neighbour, Quiet, Revision, Use
from app.nanos.policies import P
from app.nanos.queries.counting import public
from app.nanos.queries.lti import from_platform
from app.nanos.rules.nano import State
from app.nanos.rules.outcome import words_of
from app.nanos.rules.recommend import Item, Near, neighbours, weigh_words

FRESH = timedelta(days=30)
_BATCH = 200
_MARKS = ".,;:!?()„“\"'–-"


def switch(actor: Actor, *, on: bool) -> None:
    """Recommendations for this person. Twice the same is once; of two at once, both are right."""
    require(actor, P.nano_read)
    insert: Any = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    with transaction() as session:
        if on:
            session.execute(delete(Quiet).where(Quiet.person_id == actor.person_id))
        else:
            values = {"person_id": actor.person_id, "since": clock.now()}
            session.execute(insert(Quiet).values(values).on_conflict_do_nothing())


def find_neighbours() -> int:
    """Compare all that is public, and keep the nearest of each. Returns how many nanos were compared."""
    items, spelt = _items()
    found = neighbours(items, _used())
    keys = sorted(found)
    for start in range(0, len(keys), _BATCH):
        _keep({key: found[key] for key in keys[start : start + _BATCH]}, spelt)
    with transaction() as session:
        gone = select(Nano.id).where(Nano.state != State.PUBLISHED.value)
        session.execute(
            delete(Neighbour)
            .where(Neighbour.other_id.in_(gone) | Neighbour.nano_id.in_(gone))
            .execution_options(synchronize_session=False)
        )
    return len(found)


def _items() -> tuple[dict[UUID, Item], dict[UUID, dict[str, str]]]:
    """All that is public, and how each spells those of its words that are worth telling: of German ones its nouns."""
    rows = db.session.execute(
        select(
            Nano.id, Revision.title, Revision.outcome, Revision.description, Revision.subject, Revision.level,
            Revision.licence, Revision.preview, Revision.language, Nano.published_at,
        )
        .join(Revision, Revision.nano_id == Nano.id)
        .where(*public())
    )  # fmt: skip
    items, spelt, since = {}, {}, clock.now() - FRESH
    for key, title, outcome, description, subject, level, licence, preview, language, published in rows:
        text, terms = f"{outcome} {description}", term("licences", licence)
        usable = preview or (terms is not None and terms.open)
        words = {word: weight for word, weight in weigh_words(title, text).items() if says_something(word)}
        items[key] = Item(words, subject, level, usable, published is not None and published >= since)
        spelt[key] = {
            folded: word.strip(_MARKS)
            for word in f"{text} {title}".split() if language != "de" or word.strip(_MARKS)[:1].isupper()
            for folded in words_of(word)
        }  # fmt: skip
    return items, spelt


def _used() -> Iterator[list[UUID]]:
    """What each person was through, the last first, without those who want no part in it."""
    rows = db.session.execute(
        select(Use.person_id, Use.nano_id)
        .where(Use.completed_at.is_not(None), ~exists().where(Quiet.person_id == Use.person_id))
        .where(~from_platform(Use.person_id))
        .order_by(Use.person_id, Use.completed_at.desc())
    )
    for _person, each in groupby(rows, key=lambda row: row[0]):
        yield [row[1] for row in each]


def _keep(found: dict[UUID, dict[UUID, Near]], spelt: dict[UUID, dict[str, str]]) -> None:
    insert: Any = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    rows = [
        {
            "id": new_id(), "nano_id": key, "other_id": other, "score": round(near.score * 1000), "used": near.used,
            "words": ", ".join(spelt[other][word] for word in near.words if word in spelt[other])[:120],
        }
        for key, each in found.items() for other, near in each.items()
    ]  # fmt: skip
    with transaction() as session:
        session.execute(delete(Neighbour).where(Neighbour.nano_id.in_(list(found))))
        if rows:
            session.execute(insert(Neighbour).on_conflict_do_nothing(), rows)
