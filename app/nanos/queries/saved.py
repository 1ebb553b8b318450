"""Saved searches of a person, and what is new in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.accounts.api import organisation_names
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.errors import NotFound
from app.nanos.catalog import places, slugs
from app.nanos.models import Nano, SavedMatch, SavedSearch
from app.nanos.queries.counting import public
from app.nanos.queries.find import FoundNano, cards, find_nanos, named
from app.nanos.rules.finding import Wish, read_wish

MOST_SAVED = 50
MOST_PAGES = 20
"""Pages of the list that one look reads: 240 new nanos at once, the rest is in the list anyway."""


@dataclass(frozen=True)
class SavedView:
    """A saved search; `told`: of how many nanos it has told."""

    id: UUID
    name: str
    text: str
    chosen: Mapping[str, list[str]]
    cadence: str
    created_at: datetime
    checked_at: datetime
    told: int

    @property
    def address(self) -> dict[str, Any]:
        """The arguments of the list's page."""
        return {**({"q": self.text} if self.text else {}), **self.chosen}


def list_saved(actor: Actor) -> list[SavedView]:
    """The actor's, by name; there are at most `MOST_SAVED`."""
    return _views(SavedSearch.person_id == actor.person_id)


def get_saved(actor: Actor, search_id: UUID) -> SavedView:
    """One of the actor's. Raises NotFound, also for other people's."""
    found = _views((SavedSearch.person_id == actor.person_id) & (SavedSearch.id == search_id))
    if not found:
        raise NotFound
    return found[0]


def _views(condition: Any) -> list[SavedView]:
    told = (
        select(func.count())
        .where(SavedMatch.search_id == SavedSearch.id)
        .correlate(SavedSearch)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(SavedSearch, told)
        .where(condition)
        .order_by(SavedSearch.name, SavedSearch.id)
        .limit(MOST_SAVED)
    )
    return [
        SavedView(
            row.id, row.name, row.text, dict(row.chosen), row.cadence, row.created_at, row.checked_at, count or 0
        )
        for row, count in rows
    ]  # fmt: skip


def told_nanos(search_id: UUID, *, limit: int = 24) -> list[FoundNano]:
    """The nanos it told of last, as far as they are public. The caller has checked the actor."""
    statement = (
        cards().join(SavedMatch, SavedMatch.nano_id == Nano.id)
        .where(*public(), SavedMatch.search_id == search_id)
        .order_by(SavedMatch.told_at.desc(), SavedMatch.id.desc()).limit(limit)
    )  # fmt: skip
    rows = [tuple(row) for row in db.session.execute(statement)]
    names = organisation_names({row[3] for row in rows})
    return [named(row, names) for row in rows]


def wish_of(text: str, chosen: Mapping[str, Sequence[str]], page: int = 1) -> Wish:
    """What it looks for, the newest first; a value that a vocabulary lost is left out."""
    circle = {name: next(iter(chosen.get(name, ())), "") for name in ("around", "radius")}
    return read_wish(text, chosen, "new", str(page), slugs(), places=places(), **circle)


def new_for(text: str, chosen: Mapping[str, list[str]], since: datetime) -> list[UUID]:
    """What the search finds of what was published since, the newest first."""
    found: list[UUID] = []
    for page in range(1, MOST_PAGES + 1):
        answer = find_nanos(wish_of(text, chosen, page))
        if answer.page != page:
            break
        fresh = [row.id for row in answer.rows if row.published_at >= since]
        found += fresh
        if not answer.rows or len(fresh) < len(answer.rows) or page >= answer.pages:
            break
    return found


def search_names(ids: list[UUID]) -> dict[UUID, str]:
    """Names for the notices of the people they belong to."""
    rows = db.session.execute(select(SavedSearch.id, SavedSearch.name).where(SavedSearch.id.in_(ids)))
    return {i: name for i, name in rows}  # noqa: C416 - rows are no pairs to a type checker
