"""Erasing an account: asked for with proof, done after two weeks, called off at any time before."""

from __future__ import annotations

from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.accounts.api import confirm_password, get_person
from app.core.api import contributors, record, send_mail
from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict, NotAllowed
from app.kit.i18n import speaking
from app.kit.ids import new_id
from app.kit.links import public_link
from app.privacy.errors import Blocked
from app.privacy.events import ErasureCalledOff, ErasureScheduled
from app.privacy.models import Erasure
from app.privacy.models.request import CALLED_OFF, DONE, SCHEDULED
from app.privacy.queries.request import blockers
from app.privacy.rules.limits import due_at

log = structlog.get_logger(__name__)


def schedule_erasure(actor: Actor, *, password: str) -> None:
    """Ask to be erased in two weeks; a mail says so. Raises Invalid (wrong password), Blocked, Conflict (asked before)."""
    if actor.person_id is None or actor.token_scopes is not None:
        raise NotAllowed
    confirm_password(actor, password, "password")
    reasons = blockers(actor.person_id)
    if reasons:
        raise Blocked(reasons)
    now = clock.now()
    with transaction() as session:
        try:
            with session.begin_nested():
                session.add(
                    Erasure(
                        id=new_id(),
                        person_id=actor.person_id,
                        state=SCHEDULED,
                        asked_at=now,
                        due_at=due_at(now),
                    )
                )
        except IntegrityError:
            raise Conflict from None
        record(
            ErasureScheduled(actor.person_id, due_at(now).isoformat()), actor=Actor(person_id=actor.person_id),
            subject=("accounts.person", actor.person_id),
        )  # fmt: skip
        send_mail(
            to=actor.email, template="privacy/scheduled", locale=actor.locale, timezone=actor.timezone,
            person_id=actor.person_id, due_at=due_at(now), button_url=public_link("privacy.own_data"),
        )  # fmt: skip


def call_off_erasure(actor: Actor) -> bool:
    """Stay after all. False when nothing was scheduled."""
    with transaction() as session:
        row = session.scalar(
            select(Erasure)
            .where(Erasure.person_id == actor.person_id, Erasure.state == SCHEDULED)
            .with_for_update()
        )
        if row is None:
            return False
        row.state, row.ended_at = CALLED_OFF, clock.now()
        record(
            ErasureCalledOff(row.person_id), actor=Actor(person_id=row.person_id),
            subject=("accounts.person", row.person_id),
        )  # fmt: skip
        return True


def erase_due() -> int:
    """Erase everybody whose two weeks are over. One who cannot be erased hinders nobody. Returns how many were erased."""
    due = db.session.scalars(
        select(Erasure.id).where(Erasure.state == SCHEDULED, Erasure.due_at <= clock.now())
    ).all()
    count = 0
    for erasure_id in due:
        try:
            count += _erase(erasure_id)
        except Exception:
            db.session.rollback()
            log.exception("erasure_failed", erasure=str(erasure_id))
    return count


def _erase(erasure_id: UUID) -> bool:
    with transaction():
        row = lock(Erasure, erasure_id)
        person = get_person(row.person_id)
        if row.state != SCHEDULED or person is None:
            return False
        with speaking(person.locale, person.timezone):
            reasons = blockers(row.person_id)
        if reasons:
            send_mail(
                to=person.email, template="privacy/blocked", locale=person.locale, timezone=person.timezone,
                person_id=person.id, reasons=reasons, dedupe=f"erasure-blocked:{row.id}",
                button_url=public_link("privacy.own_data"),
            )  # fmt: skip
            return False
        for one in contributors():
            if one.erase is not None:
                one.erase(row.person_id)
        row.state, row.ended_at = DONE, clock.now()
        send_mail(to=person.email, template="privacy/erased", locale=person.locale, timezone=person.timezone)
    log.info("person_erased", person=str(row.person_id))
    return True
