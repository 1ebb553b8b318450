"""Favourites: on or off, however often one asks."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, transaction
from app.kit.errors import Conflict, NotFound
from app.kit.ids import new_id
from app.nanos.models import Favourite
from app.nanos.policies import P
from app.nanos.queries.nano import get_nano
from app.nanos.rules.nano import State

MOST = 1000


def set_favourite(actor: Actor, nano_id: UUID, wanted: bool) -> None:
    """Keep it, or keep it no longer; the same twice is once. Raises NotFound for a nano that is not public, Conflict
    above `MOST`."""
    require(actor, P.shelf_write)
    if wanted and get_nano(actor, nano_id, named=False).state not in (State.PUBLISHED, State.RETIRED):
        raise NotFound
    mine = (Favourite.person_id == actor.person_id, Favourite.nano_id == nano_id)
    with transaction() as session:
        if not wanted:
            session.execute(delete(Favourite).where(*mine).execution_options(synchronize_session=False))
            return
        if session.scalar(select(Favourite.id).where(*mine)) is not None:
            return
        count = session.scalar(select(func.count()).where(Favourite.person_id == actor.person_id))
        if (count or 0) >= MOST:
            raise Conflict(_("Mehr als %(most)d Nanos lassen sich nicht merken.", most=MOST))
        try:
            with session.begin_nested():
                db.session.add(
                    Favourite(id=new_id(), person_id=actor.person_id, nano_id=nano_id, created_at=clock.now())
                )
        except IntegrityError:  # the other click was quicker
            return
