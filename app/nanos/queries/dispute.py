"""Exchanges that moderators were called for. Only for moderators: the views say so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.accounts.api import organisation_names
from app.kit.db import db
from app.nanos.models import Barter
from app.nanos.rules.barter import State


@dataclass(frozen=True)
class DisputeRow:
    """A line of the moderators' list."""

    id: UUID
    title: str
    sides: tuple[str, str]
    state: State
    disputed_at: datetime
    due_at: datetime | None


def list_disputes(limit: int = 50) -> list[DisputeRow]:
    """Those that wait for a decision, the oldest first, then the ones decided last. Only for moderators: the view says so."""
    rows = list(
        db.session.scalars(
            select(Barter).where(Barter.disputed_at.is_not(None))
            .order_by(Barter.state != State.DISPUTED.value, Barter.disputed_at).limit(limit)
        )
    )  # fmt: skip
    names = organisation_names([one for row in rows for one in (row.offerer_id, row.partner_id)])
    return [
        DisputeRow(
            row.id, row.title, (names.get(row.offerer_id, "–"), names.get(row.partner_id, "–")), State(row.state),
            row.disputed_at or row.created_at, row.due_at,
        )
        for row in rows
    ]  # fmt: skip
