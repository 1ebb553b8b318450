"""Conversations about a nano: an organisation asks its provider.

One room for each nano and asking organisation. Its people read and write there, on the other side the provider's owners and
admins; everybody else does not learn that it is there. Told of new messages are those who asked, and those who answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import and_, select

from app.accounts.api import organisation_names
from app.kit.authz import Actor
from app.kit.db import db
from app.messaging.api import RoomAbout, room_subject
from app.nanos.models import Inquiry, Nano, Revision
from app.nanos.policies import EVERYONE, MANAGERS
from app.nanos.rules.nano import Stage, State
from app.nanos.services.inquiry import SUBJECT


def register_rooms() -> None:
    """Tell messaging what these rooms are about."""
    room_subject(SUBJECT, about)


def about(actor: Actor, ids: Sequence[UUID]) -> Mapping[UUID, RoomAbout]:
    """Who asks sees the nano's title, who answers the asking organisation beside it. At most two queries."""
    organisation_id = actor.organisation_id
    if organisation_id is None or actor.role not in EVERYONE:
        return {}
    rows = db.session.execute(
        select(Inquiry.id, Inquiry.organisation_id, Nano.id.label("nano_id"), Nano.organisation_id.label("provider_id"),
               Nano.state, Revision.title)
        .join(Nano, Nano.id == Inquiry.nano_id)
        .join(Revision, and_(Revision.nano_id == Nano.id, Revision.state == Stage.CURRENT.value), isouter=True)
        .where(Inquiry.id.in_(ids))
    ).all()  # fmt: skip
    answers = actor.role in MANAGERS
    mine = [
        row for row in rows
        if row.organisation_id == organisation_id or (row.provider_id == organisation_id and answers)
    ]  # fmt: skip
    asking = organisation_names({row.organisation_id for row in mine if row.provider_id == organisation_id})
    found = {}
    for row in mine:
        title = row.title or _("Nano")
        if row.organisation_id in asking:
            title = _("%(title)s, Anfrage von %(who)s", title=title, who=asking[row.organisation_id])
        gone = row.state == State.REMOVED.value
        link = "" if gone else url_for("nanos.show", nano_id=row.nano_id)
        found[row.id] = RoomAbout(title, link, writes=not gone)
    return found
