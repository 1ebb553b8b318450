"""The way back for plugins: when a game does not come up with changed ones, those of its last good run come back.

The settings have a way back of their own (`revert.py`). What was put into the folder by hand is nobody's to take back.
"""

from __future__ import annotations

from uuid import UUID

import structlog
from sqlalchemy import select

from app.core.api import record
from app.hosting.models import PluginChange, Run, Server
from app.hosting.plugin_events import PluginsReverted
from app.hosting.rules.plugin_step import ChangeState, Kind, reversible, turned_together
from app.hosting.rules.server import Desired
from app.hosting.services import charge
from app.hosting.services.file_faults import FilesAway
from app.hosting.services.plugin import write_change
from app.hosting.services.plugin_jars import kept
from app.hosting.services.plugin_plan import rows_of
from app.kit.authz import SYSTEM
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict, NotFound

log = structlog.get_logger(__name__)


def take_plugins_back(server_id: UUID, run_id: UUID) -> UUID | None:
    """Order the way back after a run that ended before it was ready. Returns the change that was ordered.

    None when plugins are not to blame, the server is not to come back, or somebody has changed them again meanwhile.
    May be repeated: what has been taken back is as it was.
    """
    try:
        with transaction():
            server, run = lock(Server, server_id), db.session.get_one(Run, run_id)
            changes = _changes_since_good(run)
            if run.ready_at is not None or server.desired != Desired.RUNNING or not changes:
                return None
            steps = [step for change in changes for step in change.parts()]
            there = {row.project_id: str(row.release["id"]) for row in rows_of(server_id)}
            back = turned_together(steps)
            if not reversible([step.turned() for step in back], there, kept(server_id)):
                return None
            made = write_change(SYSTEM, server, Kind.UNDO, back, automatic=True, undo_of=changes[-1].id)
            record(
                PluginsReverted(run_id, made),
                organisation_id=server.organisation_id, subject=charge.subject(server_id),
            )  # fmt: skip
            return made
    except (Conflict, NotFound, FilesAway) as error:
        log.info("plugins_not_taken_back", server=str(server_id), reason=type(error).__name__)
        return None


def _changes_since_good(run: Run) -> list[PluginChange]:
    """What was changed after the last good run had read its jars and before this one read them, the oldest first."""
    good = db.session.scalars(
        select(Run)
        .where(Run.server_id == run.server_id, Run.ready_at.is_not(None), Run.requested_at < run.requested_at)
        .order_by(Run.requested_at.desc(), Run.id.desc())
        .limit(1)
    ).first()
    if good is None or run.started_at is None:
        return []
    found = db.session.scalars(
        select(PluginChange)
        .where(
            PluginChange.server_id == run.server_id,
            PluginChange.state == ChangeState.DONE.value,
            PluginChange.kind != Kind.ADOPT.value,
            PluginChange.finished_at > good.started_at,
            PluginChange.finished_at <= run.started_at,
        )
        .order_by(PluginChange.id)
    )
    return list(found)
