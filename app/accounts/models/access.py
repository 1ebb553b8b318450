"""What lets somebody in: sessions, mailed links, API tokens; and the count of tries. Secrets are kept as digests."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Session(db.Model):  # type: ignore[name-defined]
    """A signed-in browser. Deleting the row ends it; the cookie holds the token, the row its digest."""

    __tablename__ = "accounts_session"

    id: Mapped[UUID] = primary_key()
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("accounts_organisation.id", ondelete="SET NULL"), index=True
    )
    method: Mapped[str] = mapped_column(String(12))  # password, link, signup, reset, invitation
    device: Mapped[str] = mapped_column(String(80))  # "Firefox, Linux", never the whole user agent
    network: Mapped[str] = mapped_column(String(45))  # address with its last part cut off
    lasting: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Link(db.Model):  # type: ignore[name-defined]
    """A token sent by mail; it works once and runs out. `data` is what it will do (a sign-up, a new address)."""

    __tablename__ = "accounts_link"

    id: Mapped[UUID] = primary_key()
    kind: Mapped[str] = mapped_column(String(12))  # signup, magic, reset, email
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("accounts_person.id", ondelete="CASCADE"), index=True
    )
    email: Mapped[str] = mapped_column(String(254))
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class Token(db.Model):  # type: ignore[name-defined]
    """An API token of a person for one organisation. It never may more than that person's role there."""

    __tablename__ = "accounts_token"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID] = mapped_column(
        ForeignKey("accounts_organisation.id", ondelete="CASCADE"), index=True
    )
    person_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    prefix: Mapped[str] = mapped_column(String(16))  # the beginning, to recognise it
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Throttle(db.Model):  # type: ignore[name-defined]
    """Tries counted here while Redis is gone. The key is a digest: no address is kept."""

    __tablename__ = "accounts_throttle"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int]
    until: Mapped[datetime] = mapped_column(index=True)
