"""Invitations: mailed, accepted once by whoever reads the mailbox, taken back, run out after a week."""

from __future__ import annotations

from datetime import timedelta
from secrets import token_urlsafe
from uuid import UUID

from flask_babel import gettext
from sqlalchemy import delete, select, update

from app.accounts.errors import LinkSpent
from app.accounts.events import InvitationRevoked, InvitationSent
from app.accounts.gateways import password as hashes
from app.accounts.models import Invitation, Membership, Organisation, Person, Session
from app.accounts.models.organisation import ACCEPTED, OPEN, REVOKED
from app.accounts.policies import P
from app.accounts.queries.invitation import Asked, find_asked
from app.accounts.rules import limits
from app.accounts.rules import membership as rules
from app.accounts.services import throttle
from app.accounts.services.organisation import add_member, role_now
from app.accounts.services.person import add_person, checked_password, clean_email, may_be_mailed
from app.accounts.services.session import Visitor
from app.accounts.services.sign_in import Entry, enter
from app.accounts.services.tied import all_tied
from app.core.api import record, send_mail
from app.kit import clock
from app.kit.authz import GUEST, Actor, require
from app.kit.db import db, lock, move, require_transaction, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.kit.formats import date_text
from app.kit.i18n import speaking
from app.kit.ids import new_id
from app.kit.links import public_link
from app.kit.secrets import fingerprint

LIFETIME = timedelta(days=7)
KEPT = timedelta(days=30)


def role_name(role: str) -> str:
    """The role as people read it."""
    return {
        "owner": gettext("Inhaber"),
        "admin": gettext("Verwaltung"),
        "member": gettext("Mitglied"),
        "guest": gettext("Gast"),
    }[role]


def invite(actor: Actor, *, email: str, role: str) -> UUID:
    """Ask an address to join. Asking again sends a new link and the old one stops working. Returns the id."""
    require(actor, P.MEMBER_INVITE)
    if role not in rules.ROLES:
        raise Invalid(fields={"role": gettext("Wähle eine der Rollen.")})
    if not rules.can_give(actor.role, role):
        raise NotAllowed(gettext("Über Inhaberinnen und Inhaber entscheiden nur sie selbst."))
    clean = clean_email(email)
    throttle.count(
        {
            limits.INVITE_ORGANISATION: str(actor.organisation_id),
            limits.INVITE_PERSON: str(actor.person_id),
            limits.MAIL_ACCOUNT: clean,
        }
    )
    assert actor.organisation_id is not None
    with transaction() as session:
        lock(Organisation, actor.organisation_id)
        if not rules.can_give(role_now(actor), role):  # taken away since the page was loaded
            raise NotAllowed
        member = session.scalar(
            select(Membership.id)
            .join(Person, Person.id == Membership.person_id)
            .where(Membership.organisation_id == actor.organisation_id, Person.email == clean)
        )
        if member is not None:
            raise Invalid(fields={"email": gettext("Diese Person gehört schon dazu.")})
        old = open_for(actor.organisation_id, clean)
        if old is not None:
            old.state, old.closed_at = REVOKED, clock.now()
            session.flush()
        made = send(actor, clean, role)
        if old is not None:
            for tied in all_tied():
                tied.replaced(old.id, made)
        return made


