"""Reported messages, for who decides about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from app.accounts.api import person_names
from app.kit.authz import Actor, require
from app.kit.db import db
from app.messaging.models import Message, Report
from app.messaging.policies import P
from app.messaging.queries.message import Line, as_lines
from app.messaging.rules.report import Reason, ReportState

AROUND = 2
"""Messages before and after a reported one that are shown with it."""
MOST = 20


@dataclass(frozen=True)
class Complaint:
    """One person's report of a message."""

    reason: Reason
    note: str
    reporter: str
    created_at: datetime


@dataclass(frozen=True)
class Case:
    """A reported message with everybody's reports. `around`: what stands beside it now; None in it is where it stands."""

    message_id: UUID
    text: str
    files: int
    author: str
    seq: int
    complaints: Sequence[Complaint]
    before: Sequence[Line]
    after: Sequence[Line]


def open_cases(actor: Actor) -> list[Case]:
    """The oldest first, at most twenty. Four queries at most."""
    require(actor, P.report_decide)
    waiting: Any = (
        select(Report.message_id)
        .where(Report.state == ReportState.OPEN.value)
        .group_by(Report.message_id)
        .order_by(func.min(Report.created_at), Report.message_id)
        .limit(MOST)
    )
    ids = list(db.session.scalars(waiting))
    rows = db.session.scalars(
        select(Report)
        .where(Report.message_id.in_(ids), Report.state == ReportState.OPEN.value)
        .order_by(Report.created_at, Report.id)
    ).all()
    by_message: dict[UUID, list[Report]] = {}
    for row in rows:
        by_message.setdefault(row.message_id, []).append(row)
    names = person_names([*(row.reporter_id for row in rows), *(row.author_id for row in rows)])
    beside = _beside([found[0] for found in by_message.values()])
    return [_case(found, names, beside) for one in ids if (found := by_message.get(one))]


def _beside(reports: Sequence[Report]) -> dict[UUID, list[Line]]:
    """What stands around these messages, by room."""
    if not reports:
        return {}
    near = or_(
        *(
            and_(Message.room_id == one.room_id, Message.seq.between(one.seq - AROUND, one.seq + AROUND))
            for one in reports
        )
    )
    rows = db.session.scalars(select(Message).where(near).order_by(Message.room_id, Message.seq)).all()
    found: dict[UUID, list[Line]] = {}
    for row, line in zip(rows, as_lines(rows), strict=True):
        found.setdefault(row.room_id, []).append(line)
    return found


def _case(reports: list[Report], names: dict[UUID, str], beside: dict[UUID, list[Line]]) -> Case:
    one = reports[0]
    near = [line for line in beside.get(one.room_id, []) if abs(line.seq - one.seq) <= AROUND]
    return Case(
        message_id=one.message_id, text=one.text, files=one.files, author=names.get(one.author_id, ""), seq=one.seq,
        complaints=[
            Complaint(Reason(row.reason), row.note, names.get(row.reporter_id, ""), row.created_at) for row in reports
        ],
        before=[line for line in near if line.seq < one.seq], after=[line for line in near if line.seq > one.seq],
    )  # fmt: skip
