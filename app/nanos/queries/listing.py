"""What is said of nanos to everybody, without signing in: pages, and records for harvesters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_

from app.accounts.api import organisation_names
from app.kit.db import db
from app.kit.errors import NotFound
from app.nanos.catalog import vocabularies
from app.nanos.models import Listing, Nano, Revision
from app.nanos.queries.counting import public
from app.nanos.queries.nano import details_of
from app.nanos.rules.details import Details

MOST_ADDRESSES = 50_000
"""Of a sitemap, by its own rules."""


@dataclass(frozen=True)
class Described:
    """A nano as everybody may read of it. `gone`: it may no more, and nothing but that is said; `details` is then empty."""

    id: UUID
    changed_at: datetime
    subject: str
    gone: bool
    details: Details = field(default_factory=Details)
    provider: str = "–"
    published_at: datetime | None = None


def shown() -> list[ColumnElement[bool]]:
    """What makes a nano and its revision one that is described in public."""
    free = [slug for slug, term in vocabularies()["licences"].items() if term.open]
    return [*public(), Revision.listed.is_(True), Revision.licence.in_(free)]


def _statement() -> Any:
    """The words come only with what is shown now, whatever the row of the listing says."""
    return (
        select(Listing, Nano, Revision)
        .outerjoin(Nano, (Nano.id == Listing.nano_id) & Listing.gone.is_(False))
        .outerjoin(
            Revision, (Revision.id == Listing.revision_id) & (Revision.nano_id == Nano.id) & _and(shown())
        )
    )


def _and(conditions: Iterable[ColumnElement[bool]]) -> Any:
    made: Any = None
    for one in conditions:
        made = one if made is None else made & one
    return made


def _described(statement: Any) -> list[Described]:
    rows = db.session.execute(statement).all()
    names = organisation_names(
        {nano.organisation_id for _row, nano, revision in rows if revision is not None}
    )
    return [
        Described(row.nano_id, row.changed_at, row.subject, True)
        if revision is None
        else Described(
            row.nano_id, row.changed_at, row.subject, False, details_of(revision),
            names.get(nano.organisation_id, "–"), nano.published_at,
        )
        for row, nano, revision in rows
    ]  # fmt: skip


def find_described(nano_id: UUID) -> Described | None:
    """Also of what is gone; None for what never was public."""
    found = _described(_statement().where(Listing.nano_id == nano_id))
    return found[0] if found else None


def get_described(nano_id: UUID) -> Described:
    """Raises NotFound for all that is not public now."""
    found = find_described(nano_id)
    if found is None or found.gone:
        raise NotFound
    return found


Cursor = tuple[datetime, UUID]


def harvest(
    first: datetime | None, until: datetime | None, subject: str, after: Cursor | None, limit: int
) -> tuple[list[Described], Cursor | None]:
    """The oldest change first, `first` and `until` included; and where to go on, None where nothing follows."""
    statement = _statement().order_by(Listing.changed_at, Listing.nano_id).limit(limit + 1)
    if first is not None:
        statement = statement.where(Listing.changed_at >= first)
    if until is not None:
        statement = statement.where(Listing.changed_at <= until)
    if subject:
        statement = statement.where(Listing.subject == subject)
    if after is not None:
        key = tuple_(Listing.changed_at, Listing.nano_id)
        statement = statement.where(key > tuple_(*after))
    found = _described(statement)
    last = found[limit - 1] if len(found) > limit else None
    return found[:limit], (last.changed_at, last.id) if last else None


def earliest() -> datetime | None:
    """The time of the oldest record; None where there is none."""
    return db.session.scalar(select(func.min(Listing.changed_at)))


def addresses() -> list[tuple[UUID, datetime]]:
    """What is public and when it changed, the newest first, as many as a sitemap may hold."""
    rows = db.session.execute(
        select(Listing.nano_id, Listing.changed_at)
        .where(Listing.gone.is_(False))
        .order_by(Listing.changed_at.desc(), Listing.nano_id.desc())
        .limit(MOST_ADDRESSES)
    )
    return [(nano_id, changed_at) for nano_id, changed_at in rows]
