"""The outbox: every mail the platform writes, sent or kept for the operator."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import SEALED, db, primary_key

WAITING, SENT, KEPT, FAILED = "waiting", "sent", "kept", "failed"


class Mail(db.Model):  # type: ignore[name-defined]
    """One mail. `sealed` holds subject and bodies encrypted: they carry sign-in links. Gone after 30 days."""

    __tablename__ = "core_mail"

    id: Mapped[UUID] = primary_key()
    state: Mapped[str] = mapped_column(String(12), default=WAITING)
    recipient: Mapped[str] = mapped_column(String(320))
    template: Mapped[str] = mapped_column(String(80))
    locale: Mapped[str] = mapped_column(String(8))
    sealed: Mapped[str] = mapped_column(Text, info=SEALED)
    dedupe: Mapped[str | None] = mapped_column(String(160), unique=True)
    attachments: Mapped[list[Any]] = mapped_column(default=list)  # ids of stored files
    organisation_id: Mapped[UUID | None] = mapped_column(index=True)
    person_id: Mapped[UUID | None] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
