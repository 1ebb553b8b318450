"""A person's notices, and where they want to get them."""

from __future__ import annotations

from itertools import groupby
from uuid import UUID

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.kit.authz import current_actor, signed_in
from app.kit.htmx import go, safe_next
from app.messaging.kinds import all_kinds
from app.messaging.queries.notice import find_notice, notices_of
from app.messaging.queries.preference import choices_of
from app.messaging.queries.shell import unread_notices
from app.messaging.rules.kind import Choice, choose
from app.messaging.services.notice import mark_all_read, mark_read
from app.messaging.services.preference import save_choices

messaging = Blueprint("messaging", __name__, url_prefix="/mitteilungen")
OWN = "A person's own notices need no role."


@messaging.get("")
@signed_in(OWN)
def notices() -> ResponseReturnValue:
    """The list, newest first; `?nur=ungelesen` shows the unread ones."""
    actor = current_actor()
    unread = request.args.get("nur") == "ungelesen"
    page = notices_of(actor, unread=unread, cursor=request.args.get("cursor") or None)
    return render_template(
        "messaging/notice/list.html", page=page, unread=unread, count=unread_notices(actor)
    )


@messaging.post("/<uuid:notice_id>/lesen")
@signed_in(OWN)
def read(notice_id: UUID) -> ResponseReturnValue:
    """Mark one as read and go where it leads."""
    actor = current_actor()
    found = find_notice(actor, notice_id)
    mark_read(actor, notice_id)
    return go(safe_next(found.link, url_for("messaging.notices")))


@messaging.post("/alle-lesen")
@signed_in(OWN)
def read_all() -> ResponseReturnValue:
    """Mark everything as read."""
    mark_all_read(current_actor())
    return go(url_for("messaging.notices"))


@messaging.get("/einstellungen")
@signed_in(OWN)
def preferences() -> ResponseReturnValue:
    """The matrix: kind by way."""
    chosen = choices_of(_me())
    rows = [(kind, choose(kind, chosen.get(kind.name))) for kind in all_kinds()]
    areas = [(str(area), list(group)) for area, group in groupby(rows, key=lambda row: row[0].area)]
    return render_template("messaging/notice/preferences.html", areas=areas)


@messaging.post("/einstellungen")
@signed_in(OWN)
def save_preferences() -> ResponseReturnValue:
    """Keep the matrix. A box that is not sent is off; `kind` names the rows that were on the page."""
    shown, on = set(request.form.getlist("kind")), set(request.form.getlist("on"))
    save_choices(current_actor(), {name: Choice(f"app:{name}" in on, f"mail:{name}" in on) for name in shown})
    flash(gettext("Gespeichert."), "ok")
    return go(url_for("messaging.preferences"))


def _me() -> UUID:
    person_id = current_actor().person_id
    assert person_id is not None  # the view is for signed-in people
    return person_id
