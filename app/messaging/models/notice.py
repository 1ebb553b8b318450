"""Notices: something a person should know."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Notice(db.Model):  # type: ignore[name-defined]
    """One notice for one person. `data` holds ids and values; the words are made when it is read."""

    __tablename__ = "messaging_notice"

    id: Mapped[UUID] = primary_key()
    person_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_person.id"))
    organisation_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(String(80))
    data: Mapped[dict[str, Any]]
    link: Mapped[str] = mapped_column(String(300), default="")
    subject_type: Mapped[str | None] = mapped_column(String(40))
    subject_id: Mapped[UUID | None]
    dedupe: Mapped[str] = mapped_column(String(160))
    created_at: Mapped[datetime] = mapped_column(index=True)
    read_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("person_id", "dedupe"),
        Index("ix_messaging_notice_person_read", "person_id", "read_at"),
    )
