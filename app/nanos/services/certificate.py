"""Certificates: numbered at once, drawn by a job, shown as far as the holder wants, revoked for ever."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.accounts.api import get_person, organisation_names
from app.core.api import delete_file, record
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, lock, move, require_transaction, transaction
from app.kit.errors import Invalid, NotFound
from app.kit.ids import new_id
from app.messaging.api import notify
from app.nanos.events import CertificateIssued, CertificateRevoked
from app.nanos.models import Certificate, Nano, Revision, Use
from app.nanos.notices_learning import CERTIFIED
from app.nanos.policies import P
from app.nanos.rules.credential import ALPHABET, LETTERS, Shows, normal_number
from app.nanos.services.badge_key import next_position
from app.nanos.services.nano import subject
from app.nanos.tasks import make_certificate


def issue(actor: Actor, use: Use, at: datetime) -> UUID:
    """A certificate of this completion, with what the nano says now. Joins the caller's transaction."""
    require_transaction()
    found = db.session.execute(
        select(Revision, Nano.organisation_id)
        .join(Nano, Nano.id == Revision.nano_id)
        .where(Revision.nano_id == use.nano_id, Revision.number == use.revision)
    ).one()
    said, provider_id = found[0], found[1]
    person = get_person(use.person_id)
    key_id, position = next_position()
    row = Certificate(
        id=new_id(), number=_number(), person_id=use.person_id, organisation_id=use.organisation_id, nano_id=use.nano_id,
        state="valid", why="", holder=person.name if person else "", shows=Shows.INITIALS.value, salt=secrets.token_hex(16),
        title=said.title, outcome=said.outcome, description=said.description, language=said.language or "de",
        provider=organisation_names([provider_id]).get(provider_id, "–"), minutes=said.minutes or 1,
        revision=said.number, score=use.score, completed_at=at, key_id=key_id, position=position,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    record(
        CertificateIssued(row.id),
        actor=actor,
        organisation_id=row.organisation_id,
        subject=subject(use.nano_id),
    )
    notify(
        CERTIFIED, dedupe=f"{CERTIFIED}:{row.id}", person_ids=[use.person_id], organisation_id=row.organisation_id,
        subject=subject(use.nano_id), data={"nano_id": str(use.nano_id)}, link=f"/nanos/certificates/{row.id}",
    )  # fmt: skip
    _order(actor, row)
    return row.id


def _number() -> str:
    return normal_number("".join(secrets.choice(ALPHABET) for _ in range(LETTERS)))


def _order(actor: Actor, row: Certificate) -> UUID:
    return make_certificate.later(
        actor=actor, organisation_id=row.organisation_id, subject=subject(row.nano_id),
        dedupe=f"nanos.certificate:{row.id}", certificate_id=str(row.id),
    )  # fmt: skip


def _mine(actor: Actor, certificate_id: UUID) -> Certificate:
    row = lock(Certificate, certificate_id)
    if actor.person_id is None or row.person_id != actor.person_id:
        raise NotFound
    return row


def order_paper(actor: Actor, certificate_id: UUID) -> UUID:
    """Have the PDF drawn again. Returns the job. Raises NotFound."""
    require(actor, P.nano_read)
    with transaction():
        row = _mine(actor, certificate_id)
        if row.state != "valid":
            raise NotFound
        return _order(actor, row)


def show_as(actor: Actor, certificate_id: UUID, shows: str) -> None:
    """What the public page tells of the holder's name. Raises NotFound, Invalid."""
    require(actor, P.nano_read)
    if shows not in set(Shows):
        raise Invalid(fields={"shows": ""})
    with transaction():
        _mine(actor, certificate_id).shows = shows


def revoke_own(actor: Actor, certificate_id: UUID) -> None:
    """For ever, by its holder. That they were through the nano stays. Raises NotFound, Conflict (it is revoked)."""
    require(actor, P.nano_read)
    with transaction():
        revoke(actor, _mine(actor, certificate_id), "holder")


def revoke(actor: Actor, row: Certificate, why: str) -> None:
    """Joins the caller's transaction. Raises Conflict where it is revoked already."""
    require_transaction()
    file_id, organisation_id, nano_id = row.file_id, row.organisation_id, row.nano_id
    move(
        Certificate, row.id, from_="valid", to="revoked", why=why, revoked_at=clock.now(), shows=Shows.NOTHING.value,
        file_id=None,
    )  # fmt: skip
    if file_id is not None:
        delete_file(file_id)
    record(
        CertificateRevoked(row.id, why),
        actor=actor,
        organisation_id=organisation_id,
        subject=subject(nano_id),
    )
