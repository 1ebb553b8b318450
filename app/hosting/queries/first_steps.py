"""How far an organisation has come with its first server."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from app.hosting.models import Run, Server
from app.hosting.rules.server import State
from app.kit.db import db


@dataclass(frozen=True)
class FirstSteps:
    """Acts that were really done."""

    created: bool
    played: bool
    joined: bool
    server_id: UUID | None


def first_steps(organisation_id: UUID) -> FirstSteps:
    """One statement over the organisation's servers and runs."""
    row = db.session.execute(
        select(func.max(Server.created_at), func.max(Run.ready_at), func.max(Run.players_peak))
        .select_from(Server)
        .outerjoin(Run, Run.server_id == Server.id)
        .where(Server.organisation_id == organisation_id, Server.state != State.DELETED.value)
    ).one()
    newest = db.session.scalar(
        select(Server.id)
        .where(Server.organisation_id == organisation_id, Server.state != State.DELETED.value)
        .order_by(Server.created_at.desc())
        .limit(1)
    )
    return FirstSteps(row[0] is not None, row[1] is not None, bool(row[2]), newest)
