"""Rooms: opening them, how far they are read, silence, leaving."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.api import members_among
from app.core.api import record
from app.kit import clock, live
from app.kit.authz import Actor, require
from app.kit.db import db, lock, require_transaction, transaction
from app.kit.errors import Invalid, NotFound
from app.kit.ids import new_id
from app.messaging.events import MemberLetOut, RoomOpened
from app.messaging.models import Room, RoomMember
from app.messaging.policies import P
from app.messaging.queries.block import is_blocked_between
from app.messaging.queries.room import access
from app.messaging.rules.room import pair_of, read_up_to
from app.messaging.services.notice import LIVE

ROOM = "messaging-room"
FEED = "feed"


def open_direct(actor: Actor, other_id: UUID) -> UUID:
    """The conversation with a colleague: a new one, or the one there is. Raises Invalid for who is not in the organisation."""
    require(actor, P.room_create)
    if actor.person_id is None or actor.organisation_id is None:
        raise NotFound
    if other_id == actor.person_id:
        raise Invalid(fields={"person": _("Wählen Sie eine andere Person als sich selbst.")})
    if other_id not in members_among(actor.organisation_id, [other_id]):
        raise Invalid(fields={"person": _("Diese Person gehört nicht zu Ihrer Organisation.")})
    mine, theirs = is_blocked_between(actor.person_id, other_id)
    if mine:
        raise Invalid(fields={"person": _("Sie haben diese Person blockiert.")})
    if theirs:
        raise Invalid(fields={"person": _("Diese Person nimmt keine Nachrichten von Ihnen an.")})
    pair = pair_of(actor.organisation_id, actor.person_id, other_id)
    with transaction():
        room_id, _made = _ensured(Room.pair == pair, organisation_id=actor.organisation_id, pair=pair)
        for person_id in sorted((actor.person_id, other_id)):
            join(room_id, person_id)
        _come_back(room_id, actor.person_id)
    return room_id


def open_subject(
    subject_type: str, subject_id: UUID, organisation_id: UUID | None, person_ids: Iterable[UUID]
) -> UUID:
    """The room of a thing, with these people in it. Joins the caller's transaction; who may read is the provider's word."""
    require_transaction()
    room_id, fresh = _ensured(
        (Room.subject_type == subject_type) & (Room.subject_id == subject_id),
        organisation_id=organisation_id, subject_type=subject_type, subject_id=subject_id,
    )  # fmt: skip
    if fresh:
        record(
            RoomOpened(about=subject_type), organisation_id=organisation_id, subject=("messaging.room", room_id),
        )  # fmt: skip
    for person_id in sorted(set(person_ids)):
        join(room_id, person_id)
    return room_id


def _id_of(subject_type: str, subject_id: UUID) -> UUID | None:
    return db.session.scalar(
        select(Room.id).where(Room.subject_type == subject_type, Room.subject_id == subject_id)
    )


def _ensured(which: object, **values: object) -> tuple[UUID, bool]:
    """The room and whether it was missing; of two who make it at once the second takes the first one's."""
    found = db.session.scalar(select(Room.id).where(which))  # type: ignore[arg-type]
    if found is not None:
        return found, False
    now = clock.now()
    try:
        with db.session.begin_nested():
            row = Room(id=new_id(), last_seq=0, changes=0, last_at=now, created_at=now, **values)
            db.session.add(row)
        return row.id, True
    except IntegrityError:
        found = db.session.scalar(select(Room.id).where(which))  # type: ignore[arg-type]
        if found is None:
            raise
        return found, False


def join(room_id: UUID, person_id: UUID) -> None:
    """Belong to a room; a second time changes nothing. Joins the caller's transaction."""
    require_transaction()
    if db.session.get(RoomMember, (room_id, person_id)) is not None:
        return
    try:
        with db.session.begin_nested():
            db.session.add(
                RoomMember(
                    room_id=room_id, person_id=person_id, joined_at=clock.now(), last_read=0, digested=0, muted=False,
                    marked=False,
                )
            )  # fmt: skip
    except IntegrityError:  # they joined at this very moment
        return


