"""Blocking people, reporting messages, and the moderators' queue."""

from __future__ import annotations

from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired

from app.kit import htmx
from app.kit.authz import allows, current_actor, signed_in
from app.kit.errors import Conflict, Invalid, NotAllowed
from app.kit.forms import Form
from app.messaging.policies import P
from app.messaging.queries.block import list_blocked
from app.messaging.queries.message import find_message
from app.messaging.queries.presence import shows_presence
from app.messaging.queries.report import open_cases
from app.messaging.queries.room import access
from app.messaging.rules.report import LONGEST_NOTE, Reason
from app.messaging.services import block as blocks
from app.messaging.services import report as reports
from app.messaging.services.preference import show_presence
from app.messaging.views.chat import OWN, ROOM, chat
from app.messaging.views.chat_message import MESSAGE

REASONS = {
    Reason.SPAM: _l("Werbung oder Spam"),
    Reason.INSULT: _l("Beleidigung oder Belästigung"),
    Reason.THREAT: _l("Drohung oder Gewalt"),
    Reason.ILLEGAL: _l("Rechtswidriger Inhalt"),
    Reason.PRIVACY: _l("Daten anderer Personen"),
    Reason.OTHER: _l("Etwas anderes"),
}


class ReportForm(Form):
    """Why, and what else there is to say."""

    reason = RadioField(
        _l("Grund"), [InputRequired()], choices=[(one.value, text) for one, text in REASONS.items()]
    )
    note = TextAreaField(_l("Beschreibung"))


@chat.route(f"{MESSAGE}/melden", methods=["GET", "POST"])
@signed_in(OWN)
def report(room_id: UUID, message_id: UUID) -> ResponseReturnValue:
    """Report somebody else's message to the moderators."""
    actor = current_actor()
    room = access(actor, room_id)
    line = find_message(room, message_id)
    form, status = ReportForm(), 200
    back = url_for("chat.room", room_id=room_id, bis=line.seq, _anchor=f"m-{line.seq}")
    if request.method == "POST":
        try:
            reports.report(
                actor, room_id, message_id, reason=form.reason.data or "", note=form.note.data or ""
            )
            flash(_("Gemeldet. Sie hören, wie darüber entschieden wird."), "ok")
            return htmx.go(back)
        except (Invalid, Conflict) as error:
            form.take_errors(error if isinstance(error, Invalid) else Invalid(error.message))
            status = error.status
    elif line.deleted or line.author_id == actor.person_id:
        raise NotAllowed
    html = render_template(
        "messaging/chat/report.html", room=room, line=line, form=form, back=back, longest=LONGEST_NOTE
    )
    return html, status


@chat.route(f"{ROOM}/blockieren/<uuid:person_id>", methods=["GET", "POST"])
@signed_in(OWN)
def block(room_id: UUID, person_id: UUID) -> ResponseReturnValue:
    """Hear no more of somebody in this room, after a question."""
    actor = current_actor()
    name = blocks.other_in(actor, room_id, person_id)
    if request.method == "GET":
        room = access(actor, room_id)
        return render_template("messaging/chat/block.html", room=room, person_id=person_id, name=name)
    blocks.block(actor, room_id, person_id)
    flash(_("%(name)s ist blockiert.", name=name), "ok")
    return htmx.go(url_for("chat.blocked"))


@chat.get("/blockiert")
@signed_in(OWN)
def blocked() -> ResponseReturnValue:
    """Whom the person has blocked."""
    actor = current_actor()
    assert actor.person_id is not None
    shows = shows_presence(actor.person_id)
    return render_template("messaging/chat/blocked.html", people=list_blocked(actor), shows=shows)


@chat.post("/anwesenheit")
@signed_in(OWN)
def presence() -> ResponseReturnValue:
    """Let others see that one is here (`zeigen=1`), or not."""
    shows = request.form.get("zeigen") == "1"
    show_presence(current_actor(), shows)
    flash(
        _("Andere sehen jetzt, wenn Sie online sind.")
        if shows
        else _("Andere sehen nicht mehr, ob Sie online sind."),
        "ok",
    )
    return htmx.go(url_for("chat.blocked"))


@chat.post("/blockiert/<uuid:person_id>/aufheben")
@signed_in(OWN)
def unblock(person_id: UUID) -> ResponseReturnValue:
    """Hear of them again."""
    blocks.unblock(current_actor(), person_id)
    flash(_("Die Blockierung ist aufgehoben."), "ok")
    return htmx.go(url_for("chat.blocked"))


@chat.get("/meldungen")
@allows(P.report_decide)
def cases() -> ResponseReturnValue:
    """What waits for a decision."""
    found = open_cases(current_actor())
    return render_template("messaging/chat/cases.html", cases=found, reasons=REASONS)


@chat.post("/meldungen/<uuid:message_id>")
@allows(P.report_decide)
def decide(message_id: UUID) -> ResponseReturnValue:
    """Take the message out (`entfernen=1`), or leave it."""
    remove = request.form.get("entfernen") == "1"
    try:
        reports.decide(current_actor(), message_id, remove=remove)
        flash(_("Die Nachricht ist entfernt.") if remove else _("Die Nachricht bleibt stehen."), "ok")
    except Conflict as error:
        flash(error.message, "bad")
    return htmx.go(url_for("chat.cases"))
