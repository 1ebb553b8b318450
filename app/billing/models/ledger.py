"""The ledger: double entry, append-only. Only `services.posting` writes here.

An organisation has its own wallet, revenue and funding account, so no two organisations wait for one row, and its
part of the ledger adds up to zero by itself. There is no foreign key to the organisation: the books outlive it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from app.kit.db import db, primary_key

WALLET, REVENUE, FUNDING = "wallet", "revenue", "funding"
KINDS = (FUNDING, REVENUE, WALLET)


class Account(db.Model):  # type: ignore[name-defined]
    """A balance with the number of the last entry it has seen. Signs: the accounts of an organisation sum to zero."""

    __tablename__ = "billing_account"

    id: Mapped[UUID] = primary_key()
    organisation_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(12))
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    balance_nanos: Mapped[int] = mapped_column(BigInteger, default=0)
    last_sequence: Mapped[int] = mapped_column(BigInteger, default=0)

    __table_args__ = (
        UniqueConstraint("organisation_id", "kind"),
        CheckConstraint("kind <> 'wallet' OR balance_nanos >= 0", name="wallet_not_negative"),
        CheckConstraint("kind IN ('wallet', 'revenue', 'funding')", name="kind"),
    )


class Transfer(db.Model):  # type: ignore[name-defined]
    """One posting; its key is unique for ever, so a repeated request finds what the first one did."""

    __tablename__ = "billing_transfer"

    id: Mapped[UUID] = primary_key()
    key: Mapped[str] = mapped_column(String(160), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    organisation_id: Mapped[UUID]
    occurred_at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    memo: Mapped[dict[str, Any]]

    __table_args__ = (Index("ix_billing_transfer_organisation", "organisation_id", "id"),)


class Entry(db.Model):  # type: ignore[name-defined]
    """One side of a transfer: the signed amount and the account's balance after it."""

    __tablename__ = "billing_entry"

    id: Mapped[UUID] = primary_key()
    account_id: Mapped[UUID] = mapped_column(ForeignKey("billing_account.id"))
    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("billing_transfer.id"))
    sequence: Mapped[int] = mapped_column(BigInteger)
    amount_nanos: Mapped[int] = mapped_column(BigInteger)
    balance_nanos: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        UniqueConstraint("account_id", "sequence"),
        UniqueConstraint("transfer_id", "account_id"),
        CheckConstraint("amount_nanos <> 0", name="amount"),
    )


def _refuse(_mapper: Mapper[Any], _connection: object, target: object) -> None:
    raise RuntimeError(f"{type(target).__name__} is append-only: post a correction instead")


for _model in (Transfer, Entry):
    for _moment in ("before_update", "before_delete"):
        event.listen(_model, _moment, _refuse)
