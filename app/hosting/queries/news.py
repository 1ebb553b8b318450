"""Whether something is being done to a server, or ended and nobody has seen it: part of the statement that reads the server."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_

from app.hosting.models import Archive, Backup, PluginChange, Restore, Server
from app.hosting.rules.archive import ArchiveState, Purpose
from app.hosting.rules.backup import OPEN, Origin
from app.hosting.rules.plugin_step import OPEN as CHANGING
from app.hosting.rules.plugin_step import ChangeState

REMEMBERED = timedelta(days=7)
"""After that a result nobody has looked at is history."""


def has_news(since: Any) -> ColumnElement[bool]:
    """A column for a statement about servers; results from before `since` are history."""

    def unseen(ended: Any) -> ColumnElement[bool]:
        return and_(ended > since, or_(Server.results_seen_at.is_(None), ended > Server.results_seen_at))

    restore = exists().where(
        Restore.server_id == Server.id, or_(Restore.state.in_(OPEN), unseen(Restore.finished_at))
    )
    told = or_(Archive.state == ArchiveState.FAILED.value, Backup.origin == Origin.MANUAL.value)
    backup = exists().where(
        Archive.server_id == Server.id,
        Archive.purpose == Purpose.BACKUP.value,
        Archive.state != ArchiveState.REMOVED.value,
        Backup.archive_id == Archive.id,
        or_(Archive.state == ArchiveState.MAKING.value, and_(told, unseen(Archive.finished_at))),
    )
    told_change = or_(PluginChange.state == ChangeState.FAILED.value, PluginChange.automatic.is_(False))
    change = exists().where(
        PluginChange.server_id == Server.id,
        or_(PluginChange.state.in_(CHANGING), and_(told_change, unseen(PluginChange.finished_at))),
    )
    return or_(restore, backup, change).label("news")
