"""The list of what is published: the one function behind it, so that another engine can take its place.

`find_nanos` is given a cleaned wish and gives a page of rows, how many there are, and the counts of every facet. Words go to
the search of all products, which ranks; without words the tables themselves are asked, which know more orders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, false, func, select

from app.accounts.api import organisation_names
from app.core.api import Found as Answer
from app.core.api import FoundHit, How, Mark, Question, Sort, find
from app.kit.db import db
from app.nanos.catalog import term
from app.nanos.models import Nano, Revision, Score
from app.nanos.queries.counting import chosen_in, column, count, fits, public
from app.nanos.queries.document import KIND, said
from app.nanos.rules.access import Facts, Looker, may_look
from app.nanos.rules.finding import FACETS, PAGE, Wish
from app.nanos.rules.nano import Stage, State


@dataclass(frozen=True)
class FoundNano:
    """A line of the list, or a card. Found by words: `marks` is the title and `excerpt` a part of the text in stretches,
    `why` are words it was found by that stand in neither.
    """

    id: UUID
    title: str
    outcome: str
    provider: str
    subject: str
    type: str
    level: str
    minutes: int
    language: str
    licence: str
    region: str
    published_at: datetime
    mean: int | None = None
    """Bayesian, in thousandths of a star; None where nobody has rated."""
    ratings: int = 0
    badge: bool = False
    marks: tuple[Mark, ...] = ()
    excerpt: tuple[Mark, ...] = ()
    why: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Found:
    """A page of the list. `facets`: by facet, how many there would be with each of its values, all else as it is.
    `read_as`: what misspelt words were read as, as it stands in what was found.
    """

    rows: list[FoundNano]
    total: int
    facets: Mapping[str, Mapping[str, int]]
    page: int
    read_as: tuple[str, ...] = ()

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


_ORDERS: dict[str, tuple[Any, ...]] = {
    "new": (Nano.published_at.desc(), Nano.id.desc()),
    "rating": (
        func.coalesce(Score.mean, 0).desc(),
        Score.number.desc(),
        Nano.published_at.desc(),
        Nano.id.desc(),
    ),
    "title": (Revision.folded, Nano.id),
    "short": (Revision.minutes, Revision.folded, Nano.id),
    "long": (Revision.minutes.desc(), Revision.folded, Nano.id),
}
_COLUMNS: tuple[Any, ...] = (
    Nano.id, Revision.title, Revision.outcome, Nano.organisation_id, Revision.subject, Revision.type, Revision.level,
    Revision.minutes, Revision.language, Revision.licence, Revision.region, Nano.published_at, Score.mean,
    func.coalesce(Score.number, 0), func.coalesce(Score.badge, false()),
)  # fmt: skip

CARD = len(_COLUMNS)
"""How many columns a card has; what else was asked for comes behind them."""


def cards(*more: Any) -> Select[Any]:
    """The columns of cards, and more behind them, of all nanos with their revisions; `named` makes the cards."""
    statement: Any = select(*_COLUMNS, *more)
    return (
        statement.select_from(Nano).join(Revision, Revision.nano_id == Nano.id)
        .outerjoin(Score, Score.nano_id == Nano.id)
    )  # fmt: skip


def named(row: Any, names: Mapping[UUID, str]) -> FoundNano:
    """A card out of the first columns of `cards`; its provider is the fourth of them."""
    return FoundNano(*(*row[:3], names.get(row[3], "–"), *row[4:CARD]))


def _rows(statement: Select[Any]) -> list[FoundNano]:
    found: list[Any] = [tuple(row) for row in db.session.execute(statement)]
    names = organisation_names({row[3] for row in found})
    return [named(row, names) for row in found]


def find_nanos(wish: Wish) -> Found:
    """What is published and fits. A page behind the last one is the last one. Whoever asks has made sure that the reader
    may read what is published."""
    if wish.text:
        return _by_words(wish)
    counts = count(chosen_in(wish))
    page, rows = _page(wish, counts.total)
    if page > 1 and not rows:  # fewer than were counted some seconds ago
        counts = count(chosen_in(wish), anew=True)
        page, rows = _page(wish, counts.total)
    seen = (page - 1) * PAGE + len(rows)
    total = seen if len(rows) < PAGE else max(seen, counts.total)
    return Found(rows, total, counts.facets, page)


def _page(wish: Wish, total: int) -> tuple[int, list[FoundNano]]:
    """The wished page, or the last one."""
    page = min(wish.page, max(1, -(-total // PAGE)))
    statement: Select[Any] = (
        cards().where(*public(), *fits(chosen_in(wish), column))
        .order_by(*_ORDERS[wish.sort]).limit(PAGE).offset((page - 1) * PAGE)
    )  # fmt: skip
    return page, _rows(statement)


def _by_words(wish: Wish) -> Found:
    found = find(_question(wish))
    facets = {facet: dict(found.facets.get(facet, ())) for facet in FACETS}
    return Found(_hit_rows(found.hits), found.total, facets, found.page, _read_as(found))


def _read_as(found: Answer) -> tuple[str, ...]:
    typos = {
        mark.asked: mark.text for hit in reversed(found.hits) for mark in hit.reasons if mark.how is How.TYPO
    }
    return tuple(typos.get(typed, read) for typed, read in found.corrected.items())


_WORD_ORDERS = {"new": Sort.NEWEST, "rating": Sort.RATING}


def _question(wish: Wish) -> Question:
    return Question(
        text=wish.text, kinds=(KIND,), filters={facet: wish.allowed(facet) for facet in FACETS if wish.allowed(facet)},
        facets=FACETS, sort=_WORD_ORDERS.get(wish.sort, Sort.RELEVANCE), page=wish.page, size=PAGE,
    )  # fmt: skip


def _hit_rows(hits: tuple[FoundHit, ...]) -> list[FoundNano]:
    """The nanos of the hits, in their order; one that is public no longer is left out."""
    if not hits:
        return []
    statement = cards(Revision.description, Revision.preview).where(
        *public(), Nano.id.in_([hit.key for hit in hits])
    )
    found: dict[UUID, Any] = {row[0]: tuple(row) for row in db.session.execute(statement)}
    names = organisation_names({row[3] for row in found.values()})
    made = []
    for hit in hits:
        if hit.key in found:
            row = found[hit.key]
            nano = named(row, names)
            made.append(_shown(nano, hit, said(nano.outcome, row[-2]), row[-1]))
    return made


def _shown(nano: FoundNano, hit: FoundHit, description: str, preview: bool) -> FoundNano:
    """With the reasons in view. Content that others may not see is found by its words, but nothing of it is quoted."""
    licence = term("licences", nano.licence)
    facts = Facts(State.PUBLISHED, Stage.CURRENT, bool(licence and licence.open), preview)
    cut = "".join(mark.text for mark in hit.excerpt).removeprefix("… ").removesuffix(" …")
    of_file = " · " not in cut and may_look(
        Looker(), facts
    )  # keywords in a row are no sentence: they are named as `why`
    quoted = any(mark.how for mark in hit.excerpt) and (cut in description or of_file)
    excerpt = hit.excerpt if quoted else ()
    seen = {mark.text.casefold() for mark in (*hit.title, *excerpt) if mark.how}
    why = tuple(mark for mark in hit.reasons if mark.text.casefold() not in seen)
    return replace(nano, marks=hit.title, excerpt=excerpt, why=why)
