"""Keeping what H5P packages say about people as statements of our own."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, select

from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, require_transaction, transaction
from app.kit.ids import new_id
from app.nanos.models import Experience
from app.nanos.queries.use import Piece
from app.nanos.rules.h5p_said import Said
from app.nanos.rules.use import KEPT

MOST = 500
"""Of one person about one nano. What comes later counts for progress and is not written down."""


def keep_statements(actor: Actor, piece: Piece, statements: Sequence[Said]) -> None:
    """Each once, however often it is told. Joins the transaction in which the person's row of the nano is locked."""
    require_transaction()
    if not statements:
        return
    mine = (Experience.person_id == actor.person_id, Experience.nano_id == piece.nano_id)
    known = set(
        db.session.scalars(
            select(Experience.said_id).where(*mine, Experience.said_id.in_([one.id for one in statements]))
        )
    )
    left = MOST - (db.session.scalar(select(func.count()).where(*mine)) or 0)
    fresh = {one.id: one for one in statements if one.id not in known}
    for one in list(fresh.values())[: max(0, left)]:
        db.session.add(
            Experience(
                id=new_id(), person_id=actor.person_id, nano_id=piece.nano_id, sha256=piece.sha256, said_id=one.id,
                verb=one.verb, sub=one.sub, score=one.score, success=one.success, completion=one.completion,
                seconds=one.seconds, at=clock.now(),
            )
        )  # fmt: skip
    db.session.flush()


def forget_old() -> int:
    """Statements older than `KEPT`; progress and completion stay. Returns how many."""
    with transaction() as session:
        gone = session.execute(delete(Experience).where(Experience.at < clock.now() - KEPT))
    return int(gone.rowcount)  # type: ignore[attr-defined]
