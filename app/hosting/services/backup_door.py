"""Backups for what must not go on without one: plugin updates order one and ask until it is there."""

from __future__ import annotations

from uuid import UUID

from app.hosting.models import Archive, Server
from app.hosting.rules.archive import ArchiveState
from app.hosting.rules.backup import Origin
from app.hosting.services.backup import order_backup
from app.hosting.services.plugin_backup import Backed
from app.kit.authz import SYSTEM
from app.kit.db import db

_STATES = {ArchiveState.MAKING.value: Backed.MAKING, ArchiveState.VERIFIED.value: Backed.VERIFIED}


class ServerBackups:
    """See `app.hosting.services.plugin_backup.Backups`."""

    def order(self, server_id: UUID) -> UUID:
        """Joins the caller's transaction, which has locked the server. Raises Conflict when there can be none."""
        return order_backup(db.session.get_one(Server, server_id), SYSTEM, Origin.UPDATE)

    def state(self, backup_id: UUID) -> Backed:
        """Where it stands; one that is gone has failed."""
        archive = db.session.get(Archive, backup_id, populate_existing=True)
        return _STATES.get(archive.state, Backed.FAILED) if archive is not None else Backed.FAILED
