"""Who has blocked whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, select

from app.accounts.api import person_names
from app.kit.authz import Actor
from app.kit.db import db
from app.messaging.models import Block, Room, RoomMember


@dataclass(frozen=True)
class Blocked:
    """A person somebody blocked."""

    person_id: UUID
    name: str
    since: datetime


def hidden(reader: Any, author: Any) -> ColumnElement[bool]:
    """Whether the reader has blocked the author; part of other questions."""
    return select(Block.blocked_id).where(Block.person_id == reader, Block.blocked_id == author).exists()


def between(reader: Any) -> tuple[Any, Any]:
    """For a conversation of two: whether the reader has blocked the other, and the other the reader. Of other rooms
    nothing is asked."""
    here = select(RoomMember.person_id).where(RoomMember.room_id == Room.id).correlate(Room)
    mine = select(Block.blocked_id).where(Block.person_id == reader, Block.blocked_id.in_(here)).exists()
    theirs = select(Block.person_id).where(Block.blocked_id == reader, Block.person_id.in_(here)).exists()
    direct = Room.pair.is_not(None)
    return case((direct, mine), else_=False), case((direct, theirs), else_=False)


def blocked_ids(actor: Actor) -> frozenset[UUID]:
    """Whom the actor has blocked."""
    return frozenset(db.session.scalars(select(Block.blocked_id).where(Block.person_id == actor.person_id)))


def is_blocked_between(one: UUID, other: UUID) -> tuple[bool, bool]:
    """Whether the first has blocked the second, and the second the first."""
    found = set(
        db.session.scalars(
            select(Block.person_id).where(
                ((Block.person_id == one) & (Block.blocked_id == other))
                | ((Block.person_id == other) & (Block.blocked_id == one))
            )
        )
    )
    return one in found, other in found


def list_blocked(actor: Actor) -> list[Blocked]:
    """The actor's own list, the newest first."""
    rows = db.session.scalars(
        select(Block)
        .where(Block.person_id == actor.person_id)
        .order_by(Block.created_at.desc(), Block.blocked_id)
    ).all()
    names = person_names(row.blocked_id for row in rows)
    return [Blocked(row.blocked_id, names.get(row.blocked_id, ""), row.created_at) for row in rows]
