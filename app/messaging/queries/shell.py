"""What the shell shows on every page: unread notices and unread messages, and what modules above count, in one statement."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

from flask import g
from sqlalchemy import ColumnElement, String, Uuid, cast, func, literal, null, select, union_all

from app.kit.authz import Actor
from app.kit.db import db
from app.messaging.models import Report
from app.messaging.queries.notice import UNREAD
from app.messaging.queries.room import MOST_COUNTED, WAITING, subjects_of, works_here
from app.messaging.rules.report import ReportState

_WAITING = WAITING.subquery()
_PARTS: dict[str, Any] = {
    "notices": select(
        literal("notices").label("what"), cast(null(), String).label("subject_type"),
        cast(null(), Uuid).label("subject_id"), func.count().label("unread"),
    ).select_from(UNREAD.subquery()),
    "messages": select(literal("messages"), _WAITING.c.subject_type, _WAITING.c.subject_id, _WAITING.c.unread),
    "reports": select(
        literal("reports"), cast(null(), String), cast(null(), Uuid), func.count(Report.message_id.distinct())
    ).where(Report.state == ReportState.OPEN.value),
}  # fmt: skip


def add_count(name: str, table: Any, where: ColumnElement[bool]) -> None:
    """Count rows of a module above with every page. `where` names the organisation as `bindparam("organisation_id")`."""
    empty = (cast(null(), String), cast(null(), Uuid))
    _PARTS[name] = select(literal(name), *empty, func.count()).select_from(table).where(where)
    _question.cache_clear()


@cache
def _question() -> Any:
    """Built once: it runs with every page, and putting a statement together costs as much as running it."""
    return union_all(*_PARTS.values())


def _counts(actor: Actor) -> dict[str, int]:
    """By name; notices and messages up to 100. Asked at most once a request and person."""
    if actor.person_id is None:
        return {}
    known: dict[UUID, dict[str, int]] = g.setdefault("unread_counts", {})
    if actor.person_id not in known:
        organisation_id = actor.organisation_id if works_here(actor) else None
        rows = db.session.execute(
            _question(), {"person_id": actor.person_id, "organisation_id": organisation_id}
        ).all()
        waiting = [row for row in rows if row.what == "messages"]
        readable = subjects_of(actor, [(row.subject_type, row.subject_id) for row in waiting])
        messages = sum(
            row.unread
            for row in waiting
            if row.subject_type is None or (row.subject_type, row.subject_id) in readable
        )
        found = {row.what: row.unread for row in rows if row.what != "messages"}
        known[actor.person_id] = {**found, "messages": min(MOST_COUNTED, messages)}
    return known[actor.person_id]


def counted(actor: Actor, name: str) -> int:
    """One of the counts."""
    return _counts(actor).get(name, 0)


def open_reports(actor: Actor) -> int:
    """How many reported messages wait for moderators."""
    return counted(actor, "reports")


def unread_notices(actor: Actor) -> int:
    """How many unread notices the actor has."""
    return counted(actor, "notices")


def unread_messages(actor: Actor) -> int:
    """Unread messages in all rooms the actor may read and has not muted."""
    return counted(actor, "messages")
