"""Blocking a person, and taking it back."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from app.accounts.api import person_names
from app.kit import clock, live
from app.kit.authz import Actor
from app.kit.db import db, transaction
from app.kit.errors import Invalid, NotFound
from app.messaging.models import Block, RoomMember
from app.messaging.queries.room import access
from app.messaging.services.notice import LIVE


def other_in(actor: Actor, room_id: UUID, person_id: UUID) -> str:
    """The name of somebody else in a room of the actor's. Raises NotFound for who is not in it."""
    room = access(actor, room_id)
    there = db.session.scalar(
        select(RoomMember.person_id).where(RoomMember.room_id == room.id, RoomMember.person_id == person_id)
    )
    if there is None or person_id == actor.person_id:
        raise NotFound
    return person_names([person_id]).get(person_id, "")


def block(actor: Actor, room_id: UUID, person_id: UUID) -> None:
    """Hear no more of somebody whom the actor shares a room with; a second time changes nothing. Raises NotFound, Invalid."""
    assert actor.person_id is not None
    if person_id == actor.person_id:
        raise Invalid(_("Sich selbst kann niemand blockieren."))
    other_in(actor, room_id, person_id)
    try:
        with transaction() as session:
            session.add(Block(person_id=actor.person_id, blocked_id=person_id, created_at=clock.now()))
            session.flush()
            live.changed(LIVE, actor.person_id, "chat", "rooms")
    except IntegrityError:  # blocked already
        return


def unblock(actor: Actor, person_id: UUID) -> None:
    """Hear of them again; who was not blocked stays so."""
    assert actor.person_id is not None
    with transaction() as session:
        session.execute(
            delete(Block).where(Block.person_id == actor.person_id, Block.blocked_id == person_id)
        )
        live.changed(LIVE, actor.person_id, "chat", "rooms")
