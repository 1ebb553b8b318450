"""Invitations as pages show them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.accounts.models import Invitation, Organisation, Person
from app.accounts.models.organisation import OPEN
from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.secrets import fingerprint


@dataclass(frozen=True)
class Asked:
    """An open invitation as the invited person sees it."""

    id: UUID
    email: str
    role: str
    organisation_id: UUID
    organisation: str
    inviter: str
    has_account: bool


@dataclass(frozen=True)
class OpenInvitation:
    """An open invitation in the organisation's list; `over` when it ran out unanswered."""

    id: UUID
    email: str
    role: str
    inviter: str
    created_at: datetime
    expires_at: datetime

    @property
    def over(self) -> bool:
        return self.expires_at <= clock.now()


def find_asked(token: str) -> Asked | None:
    """The living invitation behind a link."""
    row = db.session.execute(
        select(
            Invitation.id,
            Invitation.email,
            Invitation.role,
            Invitation.organisation_id,
            Organisation.name,
            Person.name,
        )
        .join(Organisation, Organisation.id == Invitation.organisation_id)
        .join(Person, Person.id == Invitation.invited_by)
        .where(
            Invitation.fingerprint == fingerprint(token),
            Invitation.state == OPEN,
            Invitation.expires_at > clock.now(),
        )
    ).first()
    if row is None:
        return None
    known = db.session.scalar(select(Person.id).where(Person.email == row[1]))
    return Asked(*row, has_account=known is not None)


def invitations_named(ids: Collection[UUID]) -> dict[UUID, OpenInvitation]:
    """The open ones among these, by id. The caller has checked the actor."""
    if not ids:
        return {}
    rows = db.session.execute(_OPEN.where(Invitation.id.in_(ids), Invitation.state == OPEN))
    return {row[0]: OpenInvitation(*row) for row in rows}


_OPEN = select(
    Invitation.id,
    Invitation.email,
    Invitation.role,
    Person.name,
    Invitation.created_at,
    Invitation.expires_at,
).join(Person, Person.id == Invitation.invited_by)


def open_invitations(actor: Actor) -> list[OpenInvitation]:
    """The organisation's unanswered invitations, newest first."""
    rows = db.session.execute(
        _OPEN.where(Invitation.organisation_id == actor.organisation_id, Invitation.state == OPEN).order_by(
            Invitation.created_at.desc(), Invitation.id.desc()
        )
    )
    return [OpenInvitation(*row) for row in rows]
