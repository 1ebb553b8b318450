"""Organisations and their members."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.accounts.errors import LastOwner
from app.accounts.events import (
    InvitationRevoked,
    MemberJoined,
    MemberLeft,
    MemberRemoved,
    MemberRoleChanged,
    OrganisationCreated,
    OrganisationRenamed,
)
from app.accounts.models import Invitation, Membership, Organisation, Session, Token
from app.accounts.models.organisation import OPEN, REVOKED
from app.accounts.policies import P
from app.accounts.rules import membership as rules
from app.accounts.rules.slug import slug_of
from app.accounts.services.person import clean_name
from app.accounts.services.tied import all_tied
from app.core.api import claim_once, record
from app.kit import clock
from app.kit.authz import GUEST, SYSTEM, Actor, require
from app.kit.db import db, lock, require_transaction, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.kit.ids import new_id


def add_organisation(*, name: str, owner_id: UUID, slug: str | None = None) -> Organisation:
    """Write an organisation with its first owner. Joins the caller's transaction."""
    require_transaction()
    organisation_id, clean = new_id(), clean_name(name)
    wanted = slug or slug_of(clean)
    for short in (wanted, f"{wanted}-{organisation_id.hex[-8:]}"):
        row = Organisation(id=organisation_id, name=clean, slug=short, created_at=clock.now())
        try:
            with db.session.begin_nested():
                db.session.add(row)
        except IntegrityError:
            continue  # another organisation has the short name; the tail of the id makes ours unique
        break
    else:
        raise Conflict
    record(
        OrganisationCreated(row.id),
        actor=Actor(person_id=owner_id),
        organisation_id=row.id,
        subject=("accounts.organisation", row.id),
    )
    add_member(row.id, owner_id, "owner", actor=Actor(person_id=owner_id))
    return row


def add_member(organisation_id: UUID, person_id: UUID, role: str, *, actor: Actor = SYSTEM) -> None:
    """Write a membership. Joins the caller's transaction. Conflict when the person already belongs to it."""
    require_transaction()
    if role not in rules.ROLES:
        raise Invalid(fields={"role": gettext("Wähle eine der Rollen.")})
    row = Membership(
        id=new_id(), organisation_id=organisation_id, person_id=person_id, role=role, created_at=clock.now()
    )
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        raise Conflict(gettext("Diese Person gehört schon dazu.")) from None
    record(
        MemberJoined(person_id, role),
        actor=actor,
        organisation_id=organisation_id,
        subject=("accounts.person", person_id),
    )


def create_organisation(actor: Actor, *, name: str, once: str = "") -> UUID:
    """A new organisation owned by the actor, who works in it from now on. Returns the id."""
    assert actor.person_id is not None
    with transaction() as session:
        if once and not claim_once(f"accounts.organisation:{actor.person_id}:{once[:60]}"):
            raise Conflict(gettext("Diese Organisation wurde schon angelegt."))
        row = add_organisation(name=name, owner_id=actor.person_id)
        if actor.session_id is not None:
            here = session.get(Session, actor.session_id)
            if here is not None:
                here.organisation_id = row.id
        return row.id


def found_organisation(*, name: str, owner_id: UUID, slug: str | None = None) -> UUID:
    """An organisation made by the platform itself: demo data and tests. Returns the id."""
    with transaction():
        return add_organisation(name=name, owner_id=owner_id, slug=slug).id


def join(organisation_id: UUID, person_id: UUID, role: str) -> None:
    """A membership made by the platform itself: demo data and tests."""
    with transaction():
        add_member(organisation_id, person_id, role)


def rename_organisation(actor: Actor, *, name: str) -> None:
    """Another name for the actor's organisation; its short name stays, addresses may hold it."""
    require(actor, P.ORGANISATION_EDIT)
    assert actor.organisation_id is not None
    with transaction():
        row = lock(Organisation, actor.organisation_id)
        row.name = clean_name(name)
        record(OrganisationRenamed(row.id), actor=actor, subject=("accounts.organisation", row.id))


