"""Asking the provider of a nano: the thing the conversation belongs to, and the conversation. What it is about: `rooms`."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.accounts.api import people_of
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, transaction
from app.kit.errors import Conflict
from app.kit.ids import new_id
from app.messaging.api import open_room, room_path
from app.nanos.models import Inquiry
from app.nanos.policies import MANAGERS, P
from app.nanos.queries.nano import get_nano
from app.nanos.rules.nano import State

SUBJECT = "nanos.inquiry"


def ask(actor: Actor, nano_id: UUID) -> str:
    """The address of the conversation with the provider; a new one, or the one this organisation has already.

    Raises NotFound for a nano the actor may not know of, NotAllowed without the right, Conflict for one's own and for what
    is not offered any more.
    """
    require(actor, P.nano_ask)
    nano = get_nano(actor, nano_id)
    if nano.ours or actor.organisation_id is None or actor.person_id is None:
        raise Conflict(_("Dieses Nano bieten Sie selbst an."))
    if nano.state is not State.PUBLISHED:
        raise Conflict(_("Dieses Nano wird nicht mehr angeboten."))
    with transaction():
        inquiry_id = _ensured(nano_id, actor.organisation_id)
        people = [one.person_id for one in people_of(nano.organisation_id, *MANAGERS)]
        room_id = open_room((SUBJECT, inquiry_id), person_ids=[actor.person_id, *people])
    return room_path(room_id)


def _ensured(nano_id: UUID, organisation_id: UUID) -> UUID:
    """The inquiry, made when it is missing; of two who ask at once the second takes the first one's."""
    which = select(Inquiry.id).where(Inquiry.nano_id == nano_id, Inquiry.organisation_id == organisation_id)
    found = db.session.scalar(which)
    if found is not None:
        return found
    try:
        with db.session.begin_nested():
            row = Inquiry(
                id=new_id(), nano_id=nano_id, organisation_id=organisation_id, created_at=clock.now()
            )
            db.session.add(row)
        return row.id
    except IntegrityError:
        found = db.session.scalar(which)
        if found is None:
            raise
        return found
