"""A message to Discord: bring it, settle what came of it. Every step may be repeated, come late, or be killed.

Discord has no key that makes a post repeatable for webhooks (`enforce_nonce` is for bots). So a message is marked before
its first byte leaves: a worker that dies before that harms nothing and the message is brought again; one that dies after
it may have posted, and the message is not brought again but kept as unclear. An answer that does not come in time is
tried again, as an error of Discord is: then, rarely, a channel reads a message twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update

from app.core.api import NotNow
from app.hosting import tasks
from app.hosting.models import Server, Webhook, WebhookMessage
from app.hosting.models.webhook import CLOSED, DROPPED, FAILED, ON, OPEN, SENT, UNCLEAR, WAITING
from app.hosting.rules.server import State
from app.hosting.rules.webhook import (
    WORTH_RETRYING,
    Address,
    Answer,
    Outcome,
    contents,
    earliest,
    retry_in,
    spend,
)
from app.hosting.services.webhook import address_of, discord, drop_waiting
from app.hosting.services.webhook_pace import forget_old, obey, outage_left, pause_left
from app.hosting.services.webhook_text import About, message
from app.kit import clock, observe
from app.kit.db import M, db, require_transaction, transaction
from app.kit.errors import Conflict

LEASE = timedelta(seconds=40)
"""Longer than an attempt can take."""
GIVEN_UP = timedelta(hours=6)
"""However often Discord asks for pauses."""
LOST = timedelta(minutes=2)

MESSAGES = observe.counter(
    "kontor_discord_messages_total", "Messages to Discord webhooks by how they ended.", ("state",)
)
ATTEMPTS = observe.counter(
    "kontor_discord_attempts_total", "Requests to Discord by what came of them.", ("outcome",)
)
SECONDS = observe.histogram("kontor_discord_request_seconds", "How long a request to Discord took.")


# --- bring ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Turn:
    """A message in the hands of one worker; `attempt` is the fence."""

    webhook_id: UUID
    message_id: UUID
    attempt: int
    address: Address
    body: dict[str, Any]


def send(message_id: UUID) -> None:
    """The job: bring one message. Raises NotNow while it is not its time."""
    turn = _take(message_id)
    if isinstance(turn, float):
        raise NotNow(turn)
    if turn is None:
        return
    try:
        with SECONDS.time():
            answer = discord().post(turn.address, turn.body, before=lambda: _mark(turn))
    except Conflict:
        return  # switched off, removed, or somebody else has it
    ATTEMPTS.labels(answer.outcome.value).inc()
    wait = _settle(turn, answer)
    if wait is not None:
        raise NotNow(wait)


def _take(message_id: UUID) -> Turn | float | None:
    """The message as ours, or the seconds until it is worth another look; None when there is nothing to do."""
    with transaction() as session:
        found = session.scalar(select(WebhookMessage.webhook_id).where(WebhookMessage.id == message_id))
        webhook = _locked(Webhook, found) if found else None
        row = _locked(WebhookMessage, message_id) if webhook else None
        if webhook is None or row is None or row.state not in WAITING:
            return None  # removed, or brought by somebody else
        if row.lease_until is not None and row.lease_until > clock.now():
            return _until(row.lease_until)
        if row.posting:
            _end(row, UNCLEAR)
            return None
        if webhook.state != ON:
            drop_waiting(webhook.id)
            return None
        wait = _not_yet(webhook, row)
        return wait if wait > 0 else _ours(webhook, row)


def _locked(model: type[M], row_id: UUID) -> M | None:
    return db.session.get(model, row_id, with_for_update=True, populate_existing=True)


def _not_yet(webhook: Webhook, row: WebhookMessage) -> float:
    """Seconds to wait: for its time, our own pace, Discord's pause or silence, an older message."""
    waits = [_until(row.due_at), pause_left(webhook), outage_left()]
    if row.state == OPEN:
        waits.append(_until(earliest(webhook.spent_until, clock.now())))
        older = db.session.scalar(
            select(WebhookMessage).where(
                WebhookMessage.webhook_id == webhook.id, WebhookMessage.state == CLOSED
            )
        )
        if older is not None:
            waits.append(max(_until(older.lease_until or older.due_at), 1.0))
    return max(waits)


