"""Assignments: what an organisation wants its people to learn, and each person's part in it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Assignment(db.Model):  # type: ignore[name-defined]
    """A nano that people of an organisation are to work through. `state`: active, ended."""

    __tablename__ = "nanos_assignment"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID]
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"))
    created_by: Mapped[UUID | None]
    once: Mapped[str] = mapped_column(String(36))
    """The form it came with: sent twice, it is one assignment."""
    state: Mapped[str] = mapped_column(String(8))
    note: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date]
    """The last day on which the first round is in time."""
    renews: Mapped[bool]
    """Each year again."""
    counts_before: Mapped[bool]
    """Who was through it before it was assigned need not do it again."""
    everyone: Mapped[bool]
    """All of the organisation, also who joins later."""
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("organisation_id", "once"),
        Index("ix_nanos_assignment_organisation_id_state", "organisation_id", "state"),
        Index("ix_nanos_assignment_nano_id_state", "nano_id", "state"),
    )


class Duty(db.Model):  # type: ignore[name-defined]
    """One person's part in one round of an assignment. `state`: open, done, withdrawn (the organisation took it back), left
    (the person is no longer there), gone (the nano was removed)."""

    __tablename__ = "nanos_duty"

    id: Mapped[UUID] = primary_key()
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_assignment.id", ondelete="CASCADE"))
    organisation_id: Mapped[UUID]
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"))
    person_id: Mapped[UUID | None]
    alias: Mapped[str] = mapped_column(String(8), default="")
    """What stands for a person who was erased: the same in all of an organisation's records about them."""
    round: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    begins_at: Mapped[datetime]
    due_on: Mapped[date]
    completed_at: Mapped[datetime | None]
    """When the person was through; may lie before `begins_at` where that counts."""
    closed_at: Mapped[datetime | None]
    told: Mapped[int] = mapped_column(default=0)
    """Reminders that went out: 0 none, 1 soon due, 2 overdue."""
    renewed: Mapped[bool] = mapped_column(default=False)
    """The next round was looked after: nobody needs to look at this one again."""

    __table_args__ = (
        UniqueConstraint("assignment_id", "person_id", "round"),
        Index(
            "uq_nanos_duty_open",
            "organisation_id",
            "nano_id",
            "person_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_nanos_duty_person_id_state", "person_id", "state"),
        Index("ix_nanos_duty_organisation_id_due_on", "organisation_id", "due_on"),
        Index("ix_nanos_duty_state_due_on", "state", "due_on"),
        Index("ix_nanos_duty_nano_id_state", "nano_id", "state"),
    )
