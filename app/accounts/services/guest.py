"""Guests: people of other houses who are let in to see one thing. Whoever shares it (a server) asks here for the person.

Everything joins the transaction of whoever shares, so that nobody is invited to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask_babel import gettext
from sqlalchemy import select

from app.accounts.models import Invitation, Membership, Organisation, Person
from app.accounts.models.organisation import OPEN
from app.accounts.policies import P
from app.accounts.rules import limits
from app.accounts.rules import membership as rules
from app.accounts.services import throttle
from app.accounts.services.invitation import mail_again, open_for, send
from app.accounts.services.organisation import role_now
from app.accounts.services.person import clean_email
from app.kit import clock
from app.kit.authz import GUEST, Actor, require
from app.kit.db import db, lock, require_transaction, transaction
from app.kit.errors import Conflict, NotAllowed, NotFound


@dataclass(frozen=True)
class Place:
    """Where an address stands with an organisation: a member's, or invited and not answered yet."""

    person_id: UUID | None
    role: str
    invitation_id: UUID | None = None
    mailed: bool = False


def count_guest(actor: Actor, email: str) -> str:
    """Count one more invitation before `invite_guest`, which is inside a transaction. Returns the address as it is
    stored. Who belongs to the organisation already gets no mail and is not counted. Raises Invalid, TooMany.
    """
    require(actor, P.MEMBER_INVITE)
    clean = clean_email(email)
    if _place_of(actor.organisation_id, clean) is None:
        throttle.count(
            {
                limits.INVITE_ORGANISATION: str(actor.organisation_id),
                limits.INVITE_PERSON: str(actor.person_id),
                limits.MAIL_ACCOUNT: clean,
            }
        )
    return clean


def _place_of(organisation_id: UUID | None, email: str) -> Place | None:
    row = db.session.execute(
        select(Person.id, Membership.role)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.organisation_id == organisation_id, Person.email == email)
    ).first()
    return Place(row.id, row.role) if row else None


def invite_guest(actor: Actor, email: str, *, about: str = "") -> Place:
    """The member with this address, or their invitation as a guest: a living one stays as it is, whatever its role.

    `about` names for the mail what is shared. Joins the caller's transaction; `count_guest` has been asked before. The
    organisation is locked from now on.
    """
    require_transaction()
    require(actor, P.MEMBER_INVITE)
    assert actor.organisation_id is not None
    lock(Organisation, actor.organisation_id)
    if not rules.can_give(role_now(actor), GUEST):
        raise NotAllowed
    found = _place_of(actor.organisation_id, email)
    if found is not None:
        return found
    row = open_for(actor.organisation_id, email)
    if row is None:
        return Place(None, GUEST, send(actor, email, GUEST, about), mailed=True)
    if row.expires_at <= clock.now():
        mail_again(actor, row, about)
        return Place(None, row.role, row.id, mailed=True)
    return Place(None, row.role, row.id)


def send_again(actor: Actor, invitation_id: UUID, *, about: str = "") -> None:
    """A new link for the same invitation; the old one stops working. Raises Conflict for one that was answered."""
    require(actor, P.MEMBER_INVITE)
    row = db.session.get(Invitation, invitation_id, populate_existing=True)
    if row is None or row.organisation_id != actor.organisation_id:
        raise NotFound
    count_guest(actor, row.email)
    with transaction():
        lock(Organisation, row.organisation_id)
        row = lock(Invitation, invitation_id)
        if not rules.can_give(role_now(actor), row.role):
            raise NotAllowed
        if row.state != OPEN:
            raise Conflict(gettext("Diese Einladung ist schon beantwortet."))
        mail_again(actor, row, about)
