"""Mail for the absent: once, after a quiet time, what is unread in rooms they have not muted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, and_, case, or_, select

from app.accounts.api import find_actor_for_job, list_organisations, members_among, person_names
from app.kit import clock
from app.kit.authz import Actor
from app.kit.config import settings
from app.kit.db import db, transaction
from app.kit.observe import counter
from app.messaging.models import Message, Room, RoomMember
from app.messaging.queries.block import hidden
from app.messaging.queries.room import other_of
from app.messaging.rules.room import digest_due
from app.messaging.services.notice import notify
from app.messaging.subjects import about

log = structlog.get_logger(__name__)
MOST_PEOPLE = 500  # a run; the next one is five minutes away
MOST_ROOMS = 20  # named in a mail

TOLD = counter("kontor_chat_digests_total", "People told of unread chat messages after a quiet time")


@dataclass(frozen=True)
class _Waiting:
    """A room with messages somebody has neither read nor been told about."""

    room: Room
    member: RoomMember
    said_at: tuple[datetime, ...]


def send_digests() -> int:
    """Tell everybody whose messages have waited long enough. One who cannot be told hinders nobody. Returns how many."""
    quiet = timedelta(minutes=settings().chat_digest_minutes)
    due = _statement(RoomMember.person_id).where(Message.created_at <= clock.now() - quiet).distinct()
    told = 0
    for person_id in db.session.scalars(due.limit(MOST_PEOPLE)).all():
        try:
            told += _tell(person_id, quiet)
        except Exception:
            db.session.rollback()
            log.exception("chat_digest_failed", person=str(person_id))
    TOLD.inc(told)
    return told


def _statement(*columns: Any) -> Select[Any]:
    """Messages of others that are there, not read, not told about, in rooms that are neither muted nor left."""
    known = case(
        (RoomMember.digested > RoomMember.last_read, RoomMember.digested), else_=RoomMember.last_read
    )
    return (
        select(*columns)
        .select_from(RoomMember)
        .join(Room, Room.id == RoomMember.room_id)
        .join(Message, and_(Message.room_id == Room.id, Message.seq > known))
        .where(
            RoomMember.muted.is_(False),
            Room.last_seq > known,
            or_(Room.pair.is_not(None), RoomMember.left_seq.is_(None)),
            Message.author_id != RoomMember.person_id,
            Message.deleted_at.is_(None),
            ~hidden(RoomMember.person_id, Message.author_id),
        )
    )


def _tell(person_id: UUID, quiet: timedelta) -> bool:
    with transaction():
        # Locked in one order: of two workers the second finds that all is told.
        db.session.execute(
            select(RoomMember.room_id)
            .where(RoomMember.person_id == person_id)
            .order_by(RoomMember.room_id)
            .with_for_update()
        ).all()
        waiting = _waiting(person_id)
        if not digest_due((at for one in waiting for at in one.said_at), clock.now(), quiet):
            return False
        for one in waiting:
            one.member.digested = max(one.member.digested, one.room.last_seq)
        named = _named(person_id, waiting)
        if not named:
            return False
        key = ",".join(sorted(f"{one.room.id.hex}:{one.room.last_seq}" for one in waiting))
        notify(
            "messaging.digest", dedupe=f"digest:{hashlib.sha256(key.encode()).hexdigest()}", person_ids=[person_id],
            data={"messages": sum(count for _, count in named), "rooms": len(named)}, link="/nachrichten",
            mail={"rooms": named[:MOST_ROOMS], "more": max(0, len(named) - MOST_ROOMS)},
        )  # fmt: skip
        return True


def _waiting(person_id: UUID) -> list[_Waiting]:
    rows = db.session.execute(
        _statement(Room, RoomMember, Message.created_at)
        .where(RoomMember.person_id == person_id)
        .order_by(Room.last_at.desc(), Room.id, Message.seq),
        execution_options={"populate_existing": True},
    )
    found: dict[UUID, tuple[Room, RoomMember, list[datetime]]] = {}
    for room, member, at in rows:
        found.setdefault(room.id, (room, member, []))[2].append(at)
    return [_Waiting(room, member, tuple(times)) for room, member, times in found.values()]


def _named(person_id: UUID, waiting: Sequence[_Waiting]) -> list[tuple[str, int]]:
    """(title, number of messages) of the rooms the person may still read, as they would see them in any organisation."""
    nowhere = find_actor_for_job(person_id, None)
    actors = [
        find_actor_for_job(person_id, one.id) for one in list_organisations(Actor(person_id=person_id))
    ] or [nowhere]
    found = []
    for one in waiting:
        title = _title(one.room, person_id, actors)
        if title is not None:
            found.append((title, len(one.said_at)))
    return found


def _title(room: Room, person_id: UUID, actors: Sequence[Actor]) -> str | None:
    if room.pair is not None and room.organisation_id is not None:
        other = other_of(room.pair, person_id)
        here = members_among(room.organisation_id, [person_id])
        if other is None or person_id not in here:
            return None
        return person_names([other]).get(other, "")
    for actor in actors:
        if room.subject_type is not None and room.subject_id is not None:
            found = about(actor, room.subject_type, [room.subject_id]).get(room.subject_id)
            if found is not None:
                return found.title
    return None
