"""A person's notices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import g
from sqlalchemy import bindparam, func, select

from app.core.api import subject_names
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.errors import NotFound
from app.kit.paging import Page, after, encode_cursor
from app.messaging.kinds import kind_of
from app.messaging.models import Notice
from app.messaging.rules.kind import Kind, named_in, words

MOST_COUNTED = 100  # the bell says 99+


@dataclass(frozen=True)
class NoticeView:
    """A notice in the reader's language."""

    id: UUID
    kind: str
    text: str
    icon: str
    tone: str
    link: str
    organisation_id: UUID | None
    created_at: datetime
    read_at: datetime | None


# Built once: it runs with every page, and putting a statement together costs as much as running it.
_UNREAD = select(func.count()).select_from(
    select(Notice.id)
    .where(Notice.person_id == bindparam("person_id"), Notice.read_at.is_(None))
    .limit(MOST_COUNTED)
    .subquery()
)


def unread_count(person_id: UUID) -> int:
    """How many unread notices, counted up to 100. One query."""
    return db.session.scalar(_UNREAD, {"person_id": person_id}) or 0


def unread_of(actor: Actor) -> int:
    """The same for the shell, asked at most once a request and person."""
    if actor.person_id is None:
        return 0
    known: dict[UUID, int] = g.setdefault("unread_notices", {})
    if actor.person_id not in known:
        known[actor.person_id] = unread_count(actor.person_id)
    return known[actor.person_id]


def notices_of(
    actor: Actor, *, unread: bool = False, cursor: str | None = None, limit: int = 30
) -> Page[NoticeView]:
    """The actor's notices, newest first."""
    statement = select(Notice).where(Notice.person_id == actor.person_id)
    if unread:
        statement = statement.where(Notice.read_at.is_(None))
    rows = list(db.session.scalars(after(statement, [Notice.id], [UUID], cursor, limit)))
    return Page(
        _views(rows[:limit]),
        encode_cursor([rows[limit - 1].id]) if len(rows) > limit else None,
    )


def find_notice(actor: Actor, notice_id: UUID) -> NoticeView:
    """One of the actor's notices. Raises NotFound, also for other people's."""
    row = db.session.scalar(select(Notice).where(Notice.id == notice_id, Notice.person_id == actor.person_id))
    if row is None:
        raise NotFound
    return _views([row])[0]


def _views(rows: list[Notice]) -> list[NoticeView]:
    known = {row.id: kind_of(row.kind) for row in rows}
    names = subject_names(
        thing for row in rows if (kind := known[row.id]) for thing in named_in(kind, row.data).values()
    )
    return [_view(row, known[row.id], names) for row in rows]


def _view(row: Notice, kind: Kind | None, names: Mapping[tuple[str, UUID], str]) -> NoticeView:
    return NoticeView(
        id=row.id,
        kind=row.kind,
        text=words(kind, row.data, names) if kind else row.kind,
        icon=kind.icon if kind else "bell",
        tone=kind.tone if kind else "info",
        link=row.link,
        organisation_id=row.organisation_id,
        created_at=row.created_at,
        read_at=row.read_at,
    )
