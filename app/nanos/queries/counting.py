"""How many published nanos there are, and how many for each value of each facet.

Every list shows these numbers and most lists show the same, so in a large market they are kept for `KEPT` seconds for
everybody: one nano more or less is not seen there, while counting ten thousand for each page is felt by all.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import ColumnElement, case, func, literal, select, union_all

from app.kit import cache
from app.kit.db import db
from app.nanos.models import Nano, Revision, Score
from app.nanos.rules.finding import DURATIONS, FACETS, RATINGS, Wish, at_least
from app.nanos.rules.nano import Stage, State
from app.nanos.rules.rating import THOUSAND

LARGE = 1000
"""Nanos in a market whose counts are kept; smaller ones are counted each time, which takes a few milliseconds."""
KEPT = 10

Chosen = tuple[tuple[str, ...], ...]
"""For each facet, in their order, what it may be; nothing is everything."""

_DURATION = case(
    *((Revision.minutes.between(first, last), name) for name, (first, last) in DURATIONS.items()), else_=""
)
_RATING = case(*((Score.mean >= int(name) * THOUSAND, name) for name in RATINGS), else_="")
_MADE = {"duration": _DURATION, "rating": _RATING}
_OF_ALL = "*"


@dataclass(frozen=True)
class Counts:
    """`total`: what fits; `market`: all there is; `facets`: by facet, how many there would be with each of its values."""

    total: int
    market: int
    facets: dict[str, dict[str, int]]


def column(facet: str) -> Any:
    """What of a revision or its score a facet looks at."""
    return _MADE[facet] if facet in _MADE else getattr(Revision, facet)


def public() -> list[ColumnElement[bool]]:
    """What makes a revision one that everybody reads."""
    return [Nano.state == State.PUBLISHED.value, Nano.bar == "", Revision.state == Stage.CURRENT.value]


def chosen_in(wish: Wish) -> Chosen:
    return tuple(wish.allowed(facet) for facet in FACETS)


def fits(chosen: Chosen, column: Callable[[str], Any], without: str = "") -> list[ColumnElement[bool]]:
    """A condition for each facet that something is chosen of."""
    both = zip(FACETS, chosen, strict=True)
    return [column(facet).in_(values) for facet, values in both if values and facet != without]


def count(chosen: Chosen, *, anew: bool = False) -> Counts:
    """The numbers as they are, or in a large market as they were at most `KEPT` seconds ago, unless `anew`."""
    key = f"kontor:nanos:counts:{json.dumps(chosen)}"
    found = None if anew else _kept(key)
    if found is None:
        found = _counted(chosen)
        if found.market >= LARGE:
            _keep(key, found)
    return found


def _kept(key: str) -> Counts | None:
    try:
        raw: Any = cache.client().get(key)
    except RedisError:
        return None
    return Counts(**json.loads(raw)) if raw else None


def _keep(key: str, counts: Counts) -> None:
    try:
        cache.client().set(key, json.dumps(vars(counts)), ex=KEPT)
    except RedisError:
        return


def _counted(chosen: Chosen) -> Counts:
    """In one statement."""
    numbers = {"": 0, _OF_ALL: 0}
    facets: dict[str, dict[str, int]] = {facet: {} for facet in FACETS}
    for facet, value, number in db.session.execute(_statement(chosen)):
        if facet in numbers:
            numbers[facet] = int(number or 0)
        elif number:
            facets[facet][value] = int(number)
    return Counts(numbers[""], numbers[_OF_ALL], facets)


@lru_cache(maxsize=200)  # to put it together takes longer than many a statement
def _statement(chosen: Chosen) -> Any:
    """All that is public is read once, and kept as how many there are of each combination: the facets count those."""
    kinds: Any = (
        select(*(column(facet).label(facet) for facet in FACETS), func.count().label("number"))
        .select_from(Nano)
        .join(Revision, Revision.nano_id == Nano.id)
        .outerjoin(Score, Score.nano_id == Nano.id)
        .where(*public())
        .group_by(*(column(facet) for facet in FACETS))
        .cte("kinds")
    )
    number = func.sum(kinds.c.number)
    parts: list[Any] = [
        select(literal(""), literal(""), number).where(*fits(chosen, kinds.c.get)),
        select(literal(_OF_ALL), literal(""), number),
    ]
    parts += [
        select(literal(facet), kinds.c[facet], number)
        .where(*fits(chosen, kinds.c.get, without=facet))
        .group_by(kinds.c[facet])
        for facet in FACETS
        if facet != "rating"
    ]
    parts += [
        select(literal("rating"), literal(name), number).where(
            *fits(chosen, kinds.c.get, without="rating"), kinds.c.rating.in_(at_least((name,)))
        )
        for name in RATINGS
    ]
    return union_all(*parts)
