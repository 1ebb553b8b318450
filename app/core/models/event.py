"""The event log: audit trail and outbox in one append-only table."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db


class Event(db.Model):  # type: ignore[name-defined]
    """Something that happened: who, where, to what, before and after. Ids and values, no personal text."""

    __tablename__ = "core_event"

    seq: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(80), index=True)
    at: Mapped[datetime]
    organisation_id: Mapped[UUID | None]
    actor_id: Mapped[UUID | None] = mapped_column(index=True)
    token_id: Mapped[UUID | None]
    request_id: Mapped[str | None] = mapped_column(String(40))
    job_id: Mapped[UUID | None]
    subject_type: Mapped[str | None] = mapped_column(String(40))
    subject_id: Mapped[UUID | None]
    data: Mapped[dict[str, Any]]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]

    __table_args__ = (
        Index("ix_core_event_organisation_seq", "organisation_id", "seq"),
        Index("ix_core_event_subject_seq", "subject_id", "seq"),
    )
