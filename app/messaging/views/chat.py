"""Conversations: the list, beginning one, the room, and what is done with it."""

from __future__ import annotations

from typing import BinaryIO
from uuid import UUID, uuid4

from flask import Blueprint, Flask, flash, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import InputRequired

from app.accounts.api import people_of
from app.core.api import search_provider
from app.kit import htmx, live
from app.kit.authz import allows, current_actor, signed_in
from app.kit.errors import Conflict, Invalid, KontorError, NotFound, TooMany
from app.kit.forms import Form
from app.kit.nav import nav
from app.messaging.policies import MEMBERS, P
from app.messaging.queries.message import News, news_since
from app.messaging.queries.room import Access, access
from app.messaging.queries.room_list import find_messages, rooms_of
from app.messaging.queries.shell import open_reports, unread_messages
from app.messaging.services import message as messages
from app.messaging.services import room as rooms
from app.messaging.services.notice import LIVE
from app.messaging.views import chat_live
from app.messaging.views.conversation import ComposeForm, contents, conversation, number, sees_here

chat = Blueprint("chat", __name__, url_prefix="/nachrichten")
OWN = "Each person reads the rooms they belong to; the room decides."
ROOM = "/<uuid:room_id>"


class PersonForm(Form):
    """With whom to talk."""

    person = SelectField(_l("Person"), [InputRequired()], choices=[])


@chat.get("")
@signed_in(OWN)
def index() -> ResponseReturnValue:
    """The rooms, or with `?q=` what was found in them."""
    actor = current_actor()
    text = " ".join(request.args.get("q", "")[:100].replace("\0", "").split())
    if text:
        return render_template("messaging/chat/found.html", text=text, found=find_messages(actor, text))
    page = rooms_of(actor, cursor=request.args.get("cursor") or None)
    first = "cursor" not in request.args
    return render_template("messaging/chat/list.html", page=page, first=first, text="")


@chat.route("/neu", methods=["GET", "POST"])
@allows(P.room_create)
def new() -> ResponseReturnValue:
    """Begin a conversation with a colleague, or go on with the one there is."""
    actor = current_actor()
    if actor.organisation_id is None:
        raise NotFound
    others = [one for one in people_of(actor.organisation_id, *MEMBERS) if one.person_id != actor.person_id]
    form = PersonForm(data={"person": request.args.get("person", "")} if request.method == "GET" else None)
    form.person.choices = [("", _("Bitte wählen")), *((str(one.person_id), one.name) for one in others)]
    if request.method == "GET":
        return render_template("messaging/chat/new.html", form=form, others=others)
    try:
        return htmx.go(url_for("chat.room", room_id=rooms.open_direct(actor, _chosen(form))))
    except Invalid as error:
        form.take_errors(error)
        return render_template("messaging/chat/new.html", form=form, others=others), 422


def _chosen(form: PersonForm) -> UUID:
    try:
        return UUID(form.person.data or "")
    except ValueError:
        raise Invalid(fields={"person": _("Bitte wählen Sie eine Person.")}) from None


@chat.get(ROOM)
@signed_in(OWN)
def room(room_id: UUID) -> ResponseReturnValue:
    """The newest messages; `?vor=<number>` those before it, `?bis=<number>` those up to it."""
    return _page(access(current_actor(), room_id), ComposeForm(formdata=None))


def _page(found: Access, form: ComposeForm, status: int = 200) -> ResponseReturnValue:
    return render_template(
        "messaging/chat/room.html", **contents(found, form, number("vor"), number("bis"))
    ), status


@chat.post(ROOM)
@signed_in(OWN)
def send(room_id: UUID) -> ResponseReturnValue:
    """Say something: a plain form leads back to the room, a script gets the message as JSON (201, or 200 for a repetition)."""
    actor, form = current_actor(), ComposeForm()
    script = _script()
    try:
        sent = messages.send(
            actor, room_id, text=form.text.data or "", client_id=form.client.data or "", files=_files()
        )
    except (Invalid, Conflict, TooMany) as error:
        if script:
            return jsonify(message=_first(error), next=uuid4().hex), error.status
        form.take_errors(error if isinstance(error, Invalid) else Invalid(error.message))
        return _page(access(actor, room_id), form, error.status)
    if script:
        return jsonify(**sent.line.as_json(), next=uuid4().hex), 201 if sent.fresh else 200
    return htmx.go(
        htmx.safe_next(request.form.get("back"), url_for("chat.room", room_id=room_id, _anchor="ende"))
    )


