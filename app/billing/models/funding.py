"""Ways money comes in: vouchers and payments."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import db, primary_key


class Voucher(db.Model):  # type: ignore[name-defined]
    """A code worth money, kept as a hash; `hint` is its last four signs. Each organisation may use it once."""

    __tablename__ = "billing_voucher"

    id: Mapped[UUID] = primary_key()
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(4))
    amount_nanos: Mapped[int] = mapped_column(BigInteger)
    max_uses: Mapped[int]
    used: Mapped[int] = mapped_column(default=0)
    purpose: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("amount_nanos > 0 AND max_uses > 0", name="positive"),
        CheckConstraint("used >= 0 AND used <= max_uses", name="uses"),
    )


class Redemption(db.Model):  # type: ignore[name-defined]
    """An organisation has used a voucher."""

    __tablename__ = "billing_redemption"

    id: Mapped[UUID] = primary_key()
    voucher_id: Mapped[UUID] = mapped_column(ForeignKey("billing_voucher.id"))
    organisation_id: Mapped[UUID]
    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("billing_transfer.id"))
    redeemed_at: Mapped[datetime]
    redeemed_by: Mapped[UUID | None]

    __table_args__ = (UniqueConstraint("voucher_id", "organisation_id"),)


CREATED, PENDING, SUCCEEDED, FAILED = "created", "pending", "succeeded", "failed"


class Payment(db.Model):  # type: ignore[name-defined]
    """A top-up at a payment provider. It credits the wallet once, whoever brings the news first."""

    __tablename__ = "billing_payment"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID]
    provider: Mapped[str] = mapped_column(String(20))
    once: Mapped[str] = mapped_column(String(120), unique=True)
    amount_nanos: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(12), default=CREATED)
    reference: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]

    __table_args__ = (
        UniqueConstraint("provider", "reference"),
        CheckConstraint("amount_nanos > 0", name="positive"),
        Index("ix_billing_payment_organisation", "organisation_id", "id"),
    )
