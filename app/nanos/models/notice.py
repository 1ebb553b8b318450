"""Notices of people who say that something is illegal (Art. 16), and appeals against decisions (Art. 20)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import SEALED, db, primary_key


class Notice(db.Model):  # type: ignore[name-defined]
    """What somebody sent, with or without an account. Name, address and text are forgotten after their term."""

    __tablename__ = "nanos_notice"

    id: Mapped[UUID] = primary_key()
    number: Mapped[str] = mapped_column(String(20), unique=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """Of the secret in the link to its page."""
    sealed: Mapped[str] = mapped_column(Text, info=SEALED)
    """The secret itself, sealed: mails sent later lead to the same page."""
    category: Mapped[str] = mapped_column(String(80))
    explanation: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(320), index=True)
    good_faith: Mapped[bool]
    trusted: Mapped[bool] = mapped_column(default=False)
    person_id: Mapped[UUID | None] = mapped_column(index=True)
    locale: Mapped[str] = mapped_column(String(2))
    created_at: Mapped[datetime] = mapped_column(index=True)
    decided_at: Mapped[datetime | None]
    """When the last of its items was."""
    forgotten_at: Mapped[datetime | None]


class NoticeItem(db.Model):  # type: ignore[name-defined]
    """One address of a notice, and the case it is looked at in. Several notices with the same reason share a case."""

    __tablename__ = "nanos_notice_item"

    id: Mapped[UUID] = primary_key()
    notice_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_notice.id", ondelete="CASCADE"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_case.id"), index=True)
    url: Mapped[str] = mapped_column(String(500))

    __table_args__ = (UniqueConstraint("notice_id", "case_id"),)


class Appeal(db.Model):  # type: ignore[name-defined]
    """A complaint against a decision. `side`: provider or notifier. `state`: open, upheld, reversed (the decision)."""

    __tablename__ = "nanos_appeal"

    id: Mapped[UUID] = primary_key()
    state: Mapped[str] = mapped_column(String(10), default="open")
    decision_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_decision.id"), index=True)
    side: Mapped[str] = mapped_column(String(10))
    made_key: Mapped[str] = mapped_column(String(120), unique=True)
    """The decision, and who complains: each side once."""
    notice_id: Mapped[UUID | None] = mapped_column(ForeignKey("nanos_notice.id", ondelete="SET NULL"))
    organisation_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None] = mapped_column(index=True)
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    reasons: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
