"""Discord webhooks: entered, changed, switched, tested and removed by who manages a server."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, current_app
from flask_babel import gettext as _
from sqlalchemy import delete, func, select, update

from app.billing.api import P as BillingP
from app.core.api import claim_once, record
from app.hosting.events import WebhookChanged, WebhookCreated, WebhookRemoved, WebhookTested
from app.hosting.gateways.discord import Discord
from app.hosting.models import Server, Webhook, WebhookMessage
from app.hosting.models.webhook import DROPPED, FAILED, OFF, ON, SENT, WAITING
from app.hosting.policies import P
from app.hosting.rules.server import State
from app.hosting.rules.webhook import Address, Answer, Fault, NoAddress, Outcome, Topic, parse_address
from app.hosting.services.setup import owned
from app.hosting.services.webhook_pace import forget_old, obey, pause_left
from app.hosting.services.webhook_text import sample_message
from app.kit import clock
from app.kit.authz import Actor, may_everywhere, require
from app.kit.config import settings
from app.kit.db import db, lock, require_transaction, transaction
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.i18n import LOCALES
from app.kit.ids import new_id
from app.kit.secrets import fingerprint, seal, unseal

MOST = 10
"""Webhooks of one server."""
SUBJECT = "hosting.server"
EXTENSION = "kontor-discord"


def discord() -> Discord:
    """The way to Discord."""
    found = current_app.extensions.get(EXTENSION)
    return found if found is not None else Discord(sender=settings().public_url)


def use_discord(app: Flask, client: Discord | None) -> None:
    """Another one, for tests."""
    app.extensions[EXTENSION] = client


def address_of(webhook: Webhook) -> Address | None:
    """Where it posts to; None where the installation has lost the key it was sealed with."""
    try:
        return Address.of_secret(unseal(webhook.address))
    except ValueError:
        return None


def create_webhook(
    actor: Actor, server_id: UUID, *, address: str, topics: list[str], label: str = "", locale: str = "de"
) -> UUID:
    """Enter a webhook. Invalid at the field that is wrong, NotFound for others' servers, Conflict when there are enough."""
    require(actor, P.webhook_create)
    values, found = _checked(actor, topics, label, locale, address)
    assert found is not None
    with transaction() as session:
        server = owned(actor, server_id)
        if server.state == State.DELETING:
            raise NotFound
        _refuse_twice(server_id, found)
        if (session.scalar(select(func.count()).where(Webhook.server_id == server_id)) or 0) >= MOST:
            raise Conflict(_("Mehr als %(n)d Webhooks je Server gehen nicht.", n=MOST))
        row = Webhook(
            id=new_id(), organisation_id=server.organisation_id, server_id=server_id, state=ON,
            created_at=clock.now(), **_kept(found), **values,
        )  # fmt: skip
        session.add(row)
        session.flush()
        record(WebhookCreated(row.id), actor=actor, subject=(SUBJECT, server_id))
        return row.id


def change_webhook(
    actor: Actor, webhook_id: UUID, *, address: str = "", topics: list[str], label: str, locale: str
) -> None:
    """Change what it tells; an empty address stays as it is, a new one switches it on again."""
    values, found = _checked(actor, topics, label, locale, address if address.strip() else None)
    with transaction():
        row = _own(actor, webhook_id, P.webhook_change)
        if found is not None:
            lock(Server, row.server_id)  # as who enters one does: of two with one address the second is told
            if fingerprint(found.secret) != row.address_hash:
                _refuse_twice(row.server_id, found)
            values |= {**_kept(found), "state": ON, "off_reason": None, "off_since": None, "held_until": None}
        for key, value in values.items():
            setattr(row, key, value)
        record(WebhookChanged(row.id), actor=actor, subject=(SUBJECT, row.server_id))


def switch_webhook(actor: Actor, webhook_id: UUID, *, on: bool) -> None:
    """On, whatever switched it off; or off: what has not been brought yet is dropped."""
    with transaction():
        row = _own(actor, webhook_id, P.webhook_change)
        if (row.state == ON) == on:
            return
        before = {"on": row.state == ON}
        row.state, row.off_reason, row.off_since = ON if on else OFF, None, None if on else clock.now()
        drop_waiting(row.id)
        record(
            WebhookChanged(row.id), actor=actor, subject=(SUBJECT, row.server_id), before=before, after={"on": on}
        )  # fmt: skip


def delete_webhook(actor: Actor, webhook_id: UUID) -> UUID:
    """Remove it with its address; nothing more is posted. Returns its server."""
    with transaction():
        row = _own(actor, webhook_id, P.webhook_delete)
        server_id = row.server_id
        remove_rows(Webhook.id == webhook_id)
        record(WebhookRemoved(webhook_id), actor=actor, subject=(SUBJECT, server_id))
        return server_id


def forget_webhooks(server_id: UUID) -> None:
    """The server goes: its webhooks go at once, with their addresses."""
    with transaction():
        remove_rows(Webhook.server_id == server_id)


