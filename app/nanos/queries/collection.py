"""Favourites and collections, as their readers may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from app.accounts.api import organisation_names
from app.kit.authz import Actor, may
from app.kit.db import db
from app.kit.errors import NotFound
from app.kit.paging import Page, after, encode_cursor
from app.nanos.models import Collection, CollectionItem, Favourite, Nano
from app.nanos.policies import MANAGERS, P
from app.nanos.queries.counting import public
from app.nanos.queries.find import FoundNano, cards, named
from app.nanos.rules.shelf import ORGANISATION, PRIVATE, PUBLIC, Reader, may_change, may_own, may_see

PAGE = 24


@dataclass(frozen=True)
class CollectionRow:
    """A line of a list of collections."""

    id: UUID
    title: str
    about: str
    sharing: str
    by: str
    mine: bool
    number: int
    changed_at: datetime


@dataclass(frozen=True)
class Item:
    """A nano at its place. `nano` is None where it is public no longer."""

    id: UUID
    position: int
    note: str
    nano: FoundNano | None


@dataclass(frozen=True)
class CollectionView:
    """A collection with all that is in it, and what the reader may do with it."""

    id: UUID
    title: str
    about: str
    sharing: str
    by: str
    version: int
    changed_at: datetime
    items: list[Item]
    changes: bool
    owns: bool

    @property
    def minutes(self) -> int:
        """Of what is still public."""
        return sum(item.nano.minutes for item in self.items if item.nano)


def reader_of(actor: Actor, row: Collection) -> Reader:
    """As what the actor looks at this collection."""
    colleague = actor.organisation_id == row.organisation_id and may(actor, P.collection_write)
    maker = row.person_id is not None and row.person_id == actor.person_id
    return Reader(maker, colleague, colleague and actor.role in MANAGERS)


def favourites(actor: Actor, *, cursor: str | None = None) -> Page[FoundNano]:
    """The actor's, the latest first; what is public no longer is left out."""
    statement = (
        cards(Favourite.created_at, Favourite.id).join(Favourite, Favourite.nano_id == Nano.id)
        .where(*public(), Favourite.person_id == actor.person_id)
    )  # fmt: skip
    keys: list[Any] = [Favourite.created_at, Favourite.id]
    rows = [
        tuple(row)
        for row in db.session.execute(after(statement, keys, [datetime.fromisoformat, UUID], cursor, PAGE))
    ]
    names = organisation_names({row[3] for row in rows})
    more = encode_cursor([rows[PAGE - 1][-2].isoformat(), rows[PAGE - 1][-1]]) if len(rows) > PAGE else None
    return Page([named(row, names) for row in rows[:PAGE]], more)


def list_collections(actor: Actor, which: str, *, cursor: str | None = None) -> Page[CollectionRow]:
    """`ours`: the actor's own and those of their organisation; `public`: everybody's. The last changed first."""
    number = (
        select(func.count()).where(CollectionItem.collection_id == Collection.id).correlate(Collection).scalar_subquery()
    )  # fmt: skip
    ours = (Collection.organisation_id == actor.organisation_id) & or_(
        Collection.sharing.in_((ORGANISATION, PUBLIC)), Collection.person_id == actor.person_id
    )
    statement: Any = select(Collection, number).where(
        ours if which == "ours" else Collection.sharing == PUBLIC
    )
    keys: list[Any] = [Collection.changed_at, Collection.id]
    rows: list[Any] = list(
        db.session.execute(after(statement, keys, [datetime.fromisoformat, UUID], cursor, PAGE))
    )
    names = organisation_names({row.organisation_id for row, _ in rows})
    more = (
        encode_cursor([rows[PAGE - 1][0].changed_at.isoformat(), rows[PAGE - 1][0].id])
        if len(rows) > PAGE
        else None
    )
    return Page([_row(actor, row, count, names) for row, count in rows[:PAGE]], more)


def _row(actor: Actor, row: Collection, count: int, names: dict[UUID, str]) -> CollectionRow:
    return CollectionRow(
        row.id, row.title, row.about, row.sharing, names.get(row.organisation_id, "–"),
        row.person_id is not None and row.person_id == actor.person_id, count, row.changed_at,
    )  # fmt: skip


def get_collection(actor: Actor, collection_id: UUID) -> CollectionView:
    """One with its nanos, two statements and the names. Raises NotFound for who may not know of it."""
    row = db.session.get(Collection, collection_id)
    reader = reader_of(actor, row) if row is not None else Reader()
    if row is None or not may_see(reader, row.sharing):
        raise NotFound
    found = {card[0]: card for card in _cards(collection_id)}
    items = db.session.execute(
        select(CollectionItem.id, CollectionItem.position, CollectionItem.note, CollectionItem.nano_id)
        .where(CollectionItem.collection_id == collection_id)
        .order_by(CollectionItem.position, CollectionItem.id)
    ).all()
    names = organisation_names({row.organisation_id, *(card[3] for card in found.values())})
    return CollectionView(
        row.id, row.title, row.about, row.sharing, names.get(row.organisation_id, "–"), row.version, row.changed_at,
        [Item(i, place, note, named(found[n], names) if n in found else None) for i, place, note, n in items],
        may_change(reader, row.sharing), may_own(reader, row.sharing),
    )  # fmt: skip


def _cards(collection_id: UUID) -> list[Any]:
    inside = select(CollectionItem.nano_id).where(CollectionItem.collection_id == collection_id)
    return [tuple(row) for row in db.session.execute(cards().where(*public(), Nano.id.in_(inside)))]


def collections_for(actor: Actor, nano_id: UUID) -> list[tuple[UUID, str, bool]]:
    """Those the actor may put something into: id, title, whether the nano is in it already. At most 200, by title."""
    inside = (
        select(CollectionItem.id)
        .where(CollectionItem.collection_id == Collection.id, CollectionItem.nano_id == nano_id)
        .correlate(Collection).exists()
    )  # fmt: skip
    rows = db.session.execute(
        select(Collection.id, Collection.title, inside)
        .where(
            Collection.organisation_id == actor.organisation_id,
            or_(Collection.sharing != PRIVATE, Collection.person_id == actor.person_id),
        )
        .order_by(Collection.title, Collection.id).limit(200)
    )  # fmt: skip
    return [(i, title, bool(there)) for i, title, there in rows]


def collection_names(ids: list[UUID]) -> dict[UUID, str]:
    """Titles for the log of an organisation: of those that are shared."""
    rows = db.session.execute(
        select(Collection.id, Collection.title).where(Collection.id.in_(ids), Collection.sharing != PRIVATE)
    )
    return {i: title for i, title in rows}  # noqa: C416 - rows are no pairs to a type checker
