"""What is looked at without anybody's notice: samples, automatic checks, the ranking, and reports about all of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Sample(db.Model):  # type: ignore[name-defined]
    """The random sample of one week. Its seed and `population` say which nanos were drawn, again and again."""

    __tablename__ = "nanos_sample"

    id: Mapped[UUID] = primary_key()
    week: Mapped[str] = mapped_column(String(8), unique=True)
    seed: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    population: Mapped[dict[str, Any]] = mapped_column(JSON)
    """How many were public in each stratum."""
    drawn_at: Mapped[datetime]


class SampleItem(db.Model):  # type: ignore[name-defined]
    """One nano of a sample. `state`: open, fine, defect, gone (ended before anybody looked)."""

    __tablename__ = "nanos_sample_item"

    id: Mapped[UUID] = primary_key()
    state: Mapped[str] = mapped_column(String(10), default="open")
    sample_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_sample.id"))
    nano_id: Mapped[UUID]
    stratum: Mapped[str] = mapped_column(String(10))

    __table_args__ = (UniqueConstraint("sample_id", "nano_id"),)


class Check(db.Model):  # type: ignore[name-defined]
    """What the automatic check found in one revision, the newest only: kinds and places, not the words themselves."""

    __tablename__ = "nanos_check"

    id: Mapped[UUID] = primary_key()
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    number: Mapped[int]
    findings: Mapped[list[Any]] = mapped_column(JSON, default=list)
    digest: Mapped[str] = mapped_column(String(64))
    """Of what was found: the same again is not a new finding."""
    made_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("subject_type", "subject_id", "number"),)


class Ranking(db.Model):  # type: ignore[name-defined]
    """A trained classifier as numbers. `state`: active, off (see `why`), past."""

    __tablename__ = "nanos_ranking"

    id: Mapped[UUID] = primary_key()
    state: Mapped[str] = mapped_column(String(10))
    why: Mapped[str] = mapped_column(String(20), default="")
    decisions: Mapped[int]
    measures: Mapped[int]
    held_back: Mapped[int] = mapped_column(default=0)
    auc: Mapped[float | None]
    baseline: Mapped[float | None]
    precision: Mapped[float | None]
    weights: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    trained_at: Mapped[datetime]

    __table_args__ = (Index("ix_nanos_ranking_state_trained_at", "state", "trained_at"),)


class TransparencyReport(db.Model):  # type: ignore[name-defined]
    """A report for a period (Art. 15) with its figures as they were; public once `published_at` is set."""

    __tablename__ = "nanos_transparency_report"

    id: Mapped[UUID] = primary_key()
    first: Mapped[date]
    last: Mapped[date]
    locale: Mapped[str] = mapped_column(String(2))
    figures: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    asked_by: Mapped[UUID | None]
    asked_at: Mapped[datetime]
    job_id: Mapped[UUID | None]
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    made_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
