"""Messages of a room. Who asks has been through `queries.room.access`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.accounts.api import person_names
from app.kit.db import db
from app.kit.errors import NotFound
from app.messaging.models import Message, MessageVersion
from app.messaging.queries.attachment import FileLine, files_of
from app.messaging.queries.room import Access
from app.messaging.rules.message import pieces

PAGE = 50
MOST_NEW = 200


@dataclass(frozen=True)
class Line:
    """A message as it is shown. `parts` are (words, person id of a mention or ""); a deleted one has none."""

    id: UUID
    seq: int
    author_id: UUID
    author: str
    parts: tuple[tuple[str, str], ...]
    created_at: datetime
    edited: bool
    deleted: bool
    change: int
    files: tuple[FileLine, ...] = ()

    @property
    def text(self) -> str:
        return "".join(words for words, _ in self.parts)

    def as_json(self) -> dict[str, Any]:
        """What scripts get, over the WebSocket and by request."""
        return {
            "id": str(self.id), "seq": self.seq, "author": str(self.author_id), "name": self.author,
            "parts": [list(part) for part in self.parts], "at": self.created_at.isoformat(),
            "edited": self.edited, "deleted": self.deleted, "change": self.change, "files": [one.as_json() for one in self.files],
        }  # fmt: skip


@dataclass(frozen=True)
class News:
    """What somebody who knows a room up to a message and a change has missed.

    `seq` and `changes` are what they know after taking it; `more`: ask again, there is more than fits. `anew`: so much was
    changed that the page is better loaded anew.
    """

    lines: Sequence[Line]
    seq: int
    changes: int
    more: bool
    anew: bool


@dataclass(frozen=True)
class Version:
    """What a message said before."""

    text: str
    written_at: datetime
    replaced_at: datetime


def as_lines(rows: Sequence[Message]) -> list[Line]:
    """Rows with their authors' names and their files. One query, two where there are files."""
    names, files = person_names(row.author_id for row in rows), files_of(rows)
    return [as_line(row, names.get(row.author_id, ""), files.get(row.id, ())) for row in rows]


def as_line(row: Message, author: str, files: Sequence[FileLine] = ()) -> Line:
    gone = row.deleted_at is not None
    return Line(
        id=row.id,
        seq=row.seq,
        author_id=row.author_id,
        author=author,
        parts=() if gone else tuple(pieces(row.text, row.mentions)),
        created_at=row.created_at,
        edited=row.edited_at is not None,
        deleted=gone,
        change=row.change,
        files=() if gone else tuple(files),
    )


def lines_before(room: Access, before: int | None = None, limit: int = PAGE) -> tuple[list[Line], bool]:
    """The newest messages below number `before` (None: of all), oldest first; and whether there are older ones."""
    statement = select(Message).where(Message.room_id == room.id)
    if before is not None:
        statement = statement.where(Message.seq < before)
    rows = list(db.session.scalars(statement.order_by(Message.seq.desc()).limit(limit + 1)))
    return as_lines(rows[:limit][::-1]), len(rows) > limit


def lines_after(room: Access, after: int, limit: int) -> tuple[list[Line], bool]:
    """Messages with a higher number than `after`, in order; and whether there are more."""
    statement = select(Message).where(Message.room_id == room.id, Message.seq > after).order_by(Message.seq)
    rows = list(db.session.scalars(statement.limit(limit + 1)))
    return as_lines(rows[:limit]), len(rows) > limit


def news_since(room: Access, seq: int, changes: int, limit: int = MOST_NEW) -> News:
    """Messages after number `seq`, and earlier ones that were changed after change number `changes`, in order.

    `room` was read before: what is written meanwhile is either in the answer or comes with the next one.
    """
    here = select(Message).where(Message.room_id == room.id)
    new = list(db.session.scalars(here.where(Message.seq > seq).order_by(Message.seq).limit(limit)))
    changed = list(
        db.session.scalars(
            here.where(Message.seq <= seq, Message.change > changes).order_by(Message.change).limit(limit)
        )
    )
    return News(
        lines=as_lines([*changed, *new]),
        seq=new[-1].seq if new else seq,
        changes=max(changes, room.changes),
        more=len(new) == limit,
        anew=len(changed) == limit,
    )


def find_message(room: Access, message_id: UUID) -> Line:
    """One message of this room. Raises NotFound."""
    row = db.session.scalar(select(Message).where(Message.id == message_id, Message.room_id == room.id))
    if row is None:
        raise NotFound
    return as_lines([row])[0]


def versions_of(line: Line, reader: UUID | None) -> list[Version]:
    """What the message said before, newest first. Of a deleted one only its author still reads it."""
    if line.deleted and reader != line.author_id:
        raise NotFound
    rows = db.session.scalars(
        select(MessageVersion)
        .where(MessageVersion.message_id == line.id)
        .order_by(MessageVersion.replaced_at.desc(), MessageVersion.id.desc())
    )
    return [Version(row.text, row.written_at, row.replaced_at) for row in rows]