def _until(at: Any) -> float:
    return float((at - clock.now()).total_seconds())


def _ours(webhook: Webhook, row: WebhookMessage) -> Turn | None:
    now = clock.now()
    if row.state == OPEN:
        webhook.spent_until = spend(webhook.spent_until, now)
    row.state, row.attempts, row.lease_until, row.posting = CLOSED, row.attempts + 1, now + LEASE, False
    said, address = contents(row.content), address_of(webhook)
    if address is None:
        obey(webhook.id, Answer(Outcome.REFUSED))
        row.outcome = Outcome.REFUSED.value
    if address is None or not said:  # its key is lost; only topics of another release
        _end(row, FAILED if address is None else DROPPED)
        return None
    server = db.session.get_one(Server, webhook.server_id)
    about = About(server.name, server.state == State.RUNNING.value, server.players_online, server.players_max)
    return Turn(webhook.id, row.id, row.attempts, address, message(said, about, webhook.locale))


def _held(turn: Turn) -> Any:
    return (WebhookMessage.id == turn.message_id, WebhookMessage.attempts == turn.attempt)


def _mark(turn: Turn) -> None:
    """The first byte is about to leave: from here on only Discord knows. Conflict when it is not ours any more."""
    with transaction() as session:
        done = session.execute(
            update(WebhookMessage)
            .where(
                *_held(turn),
                WebhookMessage.state == CLOSED,
                WebhookMessage.posting.is_(False),
                WebhookMessage.lease_until > clock.now(),
            )
            .values(posting=True)
            .execution_options(synchronize_session=False)
        )
        if done.rowcount != 1:  # type: ignore[attr-defined]
            raise Conflict


# --- settle --------------------------------------------------------------------------------------------------


def _settle(turn: Turn, answer: Answer) -> float | None:
    """Write down what came of it. Returns the seconds until the next attempt, None when it is over.

    One that was given up as unclear meanwhile is put right by its late answer.
    """
    with transaction() as session:
        if obey(turn.webhook_id, answer) is None:
            return None
        row = session.scalar(
            select(WebhookMessage)
            .where(*_held(turn), WebhookMessage.state.in_((CLOSED, UNCLEAR)))
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if row is None:
            return None
        row.outcome, row.status = answer.outcome.value, answer.status
        if answer.outcome is Outcome.SENT:
            _end(row, SENT)
            return None
        wait = None if row.state == UNCLEAR else _wait(row, answer)
        if wait is None:
            _end(row, FAILED)
            return None
        row.due_at = clock.now() + timedelta(seconds=wait)
        row.lease_until, row.posting = None, False
        return wait


def _wait(row: WebhookMessage, answer: Answer) -> float | None:
    if clock.now() - row.created_at > GIVEN_UP:
        return None
    if answer.outcome is Outcome.LIMITED:
        return answer.pause
    if answer.outcome not in WORTH_RETRYING:
        return None
    row.failures += 1
    return retry_in(row.failures)


def _end(row: WebhookMessage, state: str) -> None:
    require_transaction()
    row.state, row.finished_at, row.lease_until, row.posting = state, clock.now(), None, False
    db.session.flush()
    forget_old(row.webhook_id)
    MESSAGES.labels(state).inc()


def send_lost() -> int:
    """Order the job again for messages whose job is gone for good. Returns how many."""
    late = clock.now() - LOST
    with transaction() as session:
        rows = session.execute(
            select(WebhookMessage.id, Webhook.organisation_id)
            .join(Webhook, Webhook.id == WebhookMessage.webhook_id)
            .where(
                WebhookMessage.state.in_(WAITING),
                WebhookMessage.due_at < late,
                or_(WebhookMessage.lease_until.is_(None), WebhookMessage.lease_until < late),
            )
            .limit(200)
        ).all()
        for message_id, organisation_id in rows:
            tasks.send_webhook.later(
                organisation_id=organisation_id,
                dedupe=f"hosting.webhook:{message_id}",
                message_id=str(message_id),
            )
    return len(rows)
