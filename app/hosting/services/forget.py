"""Copies of worlds that nobody needs any more: the rows say so, and jobs remove the objects."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.hosting import tasks
from app.hosting.models import Archive
from app.hosting.rules.archive import ArchiveState, Purpose
from app.hosting.services import charge
from app.kit.db import db


def drop_archives(server_id: UUID, purpose: Purpose | None = None, keep: UUID | None = None) -> None:
    """Forget copies of a server and have their objects removed. Joins the caller's transaction."""
    gone = ArchiveState.REMOVED.value
    wanted = select(Archive).where(Archive.server_id == server_id, Archive.state != gone, Archive.id != keep)
    if purpose is not None:
        wanted = wanted.where(Archive.purpose == purpose.value)
    for archive in list(db.session.scalars(wanted)):
        archive.state = gone
        if archive.key:
            forget_object(archive.organisation_id, server_id, archive.key)


def forget_object(organisation_id: UUID, server_id: UUID, key: str) -> None:
    """Have an object of the store removed. Joins the caller's transaction."""
    tasks.remove_archive.later(organisation_id=organisation_id, subject=charge.subject(server_id), key=key)
