"""Webhooks with a past: one that works, one that Discord threw out."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select, update

from app.core.api import NotNow, find_event, record
from app.hosting.events import PlayerJoined, ServerCrashed
from app.hosting.gateways.discord import Discord
from app.hosting.models import WebhookMessage
from app.hosting.rules.webhook import Answer, Outcome, Topic
from app.hosting.services import webhook_gather, webhook_send
from app.hosting.services.webhook import create_webhook, try_webhook, use_discord
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.ids import new_id
from tests.people import People
from tests.services.discord import TOKEN


class _Says(Discord):
    """Answers without asking anybody, as long as the site runs."""

    def __init__(self, *outcomes: Outcome) -> None:
        super().__init__()
        self.outcomes = list(outcomes)

    def post(self, *_: Any, **__: Any) -> Answer:
        outcome = self.outcomes.pop(0) if self.outcomes else Outcome.TROUBLE
        return Answer(outcome, 200 if outcome is Outcome.SENT else 404)


def webhooks(app: Flask, server_id: UUID, people: People) -> dict[str, Any]:
    """Ids by name. Needs an application context."""
    alice = people.alice.actor
    address = f"https://discord.com/api/webhooks/110000000000000000%d/{TOKEN}"
    good = create_webhook(
        alice, server_id, address=address % 1, topics=[one.value for one in Topic], label="#status"
    )
    gone = create_webhook(
        alice, server_id, address=address % 2, topics=["low"], label="#schulkasse", locale="en"
    )
    use_discord(app, _Says(Outcome.SENT, Outcome.GONE, Outcome.SENT, Outcome.TROUBLE))
    try_webhook(alice, good)
    try_webhook(alice, gone)
    for facts in ([PlayerJoined(3, 3)], [ServerCrashed(new_id(), "hang"), ServerCrashed(new_id(), "hang")]):
        _happen(server_id, people, facts)
    return {"webhook": good, "webhook_off": gone}


def _happen(server_id: UUID, people: People, facts: list[Any]) -> None:
    """Gathered and brought at once: nobody waits half a minute here."""
    for fact in facts:
        with transaction():
            event_id = record(
                fact, organisation_id=people.organisation_id, subject=("hosting.server", server_id)
            )
        event = find_event(event_id)
        assert event is not None
        webhook_gather.collect(event)
    with transaction() as session:
        session.execute(
            update(WebhookMessage).where(WebhookMessage.state == "open").values(due_at=clock.now())
        )
    for message_id in db.session.scalars(
        select(WebhookMessage.id).where(WebhookMessage.state == "open")
    ).all():
        with suppress(NotNow):
            webhook_send.send(message_id)