def _files() -> list[tuple[str, BinaryIO]]:
    """What was sent along; a field that was left empty sends a file without a name."""
    return [(one.filename, one.stream) for one in request.files.getlist("files") if one.filename]  # type: ignore[misc]


def _script() -> bool:
    """Whether a script asks, which wants data and no page."""
    return request.accept_mimetypes.best == "application/json"


def _first(error: KontorError) -> str:
    return next(iter(error.fields.values()), error.message) if isinstance(error, Invalid) else error.message


@chat.get(f"{ROOM}/stand")
@signed_in(OWN)
def news(room_id: UUID) -> ResponseReturnValue:
    """What a script that knows the room up to message `nach` and change `aenderung` has missed, as JSON."""
    found = access(current_actor(), room_id)
    missed: News = news_since(found, number("nach") or 0, number("aenderung") or 0)
    return jsonify(
        messages=[line.as_json() for line in missed.lines], seq=missed.seq, changes=missed.changes,
        more=missed.more, anew=missed.anew,
    )  # fmt: skip


@chat.post(f"{ROOM}/gelesen")
@signed_in(OWN)
def read(room_id: UUID) -> ResponseReturnValue:
    """The person has read up to message `bis`."""
    rooms.mark_read(current_actor(), room_id, number("bis") or 0)
    if _script():
        return "", 204
    return htmx.go(htmx.safe_next(request.form.get("back"), url_for("chat.room", room_id=room_id)))


@chat.post(f"{ROOM}/ungelesen")
@signed_in(OWN)
def unread(room_id: UUID) -> ResponseReturnValue:
    """Come back to it later."""
    rooms.mark_unread(current_actor(), room_id)
    return htmx.go(url_for("chat.index"))


@chat.get(f"{ROOM}/da")
@signed_in(OWN)
def here(room_id: UUID) -> ResponseReturnValue:
    """Whether the other person of a conversation of two is here, for the page's script."""
    found = access(current_actor(), room_id)
    return jsonify(here=sees_here(found))


@chat.post(f"{ROOM}/tippt")
@signed_in(OWN)
def typing(room_id: UUID) -> ResponseReturnValue:
    """The person is writing."""
    messages.say_typing(current_actor(), room_id)
    return "", 204


@chat.post(f"{ROOM}/stumm")
@signed_in(OWN)
def mute(room_id: UUID) -> ResponseReturnValue:
    """Silence the room (`stumm=1`), or hear of it again."""
    muted = request.form.get("stumm") == "1"
    rooms.set_muted(current_actor(), room_id, muted)
    flash(
        _("Diese Unterhaltung ist stumm.") if muted else _("Sie hören wieder von dieser Unterhaltung."), "ok"
    )
    return htmx.go(url_for("chat.room", room_id=room_id))


@chat.route(f"{ROOM}/verlassen", methods=["GET", "POST"])
@signed_in(OWN)
def leave(room_id: UUID) -> ResponseReturnValue:
    """Take the room out of the list, after a question."""
    found = access(current_actor(), room_id)
    if request.method == "GET":
        return render_template("messaging/chat/leave.html", room=found)
    rooms.leave(current_actor(), room_id)
    flash(_("Die Unterhaltung steht nicht mehr in Ihrer Liste."), "ok")
    return htmx.go(url_for("chat.index"))


def register_chat(app: Flask) -> None:
    """Live parts, the shell's sign and the search."""
    nav.shell(chat="chat.index", chat_unread=unread_messages, chat_id=chat_live.sign_id)
    live.fragment(prefix=LIVE, aspect="chat", authorise=chat_live.is_me, render=chat_live.render_sign)
    live.fragment(prefix=LIVE, aspect="rooms", authorise=chat_live.is_me, render=chat_live.render_rooms)
    live.fragment(
        prefix=rooms.ROOM, aspect=rooms.FEED, authorise=chat_live.may_read, render=chat_live.render_feed,
        stream=True, lines=chat_live.render_lines, plain=True,
    )  # fmt: skip
    nav.add(
        module="operation", label=_l("Gemeldete Nachrichten"), icon="flag", endpoint="chat.cases",
        permission=P.report_decide, operator=True, order=45, badge=open_reports,
    )  # fmt: skip
    search_provider("chat", chat_live.hits)
    app.jinja_env.globals["conversation"] = conversation