def _come_back(room_id: UUID, person_id: UUID) -> None:
    db.session.execute(
        update(RoomMember)
        .where(RoomMember.room_id == room_id, RoomMember.person_id == person_id)
        .values(left_seq=None)
        .execution_options(synchronize_session=False)
    )


def mark_read(actor: Actor, room_id: UUID, seq: int) -> None:
    """The actor has read up to this message. Never goes back, whatever arrives when; all their tabs hear of it."""
    room = access(actor, room_id)
    upto = read_up_to(room.last_read, seq, room.last_seq)
    assert actor.person_id is not None
    if upto == room.last_read and room.is_member and not room.marked:
        return
    with transaction():
        join(room_id, actor.person_id)
        # The condition and not what was read before decides: a later answer may have been first.
        moved = db.session.execute(
            update(RoomMember)
            .where(
                RoomMember.room_id == room_id,
                RoomMember.person_id == actor.person_id,
                RoomMember.last_read < upto,
            )
            .values(last_read=upto)
            .execution_options(synchronize_session=False)
        )
        if room.marked:
            _set(room_id, actor.person_id, marked=False)
        if moved.rowcount or room.marked:  # type: ignore[attr-defined]
            live.changed(LIVE, actor.person_id, "chat", "rooms")


def mark_unread(actor: Actor, room_id: UUID) -> None:
    """Come back to it later: the list shows the room as unread until it is read again. Nothing is counted back."""
    access(actor, room_id)
    assert actor.person_id is not None
    with transaction():
        join(room_id, actor.person_id)
        _set(room_id, actor.person_id, marked=True)
        live.changed(LIVE, actor.person_id, "chat", "rooms")


def set_muted(actor: Actor, room_id: UUID, muted: bool) -> None:
    """Be told about new messages of this room, or not: neither in the shell nor by mail."""
    access(actor, room_id)
    assert actor.person_id is not None
    with transaction():
        join(room_id, actor.person_id)
        _set(room_id, actor.person_id, muted=muted)
        live.changed(LIVE, actor.person_id, "chat", "rooms")


def leave(actor: Actor, room_id: UUID) -> None:
    """Take the room out of one's list, with everything in it read. A conversation of two comes back with the next message;
    the room of a thing does when its person writes there again, or is let in anew."""
    access(actor, room_id)
    assert actor.person_id is not None
    with transaction():
        room = lock(Room, room_id)  # no message may come in between: it would be hidden unread
        join(room_id, actor.person_id)
        member = db.session.get(RoomMember, (room_id, actor.person_id), populate_existing=True)
        assert member is not None
        read = read_up_to(member.last_read, room.last_seq, room.last_seq)
        _set(room_id, actor.person_id, left_seq=room.last_seq, last_read=read, marked=False)
        live.changed(LIVE, actor.person_id, "chat", "rooms")


def remove(subject_type: str, subject_id: UUID, person_id: UUID) -> None:
    """Somebody has no business with the thing any more: they are told nothing further. Joins the caller's transaction."""
    require_transaction()
    room = db.session.scalar(
        select(Room).where(Room.subject_type == subject_type, Room.subject_id == subject_id)
    )
    member = db.session.get(RoomMember, (room.id, person_id)) if room is not None else None
    if room is not None and member is not None:
        db.session.delete(member)
        record(
            MemberLetOut(person_id=person_id), organisation_id=room.organisation_id, subject=("messaging.room", room.id),
        )  # fmt: skip
        live.changed(LIVE, person_id, "chat", "rooms")
    reauthorise(subject_type, subject_id)


def reauthorise(subject_type: str, subject_id: UUID) -> None:
    """Who may read a thing has changed: open pages of its room are looked at anew, after the commit."""
    room_id = _id_of(subject_type, subject_id)
    if room_id is not None:
        live.authorise_again(ROOM, room_id, FEED)


def _set(room_id: UUID, person_id: UUID, **values: object) -> None:
    db.session.execute(
        update(RoomMember)
        .where(RoomMember.room_id == room_id, RoomMember.person_id == person_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
