"""What Discord's answers mean for all rows with the same address: pauses, and switching off what was deleted there."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from app.core.api import get_setting, put_setting, record
from app.hosting.events import WebhookSwitchedOff
from app.hosting.models import Webhook, WebhookMessage
from app.hosting.models.webhook import DROPPED, OFF, ON, WAITING
from app.hosting.notices import WEBHOOK_OFF
from app.hosting.rules.webhook import SILENCE, SWITCHES_OFF, Answer, outage_pause
from app.kit import clock
from app.kit.db import db, require_transaction
from app.messaging.api import notify

HOLD = "hosting.discord_held_until"
OUTAGE = "hosting.discord_outage"
"""{"until", "streak"} while Discord does not answer; None when it does."""
KEPT = 20
"""Messages that are remembered of each webhook."""


def pause_left(webhook: Webhook) -> float:
    """Seconds for which Discord wants no request, for this address or from all of us."""
    held = [webhook.held_until] if webhook.held_until else []
    everywhere = get_setting(None, HOLD)
    if everywhere:
        held.append(datetime.fromisoformat(everywhere))
    return max((max(held) - clock.now()).total_seconds(), 0.0) if held else 0.0


def outage_left() -> float:
    """Seconds until somebody may knock again at a Discord that did not answer."""
    known = get_setting(None, OUTAGE)
    left = (datetime.fromisoformat(known["until"]) - clock.now()).total_seconds() if known else 0.0
    return max(left, 0.0)


def obey(webhook_id: UUID, answer: Answer) -> Webhook | None:
    """Keep the pause, switch off what does not exist any more. Returns the row, locked; None when it was removed.

    Joins the caller's transaction. All rows of the address are locked in one order, so that two workers never wait for
    each other.
    """
    require_transaction()
    own = select(Webhook.address_hash).where(Webhook.id == webhook_id).scalar_subquery()
    rows = db.session.scalars(
        select(Webhook)
        .where(Webhook.address_hash == own)
        .order_by(Webhook.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    until = clock.now() + timedelta(seconds=answer.pause)
    for row in rows:
        if answer.pause > 0:
            row.held_until = max(row.held_until or until, until)
        if answer.outcome in SWITCHES_OFF and row.state == ON:
            _switch_off(row, answer)
    if answer.everywhere:
        _put(HOLD, until.isoformat())
    _note_silence(answer)
    return next((row for row in rows if row.id == webhook_id), None)


def _note_silence(answer: Answer) -> None:
    known = get_setting(None, OUTAGE)
    if answer.outcome in SILENCE:
        streak = (known["streak"] if known else 0) + 1
        until = clock.now() + timedelta(seconds=outage_pause(streak))
        _put(OUTAGE, {"until": until.isoformat(), "streak": streak})
    elif known:
        _put(OUTAGE, None)


def _put(key: str, value: Any) -> None:
    """Of several workers that hear it at the same moment for the first time, one writes it down."""
    with suppress(IntegrityError), db.session.begin_nested():
        put_setting(None, key, value)


def _switch_off(row: Webhook, answer: Answer) -> None:
    now = clock.now()
    row.state, row.off_reason, row.off_since = OFF, answer.outcome.value, now
    db.session.execute(
        update(WebhookMessage)
        .where(
            WebhookMessage.webhook_id == row.id,
            WebhookMessage.state.in_(WAITING),
            WebhookMessage.posting.is_(False),
        )
        .values(state=DROPPED, finished_at=now)
        .execution_options(synchronize_session=False)
    )
    record(
        WebhookSwitchedOff(row.id, answer.outcome.value),
        organisation_id=row.organisation_id,
        subject=("hosting.server", row.server_id),
    )
    notify(
        WEBHOOK_OFF,
        dedupe=f"webhook:{row.id}:{now.isoformat()}",
        organisation_id=row.organisation_id,
        subject=("hosting.server", row.server_id),
        data={"server_id": str(row.server_id), "label": row.label},
        link=f"/hosting/webhooks/{row.id}",
    )


def forget_old(webhook_id: UUID) -> None:
    """Only the latest messages are remembered."""
    require_transaction()
    old = (
        select(WebhookMessage.id)
        .where(WebhookMessage.webhook_id == webhook_id, WebhookMessage.finished_at.is_not(None))
        .order_by(WebhookMessage.id.desc())
        .offset(KEPT)
    )
    db.session.execute(
        delete(WebhookMessage)
        .where(WebhookMessage.id.in_(old.limit(1000).scalar_subquery()))
        .execution_options(synchronize_session=False)
    )
