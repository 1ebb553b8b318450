"""Messages: sending, editing, deleting. Each under the room's lock, which gives numbers without a gap."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.api import person_names
from app.kit import clock, limits, live
from app.kit.authz import Actor
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from app.kit.ids import new_id
from app.kit.observe import counter
from app.messaging.models import Block, Message, MessageVersion, Room, RoomMember
from app.messaging.queries.attachment import files_of
from app.messaging.queries.message import Line, as_line
from app.messaging.queries.room import Access, access, member_ids
from app.messaging.rules.message import CLIENT_ID, LONGEST, Mention, digest_of, fault_of, mentions_in, normal
from app.messaging.services import attachment
from app.messaging.services.notice import notify
from app.messaging.services.room import FEED, ROOM, join
from app.messaging.services.telling import deliver

A_MINUTE = 240

SENT = counter("kontor_chat_messages_total", "Chat messages sent, by outcome", ("outcome",))


@dataclass(frozen=True)
class Sent:
    """The message as it is kept; `fresh` is False where it was there already."""

    line: Line
    fresh: bool


def blocked_words(room: Access) -> str:
    """Why nothing is sent in a conversation of two."""
    if room.blocks:
        return _(
            "Sie haben %(name)s blockiert. Heben Sie das auf, wenn Sie wieder schreiben möchten.",
            name=room.title,
        )
    return _("%(name)s nimmt keine Nachrichten von Ihnen an.", name=room.title)


def checked(text: str, *, files: bool = False) -> str:
    """The text as it is kept; with files it may be empty. Raises Invalid at the field."""
    text = normal(text)
    fault = fault_of(text)
    if fault == "empty" and files:
        return ""
    if fault == "empty":
        raise Invalid(fields={"text": _("Schreiben Sie etwas, bevor Sie senden.")})
    if fault == "long":
        raise Invalid(
            fields={
                "text": _(
                    "Eine Nachricht hat höchstens %(most)s Zeichen, diese hat %(count)s. Bitte teilen Sie sie auf.",
                    most=LONGEST, count=len(text),
                )
            }
        )  # fmt: skip
    return text


def send(
    actor: Actor, room_id: UUID, *, text: str, client_id: str, files: Sequence[tuple[str, BinaryIO]] = ()
) -> Sent:
    """Say something in a room. The same `client_id` with the same text and files is the same message; with others Conflict.

    Raises NotFound for strangers, NotAllowed where one may only read, Invalid by field, TooMany,
    Unavailable (where files go, or who scans them).
    """
    room = access(actor, room_id)
    assert actor.person_id is not None
    if room.blocks or room.blocked:
        raise Conflict(blocked_words(room))
    if not room.writes:
        raise NotAllowed
    text = checked(text, files=bool(files))
    if not CLIENT_ID.fullmatch(client_id):
        raise Invalid(fields={"client": _("Diese Seite ist veraltet. Bitte laden Sie sie neu.")})
    if not (left := limits.take(f"chat:{actor.person_id.hex}", A_MINUTE, 60)).allowed:
        raise TooMany(_("Das waren sehr viele Nachrichten in kurzer Zeit."), left.retry_after)
    ready = attachment.prepare(files)
    digest = digest_of("\0".join([text, *(one.upload.sha256 for one in ready)]))
    try:
        with transaction():
            line = _said(room, actor, text, client_id, digest, ready)
    except IntegrityError:  # it was sent before: the number goes back
        attachment.forget(ready)
        again = _again(room_id, actor, digest, client_id)
        if again is None:
            raise
        return again
    except BaseException:
        attachment.forget(ready)
        raise
    SENT.labels("new").inc()
    return Sent(line, fresh=True)


# Built once, and past the session's own bookkeeping: these are what a busy room does all the time.
_NUMBER = (
    update(Room.__table__)
    .where(Room.__table__.c.id == bindparam("room"))
    .values(last_seq=Room.__table__.c.last_seq + 1, last_at=bindparam("at"))
    .returning(Room.__table__.c.last_seq)
)
_SAY = insert(Message.__table__)
_KNOWN = select(Message).where(
    Message.room_id == bindparam("room"),
    Message.author_id == bindparam("author"),
    Message.client_id == bindparam("client"),
)


def _said(
    room: Access, actor: Actor, text: str, client_id: str, digest: str, ready: Sequence[attachment.Ready]
) -> Line:
    """Take the room's next number, which locks its row until the commit, and write the message under it."""
    assert actor.person_id is not None
    seq = db.session.scalar(_NUMBER, {"room": room.id, "at": clock.now()})
    if seq is None:
        raise NotFound
    now = clock.now()  # read under the lock: later numbers have later times
    people = member_ids(room.id)
    spans = [[str(one.person_id), one.first, one.last] for one in _mentioned(text, people, actor.person_id)]
    row = {
        "id": new_id(), "room_id": room.id, "seq": seq, "author_id": actor.person_id, "client_id": client_id,
        "digest": digest, "text": text, "mentions": spans, "created_at": now, "change": 0, "files": len(ready),
    }  # fmt: skip
    db.session.execute(_SAY, row)
    message = Message(**row)  # as it is kept; no part of the session
    if actor.person_id not in people:
        join(room.id, actor.person_id)
        _present(room.id, actor.person_id)
    if spans:
        _tell_mentioned(room, message, people)
    line = as_line(message, actor.name, attachment.keep(message.id, room.organisation_id, ready))
    deliver(room.id, line, told=[one for one in people if one != actor.person_id])
    return line


