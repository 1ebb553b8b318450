"""Organisations, who belongs to them, and who was asked to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key

OPEN, ACCEPTED, REVOKED = "open", "accepted", "revoked"


class Organisation(db.Model):  # type: ignore[name-defined]
    """The tenant: servers, money and people belong to one."""

    __tablename__ = "accounts_organisation"

    id: Mapped[UUID] = primary_key()
    name: Mapped[str] = mapped_column(String(120))
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    created_at: Mapped[datetime]


class Membership(db.Model):  # type: ignore[name-defined]
    """A person in an organisation, with the role owner, admin or member."""

    __tablename__ = "accounts_membership"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_organisation.id", ondelete="CASCADE"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("organisation_id", "person_id"),)


class Invitation(db.Model):  # type: ignore[name-defined]
    """An address was asked to join. It can be accepted once, taken back, and runs out; one open per address."""

    __tablename__ = "accounts_invitation"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_organisation.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(8))
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by: Mapped[UUID] = mapped_column(ForeignKey("accounts_person.id"), index=True)
    state: Mapped[str] = mapped_column(String(8), default=OPEN)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_accounts_invitation_open",
            "organisation_id",
            "email",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )
