"""The conversation of a room: on its own page, and as a part of another module's page."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from flask import render_template, request
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import HiddenField, MultipleFileField, TextAreaField
from wtforms.validators import InputRequired

from app.kit.authz import current_actor
from app.kit.dom import dom_id
from app.kit.errors import NotFound
from app.kit.forms import Form
from app.messaging.queries.block import blocked_ids
from app.messaging.queries.message import lines_before
from app.messaging.queries.presence import is_here
from app.messaging.queries.room import Access, access
from app.messaging.rules.attachment import MOST_BYTES, MOST_FILES
from app.messaging.rules.message import LONGEST, places
from app.messaging.services import room as rooms
from app.messaging.services.message import blocked_words

FAR = 2**31 - 1  # numbers of messages beyond this are nobody's


class ComposeForm(Form):
    """What is said next. The client id makes a sending that is repeated the same message."""

    text = TextAreaField(_l("Nachricht"), [InputRequired()])
    files = MultipleFileField(_l("Dateien"))
    client = HiddenField(default=lambda: uuid4().hex)


def number(name: str) -> int | None:
    """The number of a message in the request, None for anything else."""
    text = request.values.get(name, "")
    return min(int(text), FAR) if text.isascii() and text.isdigit() and len(text) < 12 else None


def sees_here(found: Access) -> bool:
    """Whether the page shows that the other of two is here: not to whom they have blocked."""
    return found.other_id is not None and found.writes and is_here(found.other_id)


def contents(
    found: Access, form: ComposeForm, before: int | None = None, upto: int | None = None, *, back: str = ""
) -> dict[str, Any]:
    """What `messaging/chat/_conversation.html` needs: the newest messages, those before a number or those up to one.

    `back` is the page a form without a script leads to afterwards; "" is the room's own.
    """
    actor = current_actor()
    if before is None and upto is not None and upto < found.last_seq:
        before = upto + 1
    lines, older = lines_before(found, before)
    first_new = next(
        (one.seq for one in lines if one.seq > found.last_read and one.author_id != actor.person_id and not one.deleted),
        0,
    )  # fmt: skip
    return {
        "room": found, "lines": lines, "places": places(lines, ZoneInfo(actor.timezone)), "older": older,
        "newest": before is None or before > found.last_seq, "first_new": first_new, "form": form,
        "here": sees_here(found), "hidden": frozenset() if found.direct else blocked_ids(actor),
        "blocked_words": blocked_words(found) if found.blocks or found.blocked else "",
        "longest": LONGEST, "most_files": MOST_FILES, "most_bytes": MOST_BYTES,
        "feed": dom_id(rooms.ROOM, found.id, rooms.FEED), "back": back,
    }  # fmt: skip


def conversation(room_id: UUID, *, back: str = "") -> str:
    """A room as part of another page, for templates: `{{ conversation(room_id, back=request.path) }}`.

    Empty for who may not read it. The page's head includes `messaging/chat/_head.html`; one conversation a page.
    """
    try:
        found = access(current_actor(), room_id)
    except NotFound:
        return Markup()
    parts = contents(found, ComposeForm(formdata=None), back=back)
    return Markup(render_template("messaging/chat/_conversation.html", **parts))  # noqa: S704 - our own template
