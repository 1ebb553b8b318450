"""One message: editing it, taking it back, what it said before."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import InputRequired

from app.kit import htmx
from app.kit.authz import current_actor, signed_in
from app.kit.errors import Conflict, Invalid, NotAllowed
from app.kit.forms import Form
from app.messaging.queries.message import Line, find_message, versions_of
from app.messaging.queries.room import access
from app.messaging.rules.message import LONGEST
from app.messaging.services import message as messages
from app.messaging.views.chat import OWN, ROOM, chat

MESSAGE = f"{ROOM}/<uuid:message_id>"


class EditForm(Form):
    """The new text."""

    text = TextAreaField(_l("Nachricht"), [InputRequired()])


def _back(room_id: UUID, line: Line) -> str:
    return url_for("chat.room", room_id=room_id, bis=line.seq, _anchor=f"m-{line.seq}")


@chat.route(f"{MESSAGE}/bearbeiten", methods=["GET", "POST"])
@signed_in(OWN)
def edit(room_id: UUID, message_id: UUID) -> ResponseReturnValue:
    """Change one's own message."""
    actor = current_actor()
    room = access(actor, room_id)
    line = find_message(room, message_id)
    form = EditForm(data={"text": line.text})
    if request.method == "POST":
        try:
            line = messages.edit(actor, room_id, message_id, text=form.text.data or "")
            return htmx.go(_back(room_id, line))
        except (Invalid, Conflict) as error:
            form.take_errors(error if isinstance(error, Invalid) else Invalid(error.message))
            status = error.status
    elif line.author_id != actor.person_id or line.deleted:
        raise NotAllowed
    else:
        status = 200
    html = render_template(
        "messaging/chat/edit.html",
        room=room,
        line=line,
        form=form,
        back=_back(room_id, line),
        longest=LONGEST,
    )
    return html, status


@chat.route(f"{MESSAGE}/loeschen", methods=["GET", "POST"])
@signed_in(OWN)
def delete(room_id: UUID, message_id: UUID) -> ResponseReturnValue:
    """Take one's own message back, after a question."""
    actor = current_actor()
    room = access(actor, room_id)
    line = find_message(room, message_id)
    if request.method == "GET":
        if line.author_id != actor.person_id or line.deleted:
            raise NotAllowed
        return render_template("messaging/chat/delete.html", room=room, line=line, back=_back(room_id, line))
    messages.delete(actor, room_id, message_id)
    flash(_("Die Nachricht ist gelöscht."), "ok")
    return htmx.go(_back(room_id, line))


@chat.get(f"{MESSAGE}/verlauf")
@signed_in(OWN)
def versions(room_id: UUID, message_id: UUID) -> ResponseReturnValue:
    """What a message said before."""
    actor = current_actor()
    room = access(actor, room_id)
    line = find_message(room, message_id)
    found = versions_of(line, actor.person_id)
    return render_template(
        "messaging/chat/versions.html", room=room, line=line, versions=found, back=_back(room_id, line)
    )
