"""Rooms as one person may see them. Everything about chat starts here: `access` is the only way into a room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, func, or_, select

from app.accounts.api import members_among, person_names
from app.kit.authz import Actor, may
from app.kit.db import db
from app.kit.errors import NotFound
from app.messaging.models import Message, Room, RoomMember
from app.messaging.policies import MEMBERS, P
from app.messaging.queries.block import between, hidden
from app.messaging.subjects import RoomAbout, about

MOST_COUNTED = 100  # the shell says 99+


@dataclass(frozen=True)
class Access:
    """A room and what the actor is in it. `other_id` is the other person of a conversation of two."""

    id: UUID
    organisation_id: UUID | None
    title: str
    link: str
    writes: bool
    direct: bool
    other_id: UUID | None
    last_seq: int
    changes: int
    is_member: bool
    last_read: int
    muted: bool
    marked: bool
    away: bool
    blocks: bool
    """Of a conversation of two: the actor has blocked the other."""
    blocked: bool
    """And the other has blocked the actor."""


def works_here(actor: Actor) -> bool:
    """Whether conversations of two are there for the actor: guests have none, tokens with the scope do."""
    reads = actor.token_scopes is None or may(actor, P.message_read)
    return actor.person_id is not None and actor.role in MEMBERS and reads


def other_of(pair: str, person_id: UUID) -> UUID | None:
    """The other one of the two, None for who is neither."""
    two = [UUID(part) for part in pair.split(".")[1:]]
    return next((one for one in two if one != person_id), None) if person_id in two else None


_blocks, _blocked = between(bindparam("person_id"))
# Columns and no rows of the session: each message asks, and nobody changes what is read here.
_ACCESS = (
    select(
        Room.id, Room.organisation_id, Room.subject_type, Room.subject_id, Room.pair, Room.last_seq, Room.changes,
        RoomMember.person_id, RoomMember.last_read, RoomMember.muted, RoomMember.marked, RoomMember.left_seq,
        _blocks.label("blocks"), _blocked.label("blocked"),
    )
    .join(
        RoomMember,
        and_(RoomMember.room_id == Room.id, RoomMember.person_id == bindparam("person_id")),
        isouter=True,
    )
    .where(Room.id == bindparam("room_id"))
)  # fmt: skip


def access(actor: Actor, room_id: UUID) -> Access:
    """The room for this actor. Raises NotFound for strangers, who do not learn that there is one."""
    room = db.session.execute(_ACCESS, {"person_id": actor.person_id, "room_id": room_id}).first()
    if room is None or actor.person_id is None:
        raise NotFound
    if room.pair is not None:
        return _direct(actor, room)
    subject = subjects_of(actor, [(room.subject_type, room.subject_id)]).get(
        (room.subject_type, room.subject_id)
    )
    if subject is None:
        raise NotFound
    return _made(room, subject, None)


def _direct(actor: Actor, room: Any) -> Access:
    assert room.pair is not None
    assert actor.person_id is not None
    other = other_of(room.pair, actor.person_id)
    ours = works_here(actor) and room.organisation_id == actor.organisation_id
    if room.person_id is None or other is None or not ours or room.organisation_id is None:
        raise NotFound
    here = members_among(room.organisation_id, [other])
    name = here.get(other) or person_names([other]).get(other, "")
    return _made(room, RoomAbout(name, "", other in here and not room.blocks and not room.blocked), other)


def _made(room: Any, subject: RoomAbout, other: UUID | None) -> Access:
    return Access(
        id=room.id,
        organisation_id=room.organisation_id,
        title=subject.title,
        link=subject.link,
        writes=subject.writes,
        direct=room.pair is not None,
        other_id=other,
        last_seq=room.last_seq,
        changes=room.changes,
        is_member=room.person_id is not None,
        last_read=room.last_read or 0,
        muted=bool(room.muted),
        marked=bool(room.marked),
        away=room.left_seq is not None,
        blocks=bool(room.blocks),
        blocked=bool(room.blocked),
    )


_PEOPLE = (
    select(RoomMember.person_id)
    .join(Room, Room.id == RoomMember.room_id)
    .where(
        RoomMember.room_id == bindparam("room_id"), or_(RoomMember.left_seq.is_(None), Room.pair.is_not(None))
    )
    .order_by(RoomMember.joined_at, RoomMember.person_id)
)


def member_ids(room_id: UUID) -> list[UUID]:
    """Who is in the room and has not left it; a conversation of two is never left for good."""
    return list(db.session.scalars(_PEOPLE, {"room_id": room_id}))


def subjects_of(
    actor: Actor, rooms: Iterable[tuple[str | None, UUID | None]]
) -> Mapping[tuple[str | None, UUID | None], RoomAbout]:
    """What several rooms are about, one question for each kind of thing."""
    by_type: dict[str, list[UUID]] = {}
    for subject_type, subject_id in rooms:
        if subject_type is not None and subject_id is not None:
            by_type.setdefault(subject_type, []).append(subject_id)
    return {
        (subject_type, subject_id): one
        for subject_type, ids in by_type.items()
        for subject_id, one in about(actor, subject_type, ids).items()
    }


# Unread messages by room; part of the shell's one question, see queries.shell.
WAITING = (
    select(Room.subject_type, Room.subject_id, func.count().label("unread"))
    .select_from(RoomMember)
    .join(Room, Room.id == RoomMember.room_id)
    .join(Message, and_(Message.room_id == Room.id, Message.seq > RoomMember.last_read))
    .where(
        RoomMember.person_id == bindparam("person_id"),
        RoomMember.muted.is_(False),
        Room.last_seq > RoomMember.last_read,
        or_(
            and_(Room.pair.is_not(None), Room.organisation_id == bindparam("organisation_id")),
            and_(Room.pair.is_(None), RoomMember.left_seq.is_(None)),
        ),
        Message.author_id != bindparam("person_id"),
        Message.deleted_at.is_(None),
        ~hidden(bindparam("person_id"), Message.author_id),
    )
    .group_by(Room.id, Room.subject_type, Room.subject_id)
    .limit(MOST_COUNTED)
)
