"""Usage reports, and who wants them regularly."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Report(db.Model):  # type: ignore[name-defined]
    """A report that was asked for; `file_id` and the figures are there once it is made."""

    __tablename__ = "hosting_report"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID]
    server_id: Mapped[UUID | None] = mapped_column(ForeignKey("hosting_server.id"))
    period: Mapped[str] = mapped_column(String(8))  # week or month
    first: Mapped[date]
    last: Mapped[date]
    locale: Mapped[str] = mapped_column(String(5))
    once: Mapped[str | None] = mapped_column(String(120), unique=True)
    """Form token, or the name of the scheduled period: neither makes two reports."""
    job_id: Mapped[UUID | None]
    asked_by: Mapped[UUID | None]
    """The person; None when the schedule asked."""
    asked_at: Mapped[datetime]
    made_at: Mapped[datetime | None]
    until: Mapped[datetime | None]
    """Usage up to here is in it."""
    total_nanos: Mapped[int | None] = mapped_column(BigInteger)
    file_id: Mapped[UUID | None]

    __table_args__ = (Index("ix_hosting_report_organisation", "organisation_id", "id"),)


class ReportPlan(db.Model):  # type: ignore[name-defined]
    """An organisation wants reports of each finished week or month."""

    __tablename__ = "hosting_report_plan"

    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    weekly: Mapped[bool] = mapped_column(default=False)
    monthly: Mapped[bool] = mapped_column(default=False)
    locale: Mapped[str] = mapped_column(String(5), default="de")
    since: Mapped[datetime]
    """When it was last switched: earlier periods are not made up for."""