def try_webhook(actor: Actor, webhook_id: UUID, *, once: str | None = None) -> Answer | None:
    """Post a test message now and say what came of it; also while it is switched off. A second click with the same
    `once` posts nothing: None. While Discord wants a pause, nothing is posted: LIMITED.
    """
    with transaction():
        row = _own(actor, webhook_id, P.webhook_test)
        if once and not claim_once(f"hosting.webhook.test:{webhook_id}:{once[:60]}"):
            return None
        server = db.session.get_one(Server, row.server_id)
        left = pause_left(row)
        address, topics = address_of(row), [Topic(one) for one in row.topics if one in set(Topic)]
        body = sample_message(server.name, topics, row.locale)
    if left > 0:
        return Answer(Outcome.LIMITED, pause=left)
    answer = discord().post(address, body) if address is not None else Answer(Outcome.REFUSED)
    _note_test(actor, webhook_id, answer)
    return answer


def _note_test(actor: Actor, webhook_id: UUID, answer: Answer) -> None:
    now = clock.now()
    with transaction() as session:
        row = obey(webhook_id, answer)
        if row is None:
            return  # removed meanwhile
        state = SENT if answer.outcome is Outcome.SENT else FAILED
        session.add(
            WebhookMessage(
                id=new_id(), webhook_id=webhook_id, state=state, test=True, content={}, due_at=now, attempts=1,
                outcome=answer.outcome.value, status=answer.status, created_at=now, finished_at=now,
            )
        )  # fmt: skip
        session.flush()
        forget_old(webhook_id)
        record(WebhookTested(webhook_id, answer.outcome.value), actor=actor, subject=(SUBJECT, row.server_id))


def drop_waiting(webhook_id: UUID) -> None:
    """What has not been posted will not be. What is being posted right now comes to its end."""
    require_transaction()
    db.session.execute(
        update(WebhookMessage)
        .where(
            WebhookMessage.webhook_id == webhook_id,
            WebhookMessage.state.in_(WAITING),
            WebhookMessage.posting.is_(False),
        )
        .values(state=DROPPED, finished_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def remove_rows(which: Any) -> None:
    """Delete webhooks and all their messages. The webhooks are locked first, as everywhere."""
    require_transaction()
    ids = db.session.scalars(select(Webhook.id).where(which).order_by(Webhook.id).with_for_update()).all()
    for statement in (
        delete(WebhookMessage).where(WebhookMessage.webhook_id.in_(ids)),
        delete(Webhook).where(Webhook.id.in_(ids)),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))


def _own(actor: Actor, webhook_id: UUID, permission: P) -> Webhook:
    require(actor, permission)
    row = lock(Webhook, webhook_id)
    if row.organisation_id != actor.organisation_id or not actor.reaches(row.server_id):
        raise NotFound
    return row


def _fault(fault: Fault) -> str:
    return {
        Fault.EMPTY: _("Füge die Adresse des Webhooks ein."),
        Fault.FOREIGN: _(
            "Das ist keine Adresse von Discord. Sie beginnt mit https://discord.com/api/webhooks/."
        ),
        Fault.INCOMPLETE: _("Die Adresse ist nicht vollständig. Kopiere sie in Discord noch einmal."),
        Fault.EXTRA: _("Hinter der Adresse steht noch etwas. Kopiere sie in Discord noch einmal."),
    }[fault]


def _kept(address: Address) -> dict[str, str]:
    return {
        "address": seal(address.secret),
        "address_hash": fingerprint(address.secret),
        "hint": address.hint,
    }


def _refuse_twice(server_id: UUID, address: Address) -> None:
    known = select(Webhook.id).where(
        Webhook.server_id == server_id, Webhook.address_hash == fingerprint(address.secret)
    )
    if db.session.scalar(known) is not None:
        raise Invalid(fields={"address": _("Dieser Webhook ist bei diesem Server schon eingetragen.")})


def topics_for(actor: Actor) -> list[Topic]:
    """What the actor may have told: how the money stands is for those who may see it."""
    return [topic for topic in Topic if topic is not Topic.LOW or may_everywhere(actor, BillingP.WALLET_SEE)]


def _checked(
    actor: Actor, topics: list[str], label: str, locale: str, address: str | None
) -> tuple[dict[str, Any], Address | None]:
    """What is kept, and the address unless None is given. Raises Invalid with every fault at once."""
    known = [topic.value for topic in Topic if topic.value in topics]
    wrong, found = {}, None
    try:
        found = None if address is None else parse_address(address)
    except NoAddress as error:
        wrong["address"] = _fault(error.fault)
    if set(known) - set(topics_for(actor)):
        wrong["topics"] = _("Das Guthaben geht nur die an, die es sehen dürfen.")
    elif not known:
        wrong["topics"] = _("Wähle mindestens ein Ereignis.")
    name = " ".join(label.split()) or "Discord"
    if len(name) > 60:
        wrong["label"] = _("Höchstens 60 Zeichen.")
    elif not name.isprintable():
        wrong["label"] = _("Enthält Zeichen, die man nicht sieht.")
    if locale not in LOCALES:
        wrong["locale"] = _("Deutsch oder Englisch.")
    if wrong:
        raise Invalid(fields=wrong)
    return {"topics": known, "label": name, "locale": locale}, found
