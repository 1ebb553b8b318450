"""Counting servers and telling the sleeping ones apart, in the database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal, select

from app.hosting.models import Server
from app.hosting.rules.rest import ASLEEP, asleep_before
from app.hosting.rules.server import Desired, State
from app.kit import clock
from app.kit.authz import Actor
from app.kit.config import settings
from app.kit.db import db


def asleep_before_now() -> datetime:
    """Since when a server must stand still to be asleep now."""
    return asleep_before(clock.now(), settings().sleep_minutes)


def is_asleep(before: Any) -> ColumnElement[bool]:
    """As `rules.rest.asleep`, in the database."""
    return and_(
        Server.state == State.STOPPED.value,
        Server.desired == Desired.STOPPED.value,
        Server.state_since <= before,
    )


# Built once: that costs as much as running it.
_SHOWN = case((is_asleep(bindparam("asleep_before")), literal(ASLEEP)), else_=Server.state)
_COUNTS = (
    select(_SHOWN, func.count())
    .where(Server.organisation_id == bindparam("organisation_id"), Server.state != State.DELETED.value)
    .group_by(_SHOWN)
)


def count_servers(actor: Actor) -> dict[str, int]:
    """How many servers of the organisation are in each state; those asleep are counted apart from the stopped."""
    values = {"organisation_id": actor.organisation_id, "asleep_before": asleep_before_now()}
    return dict(db.session.execute(_COUNTS, values).all())


def count_servers_named(actor: Actor, text: str) -> tuple[dict[str, int], dict[str, int]]:
    """The same, and how many of them have the text in their name. One statement."""
    named = Server.name_folded.contains(text.strip().casefold(), autoescape=True)
    values = {"organisation_id": actor.organisation_id, "asleep_before": asleep_before_now()}
    statement = _COUNTS.add_columns(func.sum(case((named, 1), else_=0)))
    rows = db.session.execute(statement, values).all()
    return {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}
