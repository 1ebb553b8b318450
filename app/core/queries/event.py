"""The event log as pages and subscribers read it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from app.core.events import Recorded
from app.core.models import Event
from app.kit.db import db
from app.kit.paging import Page, after, encode_cursor

_COLUMNS = [getattr(Event, field.name) for field in fields(Recorded)]


@dataclass(frozen=True)
class Filter:
    """What a person looks for in the log; empty fields do not filter. `name` is a prefix ending in a dot or a whole name."""

    name: str = ""
    actor_id: UUID | None = None
    subject_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    names: tuple[str, ...] = ()
    """One of these, each as `name`."""


def find_event(event_id: UUID) -> Recorded | None:
    """One event by its id."""
    row = db.session.execute(select(*_COLUMNS).where(Event.id == event_id)).first()
    return Recorded(*row) if row else None


def _named(name: str) -> ColumnElement[bool]:
    return Event.name.startswith(name, autoescape=True) if name.endswith(".") else Event.name == name


def actors_of(organisation_id: UUID, subject_id: UUID) -> set[UUID]:
    """Who has done anything with a thing, as far back as the log goes."""
    rows = db.session.scalars(
        select(Event.actor_id)
        .where(
            Event.subject_id == subject_id,
            Event.organisation_id == organisation_id,
            Event.actor_id.is_not(None),
        )
        .distinct()
    )
    return {one for one in rows if one is not None}


def history(
    organisation_id: UUID, wanted: Filter | None = None, *, cursor: str | None = None, limit: int = 50
) -> Page[Recorded]:
    """The organisation's events, newest first."""
    wanted = wanted or Filter()
    statement = select(*_COLUMNS).where(Event.organisation_id == organisation_id)
    for names in ((wanted.name,) if wanted.name else (), wanted.names):
        if names:
            statement = statement.where(or_(*map(_named, names)))
    if wanted.actor_id:
        statement = statement.where(Event.actor_id == wanted.actor_id)
    if wanted.subject_id:
        statement = statement.where(Event.subject_id == wanted.subject_id)
    if wanted.since:
        statement = statement.where(Event.at >= wanted.since)
    if wanted.until:
        statement = statement.where(Event.at < wanted.until)
    if cursor is None and limit <= 0:
        return Page(())
    rows = [Recorded(*row) for row in db.session.execute(after(statement, [Event.seq], [int], cursor, limit))]
    return Page(rows[:limit], encode_cursor([rows[limit - 1].seq]) if len(rows) > limit else None)
