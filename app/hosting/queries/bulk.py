"""Servers somebody wants to do one thing with, and actions on many servers as pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select

from app.hosting.models import Bulk, BulkItem, Server
from app.hosting.policies import P
from app.hosting.queries.server import ServerFilter, narrowed, visible
from app.hosting.rules.bulk import MOST, Action, BulkState, Outcome, Reason, refusal
from app.hosting.rules.server import Desired, State
from app.kit.authz import Actor, may_everywhere
from app.kit.db import db
from app.kit.errors import NotFound


@dataclass(frozen=True)
class Chosen:
    """A server as it is listed before one says yes. `refusal`: why the action is not for it."""

    id: UUID
    name: str
    memory_mb: int
    refusal: Reason | None


@dataclass(frozen=True)
class Item:
    """One server of a bulk action and what became of it."""

    server_id: UUID
    name: str
    deleted: bool
    outcome: Outcome
    reason: Reason | None
    words: str | None
    at: datetime | None


@dataclass(frozen=True)
class BulkView:
    """A bulk action with its servers, by name."""

    id: UUID
    organisation_id: UUID
    action: Action
    state: BulkState
    created_at: datetime
    finished_at: datetime | None
    items: tuple[Item, ...]

    @property
    def running(self) -> bool:
        return self.state is BulkState.RUNNING

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many servers came to what."""
        return {one: sum(item.outcome is one for item in self.items) for one in Outcome}

    @property
    def percent(self) -> int:
        """How many had their turn."""
        waiting = self.counts[Outcome.WAITING]
        return 100 * (len(self.items) - waiting) // max(1, len(self.items))


_CHOSEN: tuple[Any, ...] = (
    Server.id,
    Server.name,
    Server.memory_mb,
    Server.state,
    Server.desired,
    Server.last_ended_at,
)


def chosen(actor: Actor, action: Action, wanted: Sequence[UUID] | ServerFilter) -> list[Chosen]:
    """Those of the organisation among the named ones, or all a search finds; by name, and at most one more than may be.

    What is somebody else's, deleted or unknown is left out without a word. Nothing for actors who may not see servers.
    """
    if not may_everywhere(actor, P.server_read) or actor.organisation_id is None:
        return []
    statement = select(*_CHOSEN).where(Server.id.in_(visible(actor)))
    if isinstance(wanted, ServerFilter):
        statement = narrowed(statement, wanted)
    else:
        statement = statement.where(Server.id.in_(list(wanted)[: MOST + 1]))
    rows = db.session.execute(statement.order_by(Server.name_folded, Server.id).limit(MOST + 1))
    return [
        Chosen(
            row.id, row.name, row.memory_mb,
            refusal(action, State(row.state), Desired(row.desired), played=row.last_ended_at is not None),
        )
        for row in rows
    ]  # fmt: skip


def running_bulk(organisation_id: UUID | None) -> UUID | None:
    """The one that is under way."""
    return db.session.scalar(
        select(Bulk.id).where(Bulk.organisation_id == organisation_id, Bulk.state == BulkState.RUNNING.value)
    )


def find_bulk(actor: Actor, bulk_id: UUID) -> BulkView:
    """One of the organisation's. Raises NotFound."""
    if not may_see_bulk(actor, bulk_id):
        raise NotFound
    return watched_bulk(bulk_id)


def may_see_bulk(actor: Actor, bulk_id: UUID) -> bool:
    """Whether an actor may watch it live."""
    if not may_everywhere(actor, P.server_read) or actor.organisation_id is None:
        return False
    mine = select(Bulk.id).where(Bulk.id == bulk_id, Bulk.organisation_id == actor.organisation_id)
    return db.session.scalar(mine) is not None


def watched_bulk(bulk_id: UUID) -> BulkView:
    """With its servers, whoever asks: for live fragments, which were authorised when subscribed. Two statements."""
    row = db.session.get(Bulk, bulk_id, populate_existing=True)
    if row is None:
        raise NotFound
    items = db.session.execute(
        select(
            BulkItem.server_id, Server.name, Server.state == State.DELETED.value,
            BulkItem.outcome, BulkItem.reason, BulkItem.words, BulkItem.at,
        )
        .join(Server, Server.id == BulkItem.server_id)
        .where(BulkItem.bulk_id == bulk_id)
        .order_by(BulkItem.number)
    )  # fmt: skip
    return BulkView(
        row.id, row.organisation_id, Action(row.action), BulkState(row.state), row.created_at, row.finished_at,
        tuple(
            Item(one[0], one[1], bool(one[2]), Outcome(one[3]), Reason(one[4]) if one[4] else None, one[5], one[6])
            for one in items
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class BulkLine:
    """A bulk action in the list of the latest."""

    id: UUID
    action: Action
    state: BulkState
    created_at: datetime
    servers: int
    failed: int


def latest_bulks(actor: Actor, limit: int = 20) -> list[BulkLine]:
    """The organisation's, newest first, in one statement."""
    if not may_everywhere(actor, P.server_read) or actor.organisation_id is None:
        return []
    failed = func.sum(case((BulkItem.outcome == Outcome.FAILED.value, 1), else_=0))
    rows = db.session.execute(
        select(Bulk.id, Bulk.action, Bulk.state, Bulk.created_at, func.count(BulkItem.id), failed)
        .join(BulkItem, BulkItem.bulk_id == Bulk.id)
        .where(Bulk.organisation_id == actor.organisation_id)
        .group_by(Bulk.id, Bulk.action, Bulk.state, Bulk.created_at)
        .order_by(Bulk.id.desc())
        .limit(limit)
    )
    return [BulkLine(row[0], Action(row[1]), BulkState(row[2]), *row[3:]) for row in rows]
