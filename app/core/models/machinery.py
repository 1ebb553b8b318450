"""Small tables: schedules, settings, claimed form tokens, living processes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Schedule(db.Model):  # type: ignore[name-defined]
    """When a periodic job is due next. Several clocks may run: the row is claimed by compare-and-set."""

    __tablename__ = "core_schedule"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    next_run_at: Mapped[datetime]
    last_run_at: Mapped[datetime | None]


class Setting(db.Model):  # type: ignore[name-defined]
    """A value an organisation (or, without one, the operator) has chosen."""

    __tablename__ = "core_setting"

    id: Mapped[UUID] = primary_key()
    scope: Mapped[str] = mapped_column(String(40))  # "operator" or the organisation's id
    key: Mapped[str] = mapped_column(String(80))
    value: Mapped[Any] = mapped_column(JSON)
    changed_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("scope", "key"),)


class Once(db.Model):  # type: ignore[name-defined]
    """A token that was used: form submits, API idempotency keys. `answer` is what the first use got."""

    __tablename__ = "core_once"

    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    digest: Mapped[str | None] = mapped_column(String(64))
    answer: Mapped[dict[str, Any] | None]


class Process(db.Model):  # type: ignore[name-defined]
    """A living process of the platform and when it last said so."""

    __tablename__ = "core_process"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    seen_at: Mapped[datetime]
    started_at: Mapped[datetime]
