"""People: how they are called, how they prove who they are, how they like their pages."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import SEALED, db, primary_key


class Person(db.Model):  # type: ignore[name-defined]
    """Someone with an account. A row is never deleted: an erased person keeps the id and loses everything else."""

    __tablename__ = "accounts_person"

    id: Mapped[UUID] = primary_key()
    email: Mapped[str] = mapped_column(String(254), unique=True)  # as `rules.address.normal` writes it
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(5), default="de")
    timezone: Mapped[str] = mapped_column(String(64), default="Europe/Berlin")
    theme: Mapped[str] = mapped_column(String(8), default="auto")
    is_operator: Mapped[bool] = mapped_column(default=False)
    email_verified_at: Mapped[datetime | None]
    totp_secret: Mapped[str | None] = mapped_column(Text, info=SEALED)
    totp_pending: Mapped[str | None] = mapped_column(Text, info=SEALED)
    """Becomes the secret with the first right code."""
    totp_last_step: Mapped[int] = mapped_column(BigInteger, default=0)  # a step is used once
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]


class BackupCode(db.Model):  # type: ignore[name-defined]
    """A code that stands in for the second factor once; only its scrypt digest is kept."""

    __tablename__ = "accounts_backup_code"

    id: Mapped[UUID] = primary_key()
    person_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("person_id", "digest"),)