def open_for(organisation_id: UUID, email: str) -> Invitation | None:
    """The unanswered invitation of an address, locked; it may have run out."""
    return db.session.scalar(
        select(Invitation)
        .where(
            Invitation.organisation_id == organisation_id,
            Invitation.email == email,
            Invitation.state == OPEN,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def mail_again(actor: Actor, row: Invitation, about: str = "") -> None:
    """A new link for a locked invitation, good for another week. Joins the caller's transaction."""
    token = token_urlsafe(32)
    row.fingerprint, row.expires_at = fingerprint(token), clock.now() + LIFETIME
    record(InvitationSent(row.id, row.role), actor=actor, subject=("accounts.invitation", row.id))
    _mail(actor, row, token, about)


def send(actor: Actor, email: str, role: str, about: str = "") -> UUID:
    """Write and mail an invitation. Joins the caller's transaction."""
    token, now = token_urlsafe(32), clock.now()
    row = Invitation(
        id=new_id(),
        organisation_id=actor.organisation_id,
        email=email,
        role=role,
        fingerprint=fingerprint(token),
        invited_by=actor.person_id,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    db.session.add(row)
    db.session.flush()
    record(InvitationSent(row.id, role), actor=actor, subject=("accounts.invitation", row.id))
    _mail(actor, row, token, about)
    return row.id


def _mail(actor: Actor, row: Invitation, token: str, about: str) -> None:
    email = row.email
    known = db.session.execute(select(Person.locale, Person.timezone).where(Person.email == email)).first()
    locale, zone = (known.locale, known.timezone) if known else (actor.locale, actor.timezone)
    with speaking(locale, zone):
        until, role_text = date_text(row.expires_at), role_name(row.role)
    send_mail(
        to=email,
        template="accounts/invitation",
        locale=locale,
        timezone=zone,
        organisation_id=actor.organisation_id,
        inviter=actor.name,
        organisation=actor.organisation_name,
        role=role_text,
        until=until,
        about=about if may_be_mailed(about) else "",
        button_url=public_link("accounts.open_invitation", token=token),
    )


def revoke(actor: Actor, invitation_id: UUID) -> None:
    """Take an invitation back. Twice is fine; one that was accepted is a Conflict."""
    require(actor, P.MEMBER_INVITE)
    if actor.organisation_id is None:
        raise NotFound
    with transaction():
        lock(Organisation, actor.organisation_id)
        withdraw(actor, invitation_id)


def withdraw(actor: Actor, invitation_id: UUID, *, only_guest: bool = False) -> None:
    """The same inside the caller's transaction, which has locked the organisation. `only_guest` leaves alone who was
    asked to be more than a guest."""
    require_transaction()
    row = lock(Invitation, invitation_id)
    if row.organisation_id != actor.organisation_id:
        raise NotFound
    if row.state == REVOKED or (only_guest and row.role != GUEST):
        return
    move(Invitation, invitation_id, from_=OPEN, to=REVOKED, closed_at=clock.now())
    for tied in all_tied():
        tied.withdrawn(invitation_id, actor)
    record(InvitationRevoked(invitation_id), actor=actor, subject=("accounts.invitation", invitation_id))


def look(token: str) -> Asked:
    """What the invitation is for, without accepting it. Raises LinkSpent."""
    found = find_asked(token)
    if found is None:
        raise LinkSpent(gettext("Diese Einladung gilt nicht mehr. Bitte um eine neue."))
    return found


def accept(actor: Actor, token: str) -> UUID:
    """Join as the signed-in person, who must own the invited address. Returns the organisation's id."""
    asked = look(token)
    if actor.email != asked.email:
        raise NotAllowed(
            gettext("Diese Einladung ging an eine andere Adresse. Melde dich mit jenem Konto an.")
        )
    assert actor.person_id is not None
    with transaction() as session:
        _take(asked, actor.person_id)
        session.execute(
            update(Session)
            .where(Session.id == actor.session_id)
            .values(organisation_id=asked.organisation_id)
        )
    return asked.organisation_id


def accept_as_new(
    token: str, *, name: str, password: str, visitor: Visitor, locale: str, timezone: str
) -> Entry:
    """Make an account for the invited address, join, and sign in: who has the link reads the mailbox."""
    throttle.count({limits.LINK_NETWORK: visitor.network})
    asked = look(token)
    if asked.has_account:
        raise Conflict(gettext("Zu dieser Adresse gibt es schon ein Konto. Melde dich damit an."))
    checked_password(password, asked.email)
    hashed = hashes.hash_password(password)
    with transaction():
        person = add_person(
            email=asked.email, name=name, password_hash=hashed, locale=locale, timezone=timezone
        )
        _take(asked, person.id)
        return enter(person.id, method="invitation", visitor=visitor, organisation_id=asked.organisation_id)


def tidy() -> None:
    """Drop invitations a month after their time."""
    with transaction() as session:
        session.execute(delete(Invitation).where(Invitation.expires_at < clock.now() - KEPT))


def _take(asked: Asked, person_id: UUID) -> None:
    """Of several who try, one gets it. Raises Conflict for the others, and when it was taken back meanwhile."""
    lock(Organisation, asked.organisation_id)
    row = lock(Invitation, asked.id)
    if row.expires_at <= clock.now():
        raise LinkSpent(gettext("Diese Einladung gilt nicht mehr. Bitte um eine neue."))
    move(Invitation, asked.id, from_=OPEN, to=ACCEPTED, closed_at=clock.now())
    add_member(asked.organisation_id, person_id, row.role, actor=Actor(person_id=person_id))
    for tied in all_tied():
        tied.accepted(asked.id, person_id)
