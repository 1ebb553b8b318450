"""Files of messages. Who asks has been through `queries.room.access`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.kit.db import db
from app.kit.errors import NotFound
from app.messaging.models import Attachment, Message


@dataclass(frozen=True)
class FileLine:
    """A file as a message shows it. `width` above 0: a picture that may be shown."""

    id: UUID
    file_id: UUID
    name: str
    mime: str
    size: int
    width: int
    height: int

    def as_json(self) -> dict[str, Any]:
        """What scripts get: where it is follows from room, message and id."""
        return {
            "id": str(self.id),
            "name": self.name,
            "size": self.size,
            "width": self.width,
            "height": self.height,
        }


def as_file(row: Attachment) -> FileLine:
    return FileLine(row.id, row.file_id, row.name, row.mime, row.size, row.width, row.height)


def files_of(messages: Iterable[Message]) -> dict[UUID, Sequence[FileLine]]:
    """Files by message; asks only where a message has any. One query."""
    wanted = [row.id for row in messages if row.files and row.deleted_at is None]
    found: dict[UUID, list[FileLine]] = {}
    if wanted:
        rows = db.session.scalars(
            select(Attachment)
            .where(Attachment.message_id.in_(wanted))
            .order_by(Attachment.message_id, Attachment.position)
        )
        for row in rows:
            found.setdefault(row.message_id, []).append(as_file(row))
    return {one: tuple(files) for one, files in found.items()}


def find_file(room_id: UUID, message_id: UUID, attachment_id: UUID) -> FileLine:
    """One file of a message of this room that is still there. Raises NotFound."""
    row = db.session.scalar(
        select(Attachment)
        .join(Message, Message.id == Attachment.message_id)
        .where(
            Attachment.id == attachment_id, Message.id == message_id, Message.room_id == room_id,
            Message.deleted_at.is_(None),
        )
    )  # fmt: skip
    if row is None:
        raise NotFound
    return as_file(row)
