"""What moderators look at, what they decided, and the reasons they gave."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Case(db.Model):  # type: ignore[name-defined]
    """One item of the queue: why something is to be looked at. `state`: open, resolved, withdrawn."""

    __tablename__ = "nanos_case"

    id: Mapped[UUID] = primary_key()
    state: Mapped[str] = mapped_column(String(10), default="open")
    kind: Mapped[str] = mapped_column(String(10))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    number: Mapped[int | None]
    """The revision it is about; None: whatever is public."""
    organisation_id: Mapped[UUID | None]
    """The provider."""
    open_key: Mapped[str | None] = mapped_column(String(160), unique=True)
    """Set while it is open: the same reason about the same thing is one item, however often it is reported."""
    reports: Mapped[int] = mapped_column(default=1)
    priority: Mapped[int] = mapped_column(default=0)
    hints: Mapped[int] = mapped_column(default=0)
    """Places the automatic check pointed at."""
    rank: Mapped[float | None]
    """How likely a measure is, as the classifier sees it (0 to 1); None while it is off."""
    rank_words: Mapped[list[Any]] = mapped_column(JSON, default=list)
    sort_at: Mapped[datetime]
    """Its place in the queue: when it came, moved forward by priority and rank."""
    created_at: Mapped[datetime]
    claimed_by: Mapped[UUID | None]
    claimed_until: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    about_id: Mapped[UUID | None]
    """The appeal or sample item behind it."""

    __table_args__ = (
        Index("ix_nanos_case_state_sort_at", "state", "sort_at", "id"),
        Index("ix_nanos_case_subject_id_state", "subject_id", "state"),
    )


class Decision(db.Model):  # type: ignore[name-defined]
    """What was decided about a case. `state`: in_force, reversed."""

    __tablename__ = "nanos_decision"

    id: Mapped[UUID] = primary_key()
    state: Mapped[str] = mapped_column(String(10), default="in_force")
    case_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_case.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID] = mapped_column(index=True)
    number: Mapped[int | None]
    organisation_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None] = mapped_column(index=True)
    """Who wrote what was decided about, where a person is told and no organisation; None once they are erased."""
    measure: Mapped[str] = mapped_column(String(10))
    on_provider: Mapped[str] = mapped_column(String(10), default="")
    """"", warn or suspend."""
    until: Mapped[datetime | None]
    """When a suspension ends."""
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What the measure replaced, so that an appeal can put it back."""
    answer: Mapped[str] = mapped_column(Text, default="")
    """What who gave the notice reads besides the decision itself."""
    automated_detection: Mapped[bool] = mapped_column(default=False)
    notices: Mapped[int] = mapped_column(default=0)
    text: Mapped[str] = mapped_column(Text, default="")
    """The words it was about, for training the ranking; gone after its term."""
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime]
    waited_seconds: Mapped[int] = mapped_column(default=0)
    purged_at: Mapped[datetime | None]
    """When the files of something removed were really deleted."""

    __table_args__ = (
        Index("ix_nanos_decision_organisation_id_decided_at", "organisation_id", "decided_at"),
        Index("ix_nanos_decision_decided_at", "decided_at"),
    )


class Statement(db.Model):  # type: ignore[name-defined]
    """The statement of reasons (Art. 17) of a decision that restricts something; field names are those of the database."""

    __tablename__ = "nanos_statement"

    id: Mapped[UUID] = primary_key()
    decision_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_decision.id"), unique=True)
    organisation_id: Mapped[UUID | None] = mapped_column(index=True)
    visibility: Mapped[str] = mapped_column(String(60))
    provision: Mapped[str] = mapped_column(String(60))
    end_date: Mapped[date | None]
    ground: Mapped[str] = mapped_column(String(40))
    ground_text: Mapped[str] = mapped_column(String(500))
    explanation: Mapped[str] = mapped_column(Text)
    also_illegal: Mapped[bool] = mapped_column(default=False)
    facts: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(String(80))
    specification: Mapped[list[str]] = mapped_column(JSON, default=list)
    content_type: Mapped[list[str]] = mapped_column(JSON, default=list)
    content_date: Mapped[date]
    application_date: Mapped[date]
    territorial_scope: Mapped[list[str]] = mapped_column(JSON, default=list)
    content_language: Mapped[str] = mapped_column(String(2), default="")
    source_type: Mapped[str] = mapped_column(String(40))
    automated_detection: Mapped[bool]
    automated_decision: Mapped[str] = mapped_column(String(40))
    puid: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(index=True)
