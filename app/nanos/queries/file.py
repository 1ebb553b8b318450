"""Content of nanos: what pages list, and which bytes the actor may have."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.errors import NotFound
from app.nanos.models import Nano, NanoFile, Revision, Use
from app.nanos.models import Upload as UploadRow
from app.nanos.queries.nano import facts_of, looker
from app.nanos.rules.access import may_know, may_look, may_take
from app.nanos.rules.content import Kind
from app.nanos.rules.nano import Stage, State


@dataclass(frozen=True)
class FileView:
    """One piece of content as pages list it."""

    id: UUID
    kind: Kind
    name: str
    size: int
    url: str
    look: str
    pages: int | None
    thumbnail: bool
    sha256: str


@dataclass(frozen=True)
class Bytes:
    """Stored bytes that the actor may have."""

    file_id: UUID
    name: str
    kind: Kind
    size: int
    sha256: str


def _view(row: NanoFile) -> FileView:
    return FileView(
        row.id, Kind(row.kind), row.name, row.size, row.url, row.look, row.pages, row.thumbnail_id is not None,
        row.sha256,
    )  # fmt: skip


def files_of(revision_id: UUID) -> list[FileView]:
    """In the order in which they are shown. The caller has found the revision for the actor."""
    rows = db.session.scalars(
        select(NanoFile).where(NanoFile.revision_id == revision_id).order_by(NanoFile.position, NanoFile.id)
    )
    return [_view(row) for row in rows]


def stored_ids(row_ids: list[UUID]) -> dict[UUID, UUID]:
    """Stored bytes by row, for services; they have checked who asks."""
    rows = db.session.execute(select(NanoFile.id, NanoFile.file_id).where(NanoFile.id.in_(row_ids)))
    return {row_id: file_id for row_id, file_id in rows if file_id is not None}


def files_and_use(actor: Actor, nano_id: UUID, revision_id: UUID) -> tuple[list[FileView], Use | None]:
    """The same with how far the actor is with the nano, in one statement: the page about it asks much already."""
    rows = db.session.execute(
        select(NanoFile, Use)
        .outerjoin(Use, (Use.nano_id == nano_id) & (Use.person_id == actor.person_id))
        .where(NanoFile.revision_id == revision_id)
        .order_by(NanoFile.position, NanoFile.id)
    ).all()
    return [_view(file) for file, _use in rows], rows[0][1] if rows else None


def _row(nano_id: UUID, file_id: UUID) -> tuple[Nano, Revision, NanoFile]:
    row = db.session.execute(
        select(Nano, Revision, NanoFile)
        .join(Revision, Revision.id == NanoFile.revision_id)
        .join(Nano, Nano.id == Revision.nano_id)
        .where(NanoFile.id == file_id, Nano.id == nano_id)
    ).first()
    if row is None:
        raise NotFound
    return row[0], row[1], row[2]


def bytes_to_look(actor: Actor, nano_id: UUID, file_id: UUID) -> Bytes:
    """For showing on the page. Raises NotFound: who may not is not told that it is there."""
    nano, revision, file = _row(nano_id, file_id)
    if file.file_id is None or not may_look(looker(actor, nano), facts_of(nano, revision)):
        raise NotFound
    return Bytes(file.file_id, file.name, Kind(file.kind), file.size, file.sha256)


def bytes_to_take(actor: Actor, nano_id: UUID, file_id: UUID) -> Bytes:
    """For taking along. Raises NotFound."""
    nano, revision, file = _row(nano_id, file_id)
    if file.file_id is None or not may_take(looker(actor, nano), facts_of(nano, revision)):
        raise NotFound
    return Bytes(file.file_id, file.name, Kind(file.kind), file.size, file.sha256)


def thumbnail(actor: Actor, nano_id: UUID, file_id: UUID) -> UUID:
    """The stored picture of the first page: part of the description, for whoever may know of the nano. Raises NotFound."""
    nano, revision, file = _row(nano_id, file_id)
    if file.thumbnail_id is None or not may_know(looker(actor, nano), facts_of(nano, revision)):
        raise NotFound
    return file.thumbnail_id


@dataclass(frozen=True)
class Twin:
    """Another nano with the same content that the actor may know of."""

    nano_id: UUID
    title: str
    ours: bool


def twins(actor: Actor, nano_id: UUID, hashes: list[str]) -> dict[str, Twin]:
    """By content hash, one nano each: of the actor's organisation, or published by somebody else."""
    if not hashes:
        return {}
    rows = db.session.execute(
        select(NanoFile.sha256, Nano.id, Revision.title, Nano.organisation_id)
        .join(Revision, Revision.id == NanoFile.revision_id)
        .join(Nano, Nano.id == Revision.nano_id)
        .where(
            NanoFile.sha256.in_(hashes), Nano.id != nano_id, Nano.state != State.REMOVED.value,
            (Nano.organisation_id == actor.organisation_id)
            | ((Nano.state == State.PUBLISHED.value) & (Revision.state == Stage.CURRENT.value)),
        )
        .order_by(Nano.id.desc())
    )  # fmt: skip
    return {sha: Twin(one, title, owner == actor.organisation_id) for sha, one, title, owner in rows}


def stored_bytes(organisation_id: UUID) -> int:
    """What the organisation's files take, each stored one once, with what is announced by uploads on their way."""
    each = (
        select(NanoFile.file_id, func.max(NanoFile.size).label("size"))
        .where(NanoFile.organisation_id == organisation_id, NanoFile.file_id.is_not(None))
        .group_by(NanoFile.file_id)
        .subquery()
    )
    kept = db.session.scalar(select(func.coalesce(func.sum(each.c.size), 0))) or 0
    coming = db.session.scalar(
        select(func.coalesce(func.sum(UploadRow.size), 0)).where(
            UploadRow.organisation_id == organisation_id,
            UploadRow.state.in_(("open", "closing")),
            UploadRow.expires_at > clock.now(),
        )
    )
    return int(kept) + int(coming or 0)


@dataclass(frozen=True)
class UploadView:
    """An upload on its way: bytes that are there, of how many."""

    id: UUID
    nano_id: UUID
    name: str
    size: int
    received: int
    state: str


def upload_of(actor: Actor, nano_id: UUID, upload_id: UUID) -> UploadView:
    """One of the actor's own organisation for this nano. Raises NotFound."""
    row = db.session.get(UploadRow, upload_id, populate_existing=True)
    if row is None or row.organisation_id != actor.organisation_id or row.nano_id != nano_id:
        raise NotFound
    return UploadView(row.id, row.nano_id, row.name, row.size, row.received, row.state)
