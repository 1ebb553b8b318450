"""What happened in accounts. Ids and values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.events import Fact


@dataclass(frozen=True)
class PersonRegistered(Fact):
    name: ClassVar[str] = "accounts.person.registered"
    person_id: UUID


@dataclass(frozen=True)
class PersonSignedIn(Fact):
    name: ClassVar[str] = "accounts.person.signed_in"
    person_id: UUID
    method: str


@dataclass(frozen=True)
class PersonErased(Fact):
    name: ClassVar[str] = "accounts.person.erased"
    person_id: UUID


@dataclass(frozen=True)
class SessionEnded(Fact):
    name: ClassVar[str] = "accounts.session.ended"
    person_id: UUID
    count: int = 1


@dataclass(frozen=True)
class PasswordChanged(Fact):
    name: ClassVar[str] = "accounts.password.changed"
    person_id: UUID


@dataclass(frozen=True)
class EmailChanged(Fact):
    name: ClassVar[str] = "accounts.email.changed"
    person_id: UUID


@dataclass(frozen=True)
class ProfileChanged(Fact):
    name: ClassVar[str] = "accounts.profile.changed"
    person_id: UUID


@dataclass(frozen=True)
class TotpEnabled(Fact):
    name: ClassVar[str] = "accounts.person.totp_enabled"
    person_id: UUID


@dataclass(frozen=True)
class TotpDisabled(Fact):
    name: ClassVar[str] = "accounts.person.totp_disabled"
    person_id: UUID


@dataclass(frozen=True)
class BackupCodeUsed(Fact):
    name: ClassVar[str] = "accounts.person.backup_code_used"
    person_id: UUID


@dataclass(frozen=True)
class BackupCodesMade(Fact):
    name: ClassVar[str] = "accounts.person.backup_codes_made"
    person_id: UUID


@dataclass(frozen=True)
class OrganisationCreated(Fact):
    name: ClassVar[str] = "accounts.organisation.created"
    organisation_id: UUID


@dataclass(frozen=True)
class OrganisationRenamed(Fact):
    name: ClassVar[str] = "accounts.organisation.renamed"
    organisation_id: UUID


@dataclass(frozen=True)
class MemberJoined(Fact):
    name: ClassVar[str] = "accounts.membership.joined"
    person_id: UUID
    role: str


@dataclass(frozen=True)
class MemberRoleChanged(Fact):
    name: ClassVar[str] = "accounts.membership.role_changed"
    person_id: UUID
    role: str


@dataclass(frozen=True)
class MemberLeft(Fact):
    name: ClassVar[str] = "accounts.membership.left"
    person_id: UUID


@dataclass(frozen=True)
class MemberRemoved(Fact):
    name: ClassVar[str] = "accounts.membership.removed"
    person_id: UUID


@dataclass(frozen=True)
class InvitationSent(Fact):
    name: ClassVar[str] = "accounts.invitation.sent"
    invitation_id: UUID
    role: str


@dataclass(frozen=True)
class InvitationRevoked(Fact):
    name: ClassVar[str] = "accounts.invitation.revoked"
    invitation_id: UUID


@dataclass(frozen=True)
class TokenCreated(Fact):
    name: ClassVar[str] = "accounts.token.created"
    token_id: UUID


@dataclass(frozen=True)
class TokenRevoked(Fact):
    name: ClassVar[str] = "accounts.token.revoked"
    token_id: UUID
