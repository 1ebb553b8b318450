"""Files of messages: to take along, and pictures to look at. Always asked for through the room."""

from __future__ import annotations

from uuid import UUID

from flask import Response, send_file
from flask.typing import ResponseReturnValue

from app.core.api import open_file
from app.kit.authz import current_actor, signed_in
from app.kit.errors import NotFound
from app.messaging.queries.attachment import FileLine, find_file
from app.messaging.queries.room import access
from app.messaging.views.chat import OWN, chat
from app.messaging.views.chat_message import MESSAGE

FILE = f"{MESSAGE}/datei/<uuid:attachment_id>"


def _sent(found: FileLine, *, attached: bool) -> Response:
    """As what its bytes are; nothing a browser would run in our name."""
    response: Response = send_file(
        open_file(found.file_id), mimetype=found.mime, as_attachment=attached, download_name=found.name
    )
    response.content_length = found.size
    response.headers["Cache-Control"] = "private, no-store" if attached else "private, max-age=600"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@chat.get(FILE)
@signed_in(OWN)
def download(room_id: UUID, message_id: UUID, attachment_id: UUID) -> ResponseReturnValue:
    """The file, to keep."""
    room = access(current_actor(), room_id)
    return _sent(find_file(room.id, message_id, attachment_id), attached=True)


@chat.get(f"{FILE}/bild")
@signed_in(OWN)
def picture(room_id: UUID, message_id: UUID, attachment_id: UUID) -> ResponseReturnValue:
    """A picture, to look at: only what was found to be one."""
    room = access(current_actor(), room_id)
    found = find_file(room.id, message_id, attachment_id)
    if not found.width:
        raise NotFound
    return _sent(found, attached=False)
