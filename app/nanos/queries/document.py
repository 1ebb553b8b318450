"""What the search knows of nanos: the current revisions of what is published, as documents."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.core.api import PUBLIC, Document
from app.kit.db import db
from app.nanos.catalog import term
from app.nanos.models import Nano, NanoFile, Revision, Score
from app.nanos.rules.finding import FACETS, duration_of
from app.nanos.rules.nano import Stage, State
from app.nanos.rules.rating import THOUSAND, levels

KIND = "nanos.unit"
MOST_TEXT = 20_000
"""Letters of a file that are read: the search indexes no more of a document."""


def documents_of(nano_ids: Collection[UUID]) -> list[Document]:
    """Those of these that are public now."""
    return _documents(_public().where(Nano.id.in_(nano_ids)))


def list_documents(after: UUID | None, limit: int) -> list[Document]:
    """What is public and comes after `after`, in the order of keys: for indexing anew. Held until the caller's transaction
    ends: one that is retired meanwhile would be written back.
    """
    statement = _public().order_by(Nano.id).limit(limit).with_for_update(read=True, of=Nano)
    return _documents(statement if after is None else statement.where(Nano.id > after))


def nanos_showing(file_id: UUID) -> list[UUID]:
    """The published nanos whose current revision holds these bytes."""
    return list(
        db.session.scalars(
            select(Nano.id).join(Revision, Revision.nano_id == Nano.id)
            .join(NanoFile, NanoFile.revision_id == Revision.id)
            .where(
                NanoFile.file_id == file_id, Nano.state == State.PUBLISHED.value,
                Revision.state == Stage.CURRENT.value,
            )
        )
    )  # fmt: skip


def _public() -> Any:
    return (
        select(Revision, Nano.published_at, Score.mean).join(Nano, Nano.id == Revision.nano_id)
        .outerjoin(Score, Score.nano_id == Nano.id)
        .where(Nano.state == State.PUBLISHED.value, Nano.bar == "", Revision.state == Stage.CURRENT.value)
    )  # fmt: skip


def _documents(statement: Any) -> list[Document]:
    rows = db.session.execute(statement.execution_options(populate_existing=True)).all()
    texts = _texts([revision.id for revision, *_ in rows])
    return [
        Document(
            kind=KIND, key=revision.nano_id, title=revision.title, keywords=_keywords(revision),
            description=said(revision.outcome, revision.description), text=texts.get(revision.id, ""), visibility=PUBLIC,
            facets={facet: _value(revision, mean, facet) for facet in FACETS}, at=published_at,
            rating=(mean or 0) / THOUSAND,
        )
        for revision, published_at, mean in rows
    ]  # fmt: skip


def said(outcome: str, description: str) -> str:
    """Outcome and description as the search holds them."""
    return f"{outcome}\n{description}"


def _texts(revision_ids: Iterable[UUID]) -> dict[UUID, str]:
    found: dict[UUID, str] = {}
    for revision_id, text in db.session.execute(
        select(NanoFile.revision_id, func.substr(NanoFile.text, 1, MOST_TEXT))
        .where(NanoFile.revision_id.in_(list(revision_ids)), NanoFile.text != "")
        .order_by(NanoFile.revision_id, NanoFile.position)
    ):
        found[revision_id] = f"{found[revision_id]}\n{text}" if revision_id in found else text
    return found


def _keywords(revision: Revision) -> tuple[str, ...]:
    """The German words of its terms: texts are German, and the index has one language."""
    chosen = [(f"{name}s", getattr(revision, name)) for name in ("subject", "type", "level", "region")]
    chosen += [("audiences", slug) for slug in revision.audience]
    return tuple(found.de for found in (term(*one) for one in chosen) if found)


def _value(revision: Revision, mean: int | None, facet: str) -> str | tuple[str, ...]:
    if facet == "rating":
        return levels(mean)
    if facet == "duration":
        return duration_of(revision.minutes or 1)
    return str(getattr(revision, facet))
