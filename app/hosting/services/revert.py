"""The way back: when a game does not come up with changed settings, those of the last run that did apply again."""

from __future__ import annotations

from sqlalchemy import select

from app.core.api import record
from app.hosting import events
from app.hosting.models import Run, Server
from app.hosting.services import charge
from app.kit.db import db, require_transaction


def take_back(server: Server, run: Run) -> bool:
    """Put settings and memory back to those of the last good run. Joins the caller's transaction; the row is locked.

    False when the run was ready itself, when its configuration was ready before (so it is not to blame), when there is
    no good run, or when somebody has changed the settings again meanwhile.
    """
    require_transaction()
    if run.ready_at is not None or server.config_version != run.config_version:
        return False
    good = db.session.scalars(
        select(Run)
        .where(Run.server_id == server.id, Run.ready_at.is_not(None))
        .order_by(Run.requested_at.desc(), Run.id.desc())
        .limit(1)
    ).first()
    if good is None or good.config_version == run.config_version:
        return False
    server.settings, server.memory_mb = dict(good.settings), good.memory_mb
    server.config_version += 1
    db.session.flush()
    record(
        events.ServerReverted(run.id, run.config_version, good.config_version),
        organisation_id=server.organisation_id, subject=charge.subject(server.id),
        before={"memory_mb": run.memory_mb}, after={"memory_mb": good.memory_mb},
    )  # fmt: skip
    return True
