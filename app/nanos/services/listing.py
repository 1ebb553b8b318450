"""Keeping what harvesters know in step with what is public without signing in."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from app.kit import clock
from app.kit.db import db, require_transaction
from app.nanos.models import Listing, Nano, Revision
from app.nanos.queries.listing import shown


def keep_listings(nano_ids: Collection[UUID]) -> None:
    """Write down which of these are described in public now, and which are no more. A row changes its time only with what
    it says. Joins the caller's transaction, which holds the nanos."""
    require_transaction()
    now = clock.now().replace(microsecond=0)
    public = {nano_id: (revision_id, subject) for nano_id, revision_id, subject in _public(nano_ids)}
    kept = {
        one.nano_id: one for one in db.session.scalars(select(Listing).where(Listing.nano_id.in_(nano_ids)))
    }
    for nano_id, (revision_id, subject) in public.items():
        row = kept.get(nano_id)
        if row is None:
            row = Listing(nano_id=nano_id)
            db.session.add(row)
        elif row.revision_id == revision_id and not row.gone:
            continue
        row.revision_id, row.subject, row.gone, row.changed_at = revision_id, subject, False, now
    for nano_id, row in kept.items():
        if nano_id not in public and not row.gone:
            row.gone, row.changed_at = True, now
    db.session.flush()


def _public(nano_ids: Collection[UUID]) -> list[tuple[UUID, UUID, str]]:
    rows = db.session.execute(
        select(Nano.id, Revision.id, Revision.subject)
        .join(Revision, Revision.nano_id == Nano.id)
        .where(Nano.id.in_(nano_ids), *shown())
    )
    return [(nano_id, revision_id, subject) for nano_id, revision_id, subject in rows]
