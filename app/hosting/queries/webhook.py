"""Webhooks as pages show them: never with their address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.hosting.models import Webhook, WebhookMessage
from app.hosting.models.webhook import ON
from app.hosting.policies import P
from app.hosting.rules.webhook import Outcome, Told, Topic, contents
from app.kit.authz import Actor, may
from app.kit.db import db
from app.kit.errors import NotFound

LATEST = 20


@dataclass(frozen=True)
class Delivery:
    """One message and what became of it. `state` is one of models/webhook.py."""

    id: UUID
    state: str
    test: bool
    told: tuple[Told, ...]
    outcome: Outcome | None
    status: int | None
    failures: int
    due_at: datetime
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class WebhookView:
    """A webhook of the actor's organisation; `hint` are the last characters of its address."""

    id: UUID
    server_id: UUID
    label: str
    hint: str
    topics: tuple[Topic, ...]
    locale: str
    on: bool
    off_reason: Outcome | None
    off_since: datetime | None
    last: Delivery | None = None


def webhooks_of(actor: Actor, server_id: UUID) -> list[WebhookView]:
    """Those of one server, oldest first, each with its latest message. Empty for who may not see them."""
    if not may(actor, P.webhook_read):
        return []
    rows = db.session.scalars(
        select(Webhook)
        .where(Webhook.server_id == server_id, Webhook.organisation_id == actor.organisation_id)
        .order_by(Webhook.id)
    ).all()
    last = _latest(row.id for row in rows) if rows else {}
    return [_view(row, last.get(row.id)) for row in rows]


def find_webhook(actor: Actor, webhook_id: UUID) -> WebhookView:
    """One of the actor's organisation. Raises NotFound."""
    row = db.session.get(Webhook, webhook_id) if may(actor, P.webhook_read) else None
    if row is None or row.organisation_id != actor.organisation_id or not actor.reaches(row.server_id):
        raise NotFound
    return _view(row, None)


def deliveries(webhook_id: UUID, limit: int = LATEST) -> list[Delivery]:
    """The latest messages, newest first. The caller has checked the actor."""
    rows = db.session.scalars(
        select(WebhookMessage)
        .where(WebhookMessage.webhook_id == webhook_id)
        .order_by(WebhookMessage.id.desc())
        .limit(limit)
    )
    return [_delivery(row) for row in rows]


def _latest(ids: Iterable[UUID]) -> dict[UUID, Delivery]:
    order = func.row_number().over(partition_by=WebhookMessage.webhook_id, order_by=WebhookMessage.id.desc())
    numbered = (
        select(WebhookMessage.id, order.label("number"))
        .where(WebhookMessage.webhook_id.in_(list(ids)), WebhookMessage.finished_at.is_not(None))
        .subquery()
    )
    newest: Any = select(numbered.c.id).where(numbered.c.number == 1)
    rows = db.session.scalars(select(WebhookMessage).where(WebhookMessage.id.in_(newest)))
    return {row.webhook_id: _delivery(row) for row in rows}


def _delivery(row: WebhookMessage) -> Delivery:
    return Delivery(
        row.id, row.state, row.test, tuple(contents(row.content)), Outcome(row.outcome) if row.outcome else None,
        row.status, row.failures, row.due_at, row.created_at, row.finished_at,
    )  # fmt: skip


def _view(row: Webhook, last: Delivery | None) -> WebhookView:
    return WebhookView(
        row.id, row.server_id, row.label, row.hint, tuple(topic for topic in Topic if topic in row.topics), row.locale,
        row.state == ON, Outcome(row.off_reason) if row.off_reason else None, row.off_since, last,
    )  # fmt: skip