def _again(room_id: UUID, actor: Actor, digest: str, client_id: str) -> Sent | None:
    known = db.session.scalar(_KNOWN, {"room": room_id, "author": actor.person_id, "client": client_id})
    if known is None:
        return None
    if known.digest != digest:
        SENT.labels("conflict").inc()
        raise Conflict(_("Diese Nachricht wurde schon mit einem anderen Text gesendet."))
    SENT.labels("again").inc()
    return Sent(as_line(known, actor.name, files_of([known]).get(known.id, ())), fresh=False)


def _present(room_id: UUID, person_id: UUID) -> None:
    """Who writes in a room they had left is back."""
    member = db.session.get(RoomMember, (room_id, person_id), populate_existing=True)
    if member is not None:
        member.left_seq = None


def _mentioned(text: str, people: list[UUID], author_id: UUID) -> list[Mention]:
    if "@" not in text:
        return []
    return mentions_in(text, person_names(one for one in people if one != author_id))


def _tell_mentioned(room: Access, message: Message, people: list[UUID]) -> None:
    wanted = {UUID(one[0]) for one in message.mentions} & set(people)
    deaf = select(Block.person_id).where(Block.blocked_id == message.author_id, Block.person_id.in_(wanted))
    wanted -= set(db.session.scalars(deaf))
    muted = db.session.scalars(
        select(RoomMember.person_id).where(
            RoomMember.room_id == room.id, RoomMember.person_id.in_(wanted), RoomMember.muted.is_(True)
        )
    )
    wanted -= set(muted)
    if wanted:
        notify(
            "messaging.mention", dedupe=f"mention:{message.id}", organisation_id=room.organisation_id,
            person_ids=sorted(wanted), data={"person_id": str(message.author_id)},
            link=f"/nachrichten/{room.id}?bis={message.seq}#m-{message.seq}",
        )  # fmt: skip


def _own(actor: Actor, room_id: UUID, message_id: UUID) -> tuple[Room, Message]:
    """Both rows, the room's locked. Raises NotFound, NotAllowed for somebody else's, Conflict for a deleted one."""
    row = lock(Room, room_id)
    message = db.session.get(Message, message_id, populate_existing=True)
    if message is None or message.room_id != room_id:
        raise NotFound
    if message.author_id != actor.person_id:
        raise NotAllowed
    if message.deleted_at is not None:
        raise Conflict(_("Diese Nachricht ist schon gelöscht."))
    return row, message


def edit(actor: Actor, room_id: UUID, message_id: UUID, *, text: str) -> Line:
    """Say it better. What it said before is kept and everybody in the room may read it. The same text changes nothing."""
    room = access(actor, room_id)
    if not room.writes:
        raise NotAllowed
    with transaction():
        row, message = _own(actor, room_id, message_id)
        text = checked(text, files=bool(message.files))
        files = files_of([message]).get(message.id, ())
        if message.text == text:
            return as_line(message, actor.name, files)
        _keep(message)
        assert actor.person_id is not None
        mentions = _mentioned(text, member_ids(room_id), actor.person_id)
        message.text = text
        message.mentions = [[str(one.person_id), one.first, one.last] for one in mentions]
        message.edited_at = clock.now()
        _changed(row, message)
        line = as_line(message, actor.name, files)
        deliver(room_id, line)
    return line


def delete(actor: Actor, room_id: UUID, message_id: UUID) -> Line:
    """Take it back. Its number stays, so nobody misses one; its text is from now on its author's alone, for 30 days. Its
    files are gone."""
    access(actor, room_id)
    with transaction():
        row, message = _own(actor, room_id, message_id)
        _keep(message)
        attachment.remove([message.id])
        message.text, message.mentions, message.deleted_at, message.files = "", [], clock.now(), 0
        _changed(row, message)
        line = as_line(message, actor.name)
        # It may have been unread: the others' numbers change.
        deliver(room_id, line, told=[one for one in member_ids(room_id) if one != actor.person_id])
    return line


def _keep(message: Message) -> None:
    db.session.add(
        MessageVersion(
            id=new_id(),
            message_id=message.id,
            text=message.text,
            written_at=message.edited_at or message.created_at,
            replaced_at=clock.now(),
        )
    )


def _changed(row: Room, message: Message) -> None:
    row.changes += 1
    message.change = row.changes


def say_typing(actor: Actor, room_id: UUID) -> None:
    """Tell those who have the room open that the actor is writing. Nothing is kept anywhere."""
    room = access(actor, room_id)
    if room.writes and limits.take(f"typing:{actor.person_id}", 30, 60).allowed:
        live.append(ROOM, room_id, FEED, [json.dumps({"typing": str(actor.person_id), "name": actor.name})])
