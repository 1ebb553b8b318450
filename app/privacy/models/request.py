"""What people asked for: a copy of their data, or to be erased."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key

SCHEDULED, CALLED_OFF, DONE = "scheduled", "called_off", "done"


class Export(db.Model):  # type: ignore[name-defined]
    """One copy of a person's data; `file_id` is there once it is made, the file goes after seven days."""

    __tablename__ = "privacy_export"

    id: Mapped[UUID] = primary_key()
    person_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_person.id"), index=True)
    locale: Mapped[str] = mapped_column(String(5))
    job_id: Mapped[UUID | None]
    file_id: Mapped[UUID | None]
    asked_at: Mapped[datetime]
    made_at: Mapped[datetime | None]


class Erasure(db.Model):  # type: ignore[name-defined]
    """A person wants to be erased at `due_at`; one open request each."""

    __tablename__ = "privacy_erasure"

    id: Mapped[UUID] = primary_key()
    person_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_person.id"))
    state: Mapped[str] = mapped_column(String(12), default=SCHEDULED)
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_privacy_erasure_open",
            "person_id",
            unique=True,
            sqlite_where=text("state = 'scheduled'"),
            postgresql_where=text("state = 'scheduled'"),
        ),
    )
