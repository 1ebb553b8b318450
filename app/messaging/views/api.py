"""API v1: conversations. A token reads and writes as its person; a room it may not read is not there."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import url_for
from pydantic import BaseModel, Field

from app.kit.rest import Call, Paged, Shape, blueprint, next_link, operation
from app.messaging.policies import P
from app.messaging.queries.message import Line, lines_after
from app.messaging.queries.room import Access, access
from app.messaging.queries.room_list import RoomLine, rooms_of
from app.messaging.rules.message import CLIENT_ID, LONGEST
from app.messaging.services.message import send
from app.messaging.services.room import mark_read

bp = blueprint("messaging")
TAG = "Conversations"
FAR = 2**31 - 1


class ApiRoom(Shape):
    """A conversation as it stands in the person's list."""

    id: UUID
    title: str = Field(description="The other person, or what it is about.")
    direct: bool = Field(description="Whether it is one of two people.")
    muted: bool
    unread: int = Field(description="Others' messages that were not read.")
    last_seq: int = Field(description="Number of the newest message; 0 while there is none.")
    last_at: datetime

    @classmethod
    def of(cls, line: RoomLine) -> ApiRoom:
        return cls(
            id=line.id, title=line.title, direct=line.direct, muted=line.muted, unread=line.unread,
            last_seq=line.last_seq, last_at=line.last_at,
        )  # fmt: skip


class RoomPage(Shape):
    data: list[ApiRoom]
    next_cursor: str | None


class ApiRoomState(Shape):
    """One conversation."""

    id: UUID
    title: str
    direct: bool
    muted: bool
    writes: bool = Field(description="Whether the person may write here.")
    last_seq: int
    read_upto: int = Field(description="Number of the last message the person has read.")

    @classmethod
    def of(cls, room: Access) -> ApiRoomState:
        return cls(
            id=room.id, title=room.title, direct=room.direct, muted=room.muted, writes=room.writes,
            last_seq=room.last_seq, read_upto=room.last_read,
        )  # fmt: skip


class ApiFile(Shape):
    """A file that goes with a message."""

    id: UUID
    name: str
    size: int = Field(description="Bytes.")


class ApiMessage(Shape):
    """A message. Numbers have no gap; a deleted message keeps its number and loses its text."""

    id: UUID
    seq: int
    author: UUID
    text: str
    files: list[ApiFile]
    at: datetime
    edited: bool
    deleted: bool

    @classmethod
    def of(cls, line: Line) -> ApiMessage:
        return cls(
            id=line.id, seq=line.seq, author=line.author_id, text=line.text, at=line.created_at, edited=line.edited,
            deleted=line.deleted, files=[ApiFile(id=one.id, name=one.name, size=one.size) for one in line.files],
        )  # fmt: skip


class Following(BaseModel):
    """Query of the messages of a room: the cursor is a number."""

    model_config = Shape.model_config
    after: int = Field(0, ge=0, le=FAR, description="Messages with a higher number than this.")
    limit: int = Field(50, ge=1, le=100, description="At most so many.")


class MessageList(Shape):
    """In the order of their numbers. `more`: ask again with `after` = the last number."""

    data: list[ApiMessage]
    more: bool


class NewMessage(Shape):
    """What is said."""

    text: str = Field(min_length=1, max_length=LONGEST)
    client_id: str = Field(
        pattern=f"^{CLIENT_ID.pattern}$",
        description="Chosen by the caller. Sent again with the same text it is the same message, with another text 409.",
    )


class SentMessage(Shape):
    """The message as it is kept. `fresh` is false where it was there already."""

    message: ApiMessage
    fresh: bool


class ReadUpto(Shape):
    upto: int = Field(
        ge=0, le=FAR, description="Number of the last message that was read. It never goes back."
    )


@operation(
    bp, "GET", "/rooms", tag=TAG, summary="List conversations", permission=P.message_read, query=Paged, answer=RoomPage,
    description="The one with the newest message first.",
)  # fmt: skip
def api_list_rooms(call: Call) -> tuple[RoomPage, dict[str, str]]:
    page = rooms_of(call.actor, cursor=call.query.cursor, limit=call.query.limit)
    shown = RoomPage(data=[ApiRoom.of(line) for line in page.rows], next_cursor=page.next_cursor)
    return shown, next_link(page.next_cursor)


@operation(
    bp, "GET", "/rooms/{room_id}", tag=TAG, summary="Show a conversation", permission=P.message_read, answer=ApiRoomState
)  # fmt: skip
def api_get_room(call: Call, room_id: UUID) -> ApiRoomState:
    return ApiRoomState.of(access(call.actor, room_id))


@operation(
    bp, "GET", "/rooms/{room_id}/messages", tag=TAG, summary="Read messages", permission=P.message_read,
    query=Following, answer=MessageList,
)  # fmt: skip
def api_list_messages(call: Call, room_id: UUID) -> MessageList:
    room = access(call.actor, room_id)
    lines, more = lines_after(room, call.query.after, call.query.limit)
    return MessageList(data=[ApiMessage.of(line) for line in lines], more=more)


@operation(
    bp, "POST", "/rooms/{room_id}/messages", tag=TAG, summary="Say something", permission=P.message_send,
    body=NewMessage, answer=SentMessage, status=201,
)  # fmt: skip
def api_send_message(call: Call, room_id: UUID) -> tuple[SentMessage, dict[str, str]]:
    new: NewMessage = call.body
    sent = send(call.actor, room_id, text=new.text, client_id=new.client_id)
    here = url_for("messaging_api.api_list_messages", room_id=room_id, after=sent.line.seq - 1, limit=1)
    return SentMessage(message=ApiMessage.of(sent.line), fresh=sent.fresh), {"Location": here}


@operation(
    bp, "POST", "/rooms/{room_id}/read", tag=TAG, summary="Mark as read", permission=P.message_read, body=ReadUpto
)  # fmt: skip
def api_mark_room_read(call: Call, room_id: UUID) -> None:
    new: ReadUpto = call.body
    mark_read(call.actor, room_id, new.upto)