def _locked_member(organisation_id: UUID | None, person_id: UUID) -> Membership:
    """The membership, behind a lock on the whole organisation: who counts owners must count alone. NotFound."""
    if organisation_id is None:
        raise NotFound
    lock(Organisation, organisation_id)
    row = db.session.scalar(
        select(Membership)
        .where(Membership.organisation_id == organisation_id, Membership.person_id == person_id)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    return row


def role_now(actor: Actor) -> str | None:
    """The actor's role at this moment, not as it was when the page was loaded."""
    return db.session.scalar(
        select(Membership.role)
        .where(Membership.organisation_id == actor.organisation_id, Membership.person_id == actor.person_id)
        .execution_options(populate_existing=True)
    )


def _keep_an_owner(row: Membership, wanted: str | None) -> None:
    owners = db.session.scalar(
        select(func.count()).where(
            Membership.organisation_id == row.organisation_id, Membership.role == "owner"
        )
    )
    if rules.leaves_no_owner(row.role, wanted, owners or 0):
        raise LastOwner(
            gettext("Die Organisation braucht eine Inhaberin oder einen Inhaber. Gib die Rolle erst weiter.")
        )


def change_role(actor: Actor, person_id: UUID, *, role: str) -> None:
    """Give a member another role. Asking for the present role changes nothing."""
    require(actor, P.MEMBER_CHANGE)
    if role not in rules.ROLES:
        raise Invalid(fields={"role": gettext("Wähle eine der Rollen.")})
    with transaction():
        row = _locked_member(actor.organisation_id, person_id)
        if not rules.can_change(role_now(actor), row.role, role):
            raise NotAllowed(gettext("Über Inhaberinnen und Inhaber entscheiden nur sie selbst."))
        if row.role == role:
            return
        _keep_an_owner(row, role)
        before, row.role = row.role, role
        _withdraw_invitations(actor, row, role)
        if role == GUEST:
            _end_tokens(row)
        record(
            MemberRoleChanged(person_id, role),
            actor=actor,
            subject=("accounts.person", person_id),
            before={"role": before},
            after={"role": role},
        )


def remove_member(actor: Actor, person_id: UUID) -> None:
    """Put somebody out of the actor's organisation; their tokens for it end, their account stays."""
    require(actor, P.MEMBER_CHANGE)
    with transaction():
        row = _locked_member(actor.organisation_id, person_id)
        if not rules.can_remove(role_now(actor), row.role):
            raise NotAllowed(gettext("Über Inhaberinnen und Inhaber entscheiden nur sie selbst."))
        _keep_an_owner(row, None)
        _withdraw_invitations(actor, row, None)
        _end_membership(row, actor)
        record(
            MemberRemoved(person_id),
            actor=actor,
            subject=("accounts.person", person_id),
            before={"role": row.role},
        )


def leave(actor: Actor) -> None:
    """Leave the organisation one works in. LastOwner when nobody would own it any more."""
    assert actor.person_id is not None
    with transaction():
        row = _locked_member(actor.organisation_id, actor.person_id)
        _keep_an_owner(row, None)
        _end_membership(row, actor)
        record(
            MemberLeft(row.person_id),
            actor=actor,
            subject=("accounts.person", row.person_id),
            before={"role": row.role},
        )


def _withdraw_invitations(actor: Actor, row: Membership, role: str | None) -> None:
    """Take back what a member has asked others to and with the new role (None: put out) could not ask any more.

    Otherwise whoever is put out comes back by an invitation to a second address of theirs.
    """
    asked = select(Invitation).where(
        Invitation.organisation_id == row.organisation_id,
        Invitation.invited_by == row.person_id,
        Invitation.state == OPEN,
    )
    for one in db.session.scalars(asked.with_for_update()):
        if rules.can_give(role, one.role):
            continue
        one.state, one.closed_at = REVOKED, clock.now()
        for tied in all_tied():
            tied.withdrawn(one.id, actor)
        record(InvitationRevoked(one.id), actor=actor, subject=("accounts.invitation", one.id))


def end_guest(actor: Actor, organisation_id: UUID, person_id: UUID) -> bool:
    """Put somebody out who is there as a guest and has nothing left to see. Joins the caller's transaction.

    Returns whether there was such a guest. Whoever asks has checked the actor: it is the end of what was shared.
    """
    require_transaction()
    lock(Organisation, organisation_id)
    row = db.session.scalar(
        select(Membership).where(
            Membership.organisation_id == organisation_id,
            Membership.person_id == person_id,
            Membership.role == GUEST,
        )
    )
    if row is None:
        return False
    _end_membership(row, actor)
    record(
        MemberRemoved(person_id), actor=actor, organisation_id=organisation_id,
        subject=("accounts.person", person_id), before={"role": GUEST},
    )  # fmt: skip
    return True


def lock_members(organisation_id: UUID) -> None:
    """Nobody joins, leaves or changes roles until the caller's transaction ends."""
    lock(Organisation, organisation_id)


def _end_membership(row: Membership, actor: Actor) -> None:
    for tied in all_tied():
        tied.gone(row.organisation_id, row.person_id, actor)
    _end_tokens(row)
    db.session.delete(row)


def _end_tokens(row: Membership) -> None:
    for token in db.session.scalars(
        select(Token).where(
            Token.organisation_id == row.organisation_id,
            Token.person_id == row.person_id,
            Token.revoked_at.is_(None),
        )
    ):
        token.revoked_at = clock.now()
