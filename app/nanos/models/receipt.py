"""What an organisation states for its receipts, and the receipts of completed exchanges."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Trader(db.Model):  # type: ignore[name-defined]
    """Who an organisation is on paper, and how its supplies are taxed. `receipts` counts those it was given."""

    __tablename__ = "nanos_trader"

    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(500))
    tax_number: Mapped[str] = mapped_column(String(40))
    vat: Mapped[str] = mapped_column(String(10))
    stated_by: Mapped[UUID | None]
    stated_at: Mapped[datetime]
    receipts: Mapped[int] = mapped_column(default=0)


class Receipt(db.Model):  # type: ignore[name-defined]
    """One side's receipt of a completed exchange. `number` counts the organisation's without a gap; `data` is what it says."""

    __tablename__ = "nanos_receipt"

    id: Mapped[UUID] = primary_key()
    barter_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_barter.id"))
    organisation_id: Mapped[UUID]
    number: Mapped[int]
    data: Mapped[dict[str, Any]]
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_file.id"), index=True)
    """The paper, once the background work has made it."""
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("barter_id", "organisation_id"),
        UniqueConstraint("organisation_id", "number"),
    )
