"""What is recommended to whom, with the reason: two statements a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import aliased

from app.accounts.api import organisation_names
from app.kit.authz import Actor
from app.kit.db import db
from app.nanos.models import Nano, Neighbour, Quiet, Revision, Use
from app.nanos.queries.counting import public
from app.nanos.queries.find import CARD, FoundNano, cards, named
from app.nanos.rules.recommend import Reason, rank

SHELF, BESIDE, SOURCES = 4, 3, 20
SCORE, USED, WORDS, SOURCE, DONE = range(CARD, CARD + 5)
"""Where they stand in a row, behind the columns of the card."""


@dataclass(frozen=True)
class Recommended:
    """A nano and why it is shown. `source`: the title of what leads here; `done`: the person finished that; `used`: others
    finished both; `words`: what both say.
    """

    nano: FoundNano
    source: str
    done: bool
    used: bool
    words: str
    alike: bool = True
    """It says much the same, or others finished both; else it is of the same subject, and no more is known."""


def _near(*more: Any) -> Select[Any]:
    return (
        cards(Neighbour.score, Neighbour.used, Neighbour.words, *more)
        .join(Neighbour, Neighbour.other_id == Nano.id)
        .where(*public())
    )


def _made(rows: dict[UUID, Any], order: list[tuple[UUID, str, bool]]) -> list[Recommended]:
    names = organisation_names({rows[key][3] for key, _source, _done in order}) if order else {}
    return [
        Recommended(named(rows[key], names), source, done, bool(rows[key][USED]), rows[key][WORDS])
        for key, source, done in order
    ]


def near_rows(nano_id: UUID, subject: str) -> list[Any]:
    """What lies near one, the same for everybody, filled up with the newest of its subject: rows for `nearby`, as the page
    has more names to look up."""
    statement = (
        cards(Neighbour.score, Neighbour.used, Neighbour.words)
        .outerjoin(Neighbour, (Neighbour.nano_id == nano_id) & (Neighbour.other_id == Nano.id))
        .where(*public(), Nano.id != nano_id, or_(Neighbour.score.is_not(None), Revision.subject == subject))
        .order_by(Neighbour.score.is_(None), Neighbour.score.desc(), Nano.published_at.desc(), Nano.id.desc())
        .limit(BESIDE)
    )
    return [tuple(row) for row in db.session.execute(statement)]


def nearby(rows: list[Any], names: Mapping[UUID, str]) -> list[Recommended]:
    """The cards of `near_rows`."""
    return [
        Recommended(named(row, names), "", False, bool(row[USED]), row[WORDS] or "", row[SCORE] is not None)
        for row in rows
    ]


def _quiet(person_id: Any) -> ColumnElement[bool]:
    return exists().where(Quiet.person_id == person_id)


def shelf_for(actor: Actor) -> list[Recommended]:
    """By what the actor learned last; nothing where they switched that off, learned nothing, or nothing lies near it."""
    if actor.person_id is None or actor.organisation_id is None:
        return []
    mine, again = aliased(Use), aliased(Use)
    source = aliased(Revision)
    last = (
        select(mine.nano_id, mine.revision, mine.completed_at)
        .where(mine.person_id == actor.person_id, ~_quiet(actor.person_id))
        .order_by(mine.last_at.desc(), mine.id).limit(SOURCES).subquery()
    )  # fmt: skip
    statement = (
        _near(source.title, last.c.completed_at)
        .join(last, last.c.nano_id == Neighbour.nano_id)
        .join(source, (source.nano_id == last.c.nano_id) & (source.number == last.c.revision))
        .where(
            Nano.organisation_id != actor.organisation_id,
            ~exists().where(again.person_id == actor.person_id, again.nano_id == Nano.id),
        )
    )
    found: dict[UUID, list[Reason]] = defaultdict(list)
    rows: dict[tuple[UUID, str], Any] = {}
    for row in db.session.execute(statement):
        found[row[0]].append(Reason(row[SOURCE], row[SCORE], row[DONE] is not None))
        rows[row[0], row[SOURCE]] = tuple(row)
    providers = {key: row[3] for (key, _title), row in rows.items()}
    chosen = rank(found, providers, SHELF)
    best = {key: rows[key, str(reason.source)] for key, reason in chosen}
    return _made(best, [(key, str(reason.source), reason.done) for key, reason in chosen])


def is_quiet(person_id: UUID | None) -> bool:
    """Whether this person wants no recommendations."""
    return bool(db.session.scalar(select(_quiet(person_id))))
