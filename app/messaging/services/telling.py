"""Who hears of what happened in a room, and how: the message to open pages, the new number to everybody else."""

from __future__ import annotations

import json
from uuid import UUID

from app.kit import cache, live
from app.kit.db import after_commit
from app.messaging.queries.message import Line
from app.messaging.services.notice import LIVE
from app.messaging.services.room import FEED, ROOM

# People of a room whose number of unread messages is sent at once; in larger rooms it is late:
MOST_TOLD = 100
TELL_EVERY = 5  # seconds between two times that the people of a large room are told


def deliver(room_id: UUID, line: Line, told: list[UUID] | None = None) -> None:
    """After the commit: the message to everybody who has the room open, the new number to the others."""
    text = json.dumps(line.as_json())
    after_commit(lambda: live.append(ROOM, room_id, FEED, [text]))
    if not told:
        return
    if len(told) <= MOST_TOLD:
        live.changed_for(LIVE, told, "chat", "rooms")
    else:
        after_commit(lambda: _tell_many(room_id, told))


def _tell_many(room_id: UUID, people: list[UUID]) -> None:
    if _first_for_a_while(room_id):
        live.changed_for(LIVE, people, "chat", "rooms", within=TELL_EVERY)


def _first_for_a_while(room_id: UUID) -> bool:
    """Whether nobody has told this room's people for some seconds. Without Redis there is nobody to tell."""
    try:
        return bool(cache.client().set(f"kontor:chat:told:{room_id.hex}", 1, nx=True, ex=TELL_EVERY))
    except cache.REDIS_DOWN:
        return False
