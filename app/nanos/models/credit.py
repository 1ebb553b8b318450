"""Credits: units that organisations give each other in exchanges. Double entry, append-only. Only `services.ledger` writes here.

An account belongs to an organisation, or holds what an exchange has been promised until it ends. All balances sum to zero.
There is no foreign key to the organisation: the books outlive it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from app.kit.db import db, primary_key


class CreditAccount(db.Model):  # type: ignore[name-defined]
    """A balance with the number of the last entry it has seen. `lowest` is the floor an operator set; None: the usual one."""

    __tablename__ = "nanos_credit_account"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID | None] = mapped_column(unique=True)
    barter_id: Mapped[UUID | None] = mapped_column(ForeignKey("nanos_barter.id"), unique=True)
    lowest: Mapped[int | None]
    balance: Mapped[int] = mapped_column(BigInteger, default=0)
    last_sequence: Mapped[int] = mapped_column(BigInteger, default=0)

    __table_args__ = (
        CheckConstraint("(organisation_id IS NULL) <> (barter_id IS NULL)", name="one_owner"),
        CheckConstraint("barter_id IS NULL OR balance >= 0", name="held_not_negative"),
    )


class CreditTransfer(db.Model):  # type: ignore[name-defined]
    """One posting; its key is unique for ever. `kind`: hold, release, return, reversal."""

    __tablename__ = "nanos_credit_transfer"

    id: Mapped[UUID] = primary_key()
    key: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    barter_id: Mapped[UUID | None] = mapped_column(ForeignKey("nanos_barter.id"), index=True)
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("nanos_credit_transfer.id"), unique=True)
    reason: Mapped[str | None] = mapped_column(Text)
    """Why an operator took something back; stays with the books."""
    actor_id: Mapped[UUID | None]
    occurred_at: Mapped[datetime]


class CreditEntry(db.Model):  # type: ignore[name-defined]
    """One side of a transfer: the signed amount and the account's balance after it."""

    __tablename__ = "nanos_credit_entry"

    id: Mapped[UUID] = primary_key()
    account_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_credit_account.id"))
    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("nanos_credit_transfer.id"))
    sequence: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)
    balance: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        UniqueConstraint("account_id", "sequence"),
        UniqueConstraint("transfer_id", "account_id"),
        CheckConstraint("amount <> 0", name="amount"),
        Index("ix_nanos_credit_entry_transfer_id", "transfer_id"),
    )


def _refuse(_mapper: Mapper[Any], _connection: object, target: object) -> None:
    raise RuntimeError(f"{type(target).__name__} is append-only: post a reversal instead")


for _model in (CreditTransfer, CreditEntry):
    for _moment in ("before_update", "before_delete"):
        event.listen(_model, _moment, _refuse)
