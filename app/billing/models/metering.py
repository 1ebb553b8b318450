"""What was used, what it costs, what was charged."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.billing.models.ledger import _refuse
from app.kit.db import db, primary_key


class Price(db.Model):  # type: ignore[name-defined]
    """Nano-euros for `unit_mb` over `unit_seconds`. Never changed: a new price ends the one before it."""

    __tablename__ = "billing_price"

    id: Mapped[UUID] = primary_key()
    meter: Mapped[str] = mapped_column(String(40))
    nanos: Mapped[int] = mapped_column(BigInteger)
    unit_mb: Mapped[int] = mapped_column(Integer)
    unit_seconds: Mapped[int] = mapped_column(Integer)
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    created_by: Mapped[UUID | None]

    __table_args__ = (
        UniqueConstraint("meter", "valid_from"),
        CheckConstraint("nanos >= 0 AND unit_mb > 0 AND unit_seconds > 0", name="positive"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="validity"),
    )


class UsageInterval(db.Model):  # type: ignore[name-defined]
    """A quantity used from then to then. `booked_nanos` covers exactly the time until `booked_until`.

    A subject has at most one open interval, so it cannot be charged twice for the same time. `version` counts the
    settlements that touched the row; `done` means ended and paid to the last nano-euro.
    """

    __tablename__ = "billing_usage_interval"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID]
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    meter: Mapped[str] = mapped_column(String(40))
    quantity_mb: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    booked_until: Mapped[datetime]
    booked_nanos: Mapped[int] = mapped_column(BigInteger, default=0)
    version: Mapped[int] = mapped_column(default=0)
    done: Mapped[bool] = mapped_column(default=False)
    open_key: Mapped[str] = mapped_column(String(160), unique=True)
    close_key: Mapped[str | None] = mapped_column(String(160), unique=True)

    __table_args__ = (
        CheckConstraint("quantity_mb > 0", name="quantity"),
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="order"),
        Index(
            "uq_billing_usage_interval_open",
            "subject_type",
            "subject_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_billing_usage_interval_undone",
            "organisation_id",
            "id",  # in this order they are read, so SQLite's planner prefers this index
            sqlite_where=text("done = 0"),
            postgresql_where=text("NOT done"),
        ),
        Index("ix_billing_usage_interval_subject", "subject_id", "started_at"),
        Index("ix_billing_usage_interval_organisation", "organisation_id", "started_at"),
    )


class Charge(db.Model):  # type: ignore[name-defined]
    """A part of a usage transfer: one interval, one price, within one local day. A correction has a minus sign.

    Subject, meter and quantity are repeated from the interval so that reports sum this table alone. `number` is the
    interval's version that made it, with `part` for the pieces of that settlement: nothing is charged twice.
    """

    __tablename__ = "billing_charge"

    id: Mapped[UUID] = primary_key()
    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("billing_transfer.id"), index=True)
    interval_id: Mapped[UUID] = mapped_column(ForeignKey("billing_usage_interval.id"))
    number: Mapped[int]
    part: Mapped[int]
    organisation_id: Mapped[UUID]
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    meter: Mapped[str] = mapped_column(String(40))
    quantity_mb: Mapped[int] = mapped_column(Integer)
    price_id: Mapped[UUID] = mapped_column(ForeignKey("billing_price.id"))
    since: Mapped[datetime]
    until: Mapped[datetime]
    micros: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[date]
    amount_nanos: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        UniqueConstraint("interval_id", "number", "part"),
        CheckConstraint("until > since", name="order"),
        Index("ix_billing_charge_organisation_day", "organisation_id", "day"),
        Index("ix_billing_charge_subject_day", "subject_id", "day"),
    )


event.listen(Charge, "before_update", _refuse)
event.listen(Charge, "before_delete", _refuse)
