"""What an organisation's wallet remembers beside its balance."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db


class Wallet(db.Model):  # type: ignore[name-defined]
    """`level` is what was last announced (so a crossing is told once); `next_check_at` is when to look again."""

    __tablename__ = "billing_wallet"

    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    warn_minutes: Mapped[int | None]
    level: Mapped[str] = mapped_column(String(12), default="ok")
    level_at: Mapped[datetime | None]
    next_check_at: Mapped[datetime | None] = mapped_column(index=True)

    __table_args__ = (CheckConstraint("warn_minutes IS NULL OR warn_minutes > 0", name="warn"),)
