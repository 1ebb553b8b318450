"""Keeping the search in step with what is public."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from app.core.api import forget_documents, index_documents
from app.kit.db import db, require_transaction
from app.nanos.queries.document import KIND, documents_of
from app.nanos.services.listing import keep_listings


def refresh(nano_ids: Iterable[UUID]) -> None:
    """Have the search say of these nanos what is public now, nothing where nothing is, and harvesters likewise. Joins the
    caller's transaction, as its last write and once: see docs/search.md.
    """
    require_transaction()
    wanted = set(nano_ids)
    if not wanted:
        return
    db.session.flush()
    keep_listings(wanted)
    documents = documents_of(wanted)
    gone = wanted - {one.key for one in documents}
    if gone:
        forget_documents(KIND, sorted(gone))
    index_documents(documents)
