"""What happens with nanos, in numbers: nobody is named here."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Daily(db.Model):  # type: ignore[name-defined]
    """How often something happened with a nano on one day (UTC). `kind`: see rules/insight.py."""

    __tablename__ = "nanos_daily"

    id: Mapped[UUID] = primary_key()
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"))
    day: Mapped[date]
    kind: Mapped[str] = mapped_column(String(16))
    count: Mapped[int]

    __table_args__ = (
        UniqueConstraint("nano_id", "day", "kind"),
        Index("ix_nanos_daily_day", "day"),
    )


class Word(db.Model):  # type: ignore[name-defined]
    """What was typed in a month. Shown when enough organisations did; the others are forgotten when the month is over."""

    __tablename__ = "nanos_word"

    id: Mapped[UUID] = primary_key()
    month: Mapped[date]
    """Its first day."""
    subject: Mapped[str] = mapped_column(String(20))
    """The subject that was chosen with it, or nothing."""
    text: Mapped[str] = mapped_column(String(80))
    """A word that found something, or all that was typed when nothing was found."""
    missed: Mapped[bool]
    """Nothing was found."""
    count: Mapped[int]
    organisations: Mapped[int]
    """How many different ones typed it in this month."""

    __table_args__ = (UniqueConstraint("month", "text", "subject", "missed"),)


class WordNano(db.Model):  # type: ignore[name-defined]
    """Which nano was in the list when a word was typed."""

    __tablename__ = "nanos_word_nano"

    id: Mapped[UUID] = primary_key()
    month: Mapped[date]
    nano_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_nano.id"))
    text: Mapped[str] = mapped_column(String(80))
    count: Mapped[int]

    __table_args__ = (UniqueConstraint("nano_id", "month", "text"),)


class WordMark(db.Model):  # type: ignore[name-defined]
    """Tells two organisations apart that typed the same in one month: a keyed hash, gone when the month is."""

    __tablename__ = "nanos_word_mark"

    id: Mapped[UUID] = primary_key()
    month: Mapped[date] = mapped_column(index=True)
    mark: Mapped[str] = mapped_column(String(64), unique=True)
