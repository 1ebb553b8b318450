"""Keeping the signatures of what revisions say."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import and_, delete, exists, func, insert, or_, select

from app.kit import clock
from app.kit.db import db, lock, require_transaction, transaction
from app.nanos.models import Likeness, LikenessBand, Nano, NanoFile, Revision
from app.nanos.queries.document import MOST_TEXT
from app.nanos.rules.likeness import RULES, bands, signature
from app.nanos.rules.nano import Stage

MOST_AT_ONCE = 500


def sign(revision_ids: Iterable[UUID]) -> None:
    """Write down what these say now. Joins the transaction of the caller, who holds their nanos."""
    require_transaction()
    db.session.flush()
    for revision_id in sorted(set(revision_ids)):
        said = signature(_text(revision_id))
        db.session.execute(delete(LikenessBand).where(LikenessBand.revision_id == revision_id))
        db.session.execute(delete(Likeness).where(Likeness.revision_id == revision_id))
        db.session.execute(
            insert(Likeness).values(
                revision_id=revision_id, signature=said, rules=RULES, signed_at=clock.now()
            )
        )
        rows = [{"value": value, "revision_id": revision_id} for value in sorted(set(bands(said)))]
        if rows:
            db.session.execute(insert(LikenessBand), rows)


def _text(revision_id: UUID) -> str:
    said = db.session.execute(
        select(Revision.title, Revision.outcome, Revision.description).where(Revision.id == revision_id)
    ).one()
    files = db.session.scalars(
        select(func.substr(NanoFile.text, 1, MOST_TEXT))
        .where(NanoFile.revision_id == revision_id, NanoFile.text != "")
        .order_by(NanoFile.position, NanoFile.id)
    )
    return "\n".join([*said, *files])


def sign_missing() -> int:
    """Sign what has no signature, an old one, or changed since; each in a transaction of its own. Returns how many."""
    changed = or_(
        Likeness.revision_id.is_(None), Likeness.rules != RULES, Likeness.signed_at < Revision.changed_at,
        exists().where(NanoFile.revision_id == Revision.id, NanoFile.created_at > Likeness.signed_at),
    )  # fmt: skip
    found = db.session.execute(
        select(Revision.id, Revision.nano_id)
        .outerjoin(Likeness, Likeness.revision_id == Revision.id)
        .where(and_(Revision.state != Stage.PAST.value, changed))
        .order_by(Revision.id)
        .limit(MOST_AT_ONCE)
    ).all()
    for revision_id, nano_id in found:
        with transaction():
            lock(Nano, nano_id)
            if db.session.get(Revision, revision_id, populate_existing=True) is not None:
                sign([revision_id])
    return len(found)
