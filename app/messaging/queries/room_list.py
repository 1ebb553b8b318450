"""The list of a person's rooms, and searching in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select

from app.accounts.api import people_of, person_names
from app.core.api import like
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.paging import Page, after, encode_cursor
from app.messaging.models import Message, Room, RoomMember
from app.messaging.queries.block import hidden
from app.messaging.queries.room import other_of, subjects_of, works_here
from app.messaging.rules.room import pair_of

MOST_FOUND = 50


@dataclass(frozen=True)
class RoomLine:
    """A room in the list, with the last thing that was said there."""

    id: UUID
    title: str
    direct: bool
    muted: bool
    marked: bool
    unread: int
    last_at: datetime
    last_seq: int
    last_text: str
    last_author: str
    last_own: bool
    last_deleted: bool
    last_hidden: bool
    """Somebody said it whom the person has blocked."""


@dataclass(frozen=True)
class Found:
    """A message that holds what was searched for."""

    room_id: UUID
    title: str
    seq: int
    author: str
    text: str
    created_at: datetime


def _mine(actor: Actor) -> Select[Room, RoomMember]:
    """Rooms that are in the actor's list; those about things are asked for at their module afterwards."""
    organisation_id = actor.organisation_id if works_here(actor) else None
    return (
        select(Room, RoomMember)
        .join(RoomMember, RoomMember.room_id == Room.id)
        .where(
            RoomMember.person_id == actor.person_id,
            or_(
                and_(
                    Room.pair.is_not(None),
                    Room.organisation_id == organisation_id,
                    or_(RoomMember.left_seq.is_(None), Room.last_seq > RoomMember.left_seq),
                ),
                and_(Room.pair.is_(None), RoomMember.left_seq.is_(None)),
            ),
        )
    )


def rooms_of(actor: Actor, *, cursor: str | None = None, limit: int = 40) -> Page[RoomLine]:
    """The actor's rooms, the one with the newest message first. At most four queries and one for each kind of thing."""
    if actor.person_id is None:
        return Page([])
    unread = (
        select(func.count())
        .where(
            Message.room_id == Room.id,
            Message.seq > RoomMember.last_read,
            Message.author_id != actor.person_id,
            Message.deleted_at.is_(None),
            ~hidden(actor.person_id, Message.author_id),
        )
        .correlate(Room, RoomMember)
        .scalar_subquery()
    )
    statement = (
        _mine(actor)
        .join(Message, and_(Message.room_id == Room.id, Message.seq == Room.last_seq), isouter=True)
        .add_columns(Message, unread, hidden(actor.person_id, Message.author_id))
    )
    keys = [Room.last_at, Room.id]
    rows = list(
        db.session.execute(
            after(statement, keys, [datetime.fromisoformat, UUID], cursor, limit),
            execution_options={"populate_existing": True},
        )
    )
    shown, more = rows[:limit], len(rows) > limit
    last = shown[-1][0] if shown else None
    return Page(
        _lines(actor, shown), encode_cursor([last.last_at.isoformat(), last.id]) if more and last else None
    )


def _lines(actor: Actor, rows: list[Any]) -> list[RoomLine]:
    me = actor.person_id
    assert me is not None
    readable = subjects_of(actor, [(room.subject_type, room.subject_id) for room, *_ in rows])
    others = {room.id: other_of(room.pair, me) for room, *_ in rows if room.pair}
    names = person_names([*others.values(), *(said.author_id for _, _, said, *_ in rows if said)])
    found = []
    for room, member, said, unread, unwanted in rows:
        subject = readable.get((room.subject_type, room.subject_id))
        if room.pair is None and subject is None:
            continue
        title = subject.title if subject else names.get(others[room.id], "")  # type: ignore[arg-type]
        found.append(
            RoomLine(
                id=room.id,
                title=title,
                direct=room.pair is not None,
                muted=member.muted,
                marked=member.marked,
                unread=unread,
                last_at=room.last_at,
                last_seq=room.last_seq,
                last_text=said.text[:200] if said and not unwanted else "",
                last_author=names.get(said.author_id, "") if said else "",
                last_own=bool(said and said.author_id == me),
                last_deleted=bool(said and said.deleted_at),
                last_hidden=bool(said and unwanted),
            )
        )
    return found


def find_rooms(actor: Actor, text: str) -> list[tuple[UUID, str]]:
    """Conversations of two by the other's name: (room, name), at most ten. Two queries."""
    if not text or actor.person_id is None or actor.organisation_id is None or not works_here(actor):
        return []
    wanted = text.casefold()
    names = {
        pair_of(actor.organisation_id, actor.person_id, one.person_id): one.name
        for one in people_of(actor.organisation_id)
        if one.person_id != actor.person_id and wanted in one.name.casefold()
    }
    if not names:
        return []
    rows = db.session.execute(
        select(Room.id, Room.pair).where(Room.pair.in_(list(names)[:MOST_FOUND])).limit(10)
    )
    return sorted(((row.id, names[row.pair]) for row in rows), key=lambda one: (one[1].casefold(), one[0]))


def find_messages(actor: Actor, text: str) -> list[Found]:
    """Messages in the actor's rooms that hold the text, newest first, at most fifty."""
    if not text or actor.person_id is None:
        return []
    statement = (
        _mine(actor)
        .join(Message, Message.room_id == Room.id)
        .add_columns(Message)
        .where(
            Message.deleted_at.is_(None),
            Message.text.ilike(like(text), escape="\\"),
            ~hidden(actor.person_id, Message.author_id),
        )
        .order_by(Message.created_at.desc(), Message.id.desc())
        .limit(MOST_FOUND)
    )
    rows = db.session.execute(statement).all()
    readable = subjects_of(actor, [(room.subject_type, room.subject_id) for room, *_ in rows])
    others = {room.id: other_of(room.pair, actor.person_id) for room, *_ in rows if room.pair}
    names = person_names([*others.values(), *(said.author_id for *_, said in rows)])
    found = []
    for room, _member, said in rows:
        subject = readable.get((room.subject_type, room.subject_id))
        if room.pair is None and subject is None:
            continue
        title = subject.title if subject else names.get(others[room.id], "")  # type: ignore[arg-type]
        found.append(
            Found(room.id, title, said.seq, names.get(said.author_id, ""), said.text, said.created_at)
        )
    return found
