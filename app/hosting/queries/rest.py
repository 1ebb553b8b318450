"""Counting servers and telling the sleeping ones apart, in the database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, literal, select

from app.hosting.models import Server
from app.hosting.policies import P
from app.hosting.queries.seat import seated
from app.hosting.rules.rest import ASLEEP, asleep_before
from app.hosting.rules.server import Desired, State
from app.kit import clock
from app.kit.authz import Actor, may_everywhere
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
    """How many of the servers an actor may know of are in each state; those asleep are counted apart from the stopped."""
    values = {"organisation_id": actor.organisation_id, "asleep_before": asleep_before_now()}
    return dict(db.session.execute(_of(_COUNTS, actor), values).all())


def _of(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Only those with a seat, for who may not see all."""
    return (
        statement if may_everywhere(actor, P.server_read) else statement.where(Server.id.in_(seated(actor)))
    )


def count_servers_named(actor: Actor, text: str) -> tuple[dict[str, int], dict[str, int]]:
    """The same, and how many of them have the text in their name. One statement."""
    named = Server.name_folded.contains(text.strip().casefold(), autoescape=True)
    values = {"organisation_id": actor.organisation_id, "asleep_before": asleep_before_now()}
    statement = _COUNTS.add_columns(func.sum(case((named, 1), else_=0)))
    rows = db.session.execute(_of(statement, actor), values).all()
    return {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}
