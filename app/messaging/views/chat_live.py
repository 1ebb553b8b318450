"""The live parts of chat: the sign in the shell, the list of rooms, the feed of a room; and its hits in the search."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from flask import render_template, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from app.core.api import HIT, Hit
from app.kit.authz import Actor, acting, current_actor
from app.kit.db import db
from app.kit.dom import dom_id
from app.kit.errors import NotFound
from app.messaging.models import Room
from app.messaging.queries.room import access
from app.messaging.queries.room_list import find_messages, find_rooms, rooms_of
from app.messaging.services.notice import LIVE
from app.messaging.services.room import FEED, ROOM


def sign_id(actor: Actor) -> str:
    """The sign's element id, which is its live topic."""
    assert actor.person_id is not None  # the shell shows it to signed-in people only
    return dom_id(LIVE, actor.person_id, "chat")


def is_me(actor: Actor, person_id: UUID) -> bool:
    """These parts are about one person and for them alone."""
    return actor.person_id == person_id


def render_sign(person_id: UUID) -> str:
    """The sign of one person, for the live connection, which renders without knowing who watches."""
    with acting(replace(current_actor(), person_id=person_id)):
        return render_template("_layout/_chat.html")


def render_rooms(person_id: UUID) -> str:
    """The first page of a person's rooms."""
    with acting(replace(current_actor(), person_id=person_id)) as actor:
        return render_template("messaging/chat/_rooms.html", page=rooms_of(actor))


def may_read(actor: Actor, room_id: UUID) -> bool:
    """Raises NotFound for who may not."""
    return access(actor, room_id).id == room_id


def render_feed(room_id: UUID) -> str:
    """The feed as somebody finds it who begins to listen: empty, with the numbers of the newest message and change.

    The page asks for what lies between them and what it shows.
    """
    room = db.session.get(Room, room_id, populate_existing=True)
    if room is None:
        raise NotFound
    return Markup('<div hidden id="{}" data-live data-seq="{}" data-changes="{}"></div>').format(
        dom_id(ROOM, room_id, FEED), room.last_seq, room.changes
    )


def render_lines(texts: list[str]) -> str:
    """What happened in a room, as data: the page has the words and puts it where its number belongs."""
    return Markup("").join(Markup('<data value="{}"></data>').format(text) for text in texts)


def hits(actor: Actor, text: str, limit: int) -> Iterable[Hit]:
    """Conversations with somebody of this name, and messages that hold the text, for the palette."""
    if len(text) < 3:
        return []
    rooms = [
        Hit(name, url_for("chat.room", room_id=room_id), "messages-square", HIT, _("Unterhaltung"))
        for room_id, name in find_rooms(actor, text)[:limit]
    ]
    return rooms + [
        Hit(
            found.text[:80],
            url_for("chat.room", room_id=found.room_id, bis=found.seq, _anchor=f"m-{found.seq}"),
            "message-square",
            HIT,
            _("Nachricht von %(who)s", who=found.author),
        )
        for found in find_messages(actor, text)[:limit]
    ]
