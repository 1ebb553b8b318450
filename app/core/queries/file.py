"""Files as pages show them, and who may fetch which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.core.models.file import File
from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.errors import NotAllowed, NotFound


@dataclass(frozen=True)
class FileView:
    """What is known about a stored file."""

    id: UUID
    organisation_id: UUID | None
    person_id: UUID | None
    kind: str
    name: str
    mime: str
    size: int
    sha256: str
    created_at: datetime
    expires_at: datetime | None


_COLUMNS = [getattr(File, name) for name in FileView.__dataclass_fields__]
_kinds: dict[str, Callable[[Actor], bool]] = {}


def file_kind(kind: str, allowed: Callable[[Actor], bool]) -> None:
    """Say who of the owning organisation may fetch files of this kind; done in `register`. Unknown kinds: nobody."""
    _kinds[kind] = allowed


def find_file(file_id: UUID) -> FileView | None:
    """One file's facts, without asking who wants to know."""
    row = db.session.execute(select(*_COLUMNS).where(File.id == file_id)).first()
    return FileView(*row) if row else None


def file_for(actor: Actor, file_id: UUID) -> FileView:
    """A file the actor may fetch. Strangers and expired files: NotFound; a member without the right: NotAllowed."""
    found = find_file(file_id)
    if found is None or (found.expires_at is not None and found.expires_at <= clock.now()):
        raise NotFound
    if found.person_id is not None:
        if found.person_id != actor.person_id:
            raise NotFound
        return found
    if found.organisation_id is None or found.organisation_id != actor.organisation_id:
        raise NotFound
    if not _kinds.get(found.kind, lambda _actor: False)(actor):
        raise NotAllowed
    return found
