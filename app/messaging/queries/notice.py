"""A person's notices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select

from app.core.api import subject_names
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.errors import NotFound
from app.kit.paging import Page, after, encode_cursor
from app.messaging.kinds import kind_of
from app.messaging.models import Notice
from app.messaging.rules.kind import Kind, named_in, off_path, words

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
    off_word: str = ""
    off_path: str = ""
    """Where a button posts to that ends notices like this one; empty: there is none."""


# Part of the shell's one question, see queries.shell.
UNREAD = (
    select(Notice.id)
    .where(Notice.person_id == bindparam("person_id"), Notice.read_at.is_(None))
    .limit(MOST_COUNTED)
)


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
        off_word=str(kind.off[0]) if kind and kind.off else "",
        off_path=off_path(kind, row.data) if kind else "",
    )
