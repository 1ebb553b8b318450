"""Published numbers of the market: a quarter is written once and stays."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Trend(db.Model):  # type: ignore[name-defined]
    """One place of a quarter's table; `value` is None where it is not told, and then stands nowhere."""

    __tablename__ = "nanos_trend"

    id: Mapped[UUID] = primary_key()
    quarter: Mapped[str] = mapped_column(String(6))
    side: Mapped[str] = mapped_column(String(6))
    subject: Mapped[str] = mapped_column(String(20))
    """Empty: all."""
    region: Mapped[str] = mapped_column(String(20))
    value: Mapped[int | None]

    __table_args__ = (UniqueConstraint("quarter", "side", "subject", "region"),)
