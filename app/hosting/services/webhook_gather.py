"""From events to the next message of each webhook that wants to hear of them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.core.api import Recorded, claim_once
from app.hosting import tasks
from app.hosting.models import Webhook, WebhookMessage
from app.hosting.models.webhook import ON, OPEN
from app.hosting.rules.webhook import TOPIC_OF, Told, Topic, add, due, told
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.ids import new_id

STALE = timedelta(hours=1)
"""Older events are no news any more: the platform was down."""


def collect(event: Recorded) -> None:
    """Put one event into the next message of each webhook that wants to hear of it; a second delivery adds nothing."""
    topic = TOPIC_OF[event.name]
    if event.at < clock.now() - STALE:
        return
    which = (
        Webhook.organisation_id == event.organisation_id
        if topic is Topic.LOW
        else Webhook.server_id == event.subject_id
    )
    wanted = select(Webhook).where(which, Webhook.state == ON).order_by(Webhook.id)
    if not any(topic in row.topics for row in db.session.scalars(wanted)):
        return
    news = told(event.name, event.seq, event.at, event.data)
    with transaction() as session:
        if not claim_once(f"hosting.webhook:{event.id}"):
            return
        seen: set[str] = set()
        locked = wanted.with_for_update().execution_options(populate_existing=True)
        for row in session.scalars(locked).all():
            if topic not in row.topics or (topic is Topic.LOW and row.address_hash in seen):
                continue  # what concerns the organisation is told once a channel
            seen.add(row.address_hash)
            _put(row, news)


def _put(webhook: Webhook, news: Told) -> None:
    now = clock.now()
    row = db.session.scalar(
        select(WebhookMessage).where(WebhookMessage.webhook_id == webhook.id, WebhookMessage.state == OPEN)
    )
    before = row.due_at if row else None
    at = due(news.topic, now, before)
    if row is None:
        row = WebhookMessage(
            id=new_id(), webhook_id=webhook.id, state=OPEN, content={}, due_at=at, created_at=now
        )
        db.session.add(row)
    row.content, row.due_at = add(row.content, news), at
    db.session.flush()
    if at != before:
        tasks.send_webhook.later(
            organisation_id=webhook.organisation_id, at=at, message_id=str(row.id)
        )  # fmt: skip
