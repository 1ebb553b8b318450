"""Certificates: that somebody was through a nano, as it was then; and the keys that sign them as Open Badges."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import SEALED, db, primary_key


class Certificate(db.Model):  # type: ignore[name-defined]
    """One completion. What it says stays as it was: a later revision or another name changes nothing in it."""

    __tablename__ = "nanos_certificate"

    id: Mapped[UUID] = primary_key()
    number: Mapped[str] = mapped_column(String(14), unique=True)
    """Drawn at random: who knows one knows no other."""
    person_id: Mapped[UUID | None]
    organisation_id: Mapped[UUID]
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"))
    state: Mapped[str] = mapped_column(String(8))
    """valid, revoked."""
    why: Mapped[str] = mapped_column(String(10), default="")
    """Why it is revoked: holder, withdrawn (the completion was taken back), erased."""
    holder: Mapped[str] = mapped_column(String(200))
    """The person's name at that moment; empty once they are erased."""
    shows: Mapped[str] = mapped_column(String(8), default="initials")
    """What the public page tells of the name: initials, name, nothing."""
    salt: Mapped[str] = mapped_column(String(32))
    """For the hash of the address that stands in the credential."""
    title: Mapped[str] = mapped_column(String(120))
    outcome: Mapped[str] = mapped_column(String(300))
    description: Mapped[str] = mapped_column(Text)
    provider: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(20))
    minutes: Mapped[int]
    revision: Mapped[int]
    score: Mapped[int | None]
    completed_at: Mapped[datetime]
    key_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_badge_key.id"))
    position: Mapped[int]
    """Its bit in the status list of the key it was numbered under."""
    file_id: Mapped[UUID | None]
    """The PDF, once it is made."""
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("key_id", "position"),
        Index("ix_nanos_certificate_person_id_completed_at", "person_id", "completed_at"),
        Index("ix_nanos_certificate_organisation_id", "organisation_id"),
    )


class BadgeKey(db.Model):  # type: ignore[name-defined]
    """A signing key (Ed25519). The newest active one signs, all active ones verify. `state`: active, revoked."""

    __tablename__ = "nanos_badge_key"

    id: Mapped[UUID] = primary_key()
    serial: Mapped[int] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(String(8))
    private: Mapped[str] = mapped_column(Text, info=SEALED)
    public: Mapped[str] = mapped_column(String(64))
    """The `x` of the public JWK."""
    issued: Mapped[int] = mapped_column(default=0)
    """How many certificates were numbered under it."""
    created_at: Mapped[datetime]
