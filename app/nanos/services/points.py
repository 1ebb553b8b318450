"""Whether somebody wants points, and whether colleagues may see their badges."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.config import settings
from app.kit.db import db, transaction
from app.kit.errors import Conflict, NotFound
from app.nanos.models import PointsChoice
from app.nanos.policies import P


def choose(actor: Actor, *, collects: bool, shares: bool) -> None:
    """Nothing is kept of who wants none. Raises NotFound where the operator switched it off."""
    require(actor, P.nano_read)
    if actor.person_id is None or not settings().nano_points:
        raise NotFound
    try:
        with transaction():
            db.session.execute(delete(PointsChoice).where(PointsChoice.person_id == actor.person_id))
            if collects:
                db.session.add(
                    PointsChoice(
                        person_id=actor.person_id, collects=True, shares=shares, changed_at=clock.now()
                    )
                )
    except IntegrityError:  # two windows at once: the other one was first
        raise Conflict from None
