"""Credits as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.accounts.api import organisation_names
from app.kit.authz import Actor
from app.kit.config import settings
from app.kit.db import db
from app.kit.errors import NotFound
from app.nanos.models import Barter, CreditAccount, CreditEntry, CreditTransfer


@dataclass(frozen=True)
class Balance:
    """What an organisation has, and how low it may go. `own_floor`: operators set it for this one."""

    amount: int
    lowest: int
    own_floor: bool = False

    @property
    def free(self) -> int:
        """What can be promised now."""
        return max(0, self.amount - self.lowest)


def _balance(row: CreditAccount | None) -> Balance:
    usual = settings().nano_credit_floor
    if row is None:
        return Balance(0, usual)
    return Balance(row.balance, usual if row.lowest is None else row.lowest, row.lowest is not None)


def balance_of(actor: Actor) -> Balance:
    """The balance of the actor's organisation."""
    return _balance(
        db.session.scalar(select(CreditAccount).where(CreditAccount.organisation_id == actor.organisation_id))
    )


@dataclass(frozen=True)
class EntryRow:
    """One line of an account."""

    at: datetime
    kind: str
    barter_id: UUID | None
    title: str
    amount: int
    balance: int
    reason: str


def list_entries(actor: Actor, limit: int = 100) -> list[EntryRow]:
    """The newest entries of the actor's organisation."""
    rows = db.session.execute(
        select(CreditTransfer, CreditEntry, Barter.title)
        .join(CreditEntry, CreditEntry.transfer_id == CreditTransfer.id)
        .join(CreditAccount, CreditAccount.id == CreditEntry.account_id)
        .outerjoin(Barter, Barter.id == CreditTransfer.barter_id)
        .where(CreditAccount.organisation_id == actor.organisation_id)
        .order_by(CreditEntry.sequence.desc()).limit(limit)
    )  # fmt: skip
    return [
        EntryRow(made.occurred_at, made.kind, made.barter_id, title or "–", entry.amount, entry.balance, made.reason or "")
        for made, entry, title in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class AccountRow:
    """A line of the operators' list."""

    organisation_id: UUID
    name: str
    balance: Balance


def list_accounts(limit: int = 500) -> list[AccountRow]:
    """All organisations with an account, the lowest balance first. Only for operators: the view says so."""
    rows = list(
        db.session.scalars(
            select(CreditAccount).where(CreditAccount.organisation_id.is_not(None))
            .order_by(CreditAccount.balance, CreditAccount.id).limit(limit)
        )
    )  # fmt: skip
    names = organisation_names([row.organisation_id for row in rows if row.organisation_id])
    return [
        AccountRow(row.organisation_id, names.get(row.organisation_id, "–"), _balance(row))
        for row in rows if row.organisation_id is not None
    ]  # fmt: skip


def get_account(organisation_id: UUID) -> AccountRow:
    """One organisation's, also before its first entry. Raises NotFound."""
    names = organisation_names([organisation_id])
    if organisation_id not in names:
        raise NotFound
    row = db.session.scalar(select(CreditAccount).where(CreditAccount.organisation_id == organisation_id))
    return AccountRow(organisation_id, names[organisation_id], _balance(row))


@dataclass(frozen=True)
class PaymentRow:
    """What a completed exchange paid out. `reversed_at`: an operator took it back."""

    id: UUID
    at: datetime
    title: str
    to: str
    amount: int
    reversed_at: datetime | None
    reason: str


def _payments() -> Any:
    back = aliased(CreditTransfer)
    return (
        select(CreditTransfer, CreditEntry.amount, CreditAccount.organisation_id, Barter.title, back)
        .join(CreditEntry, CreditEntry.transfer_id == CreditTransfer.id)
        .join(CreditAccount, CreditAccount.id == CreditEntry.account_id)
        .join(Barter, Barter.id == CreditTransfer.barter_id)
        .outerjoin(back, back.reverses_id == CreditTransfer.id)
        .where(CreditTransfer.kind == "release", CreditAccount.organisation_id.is_not(None))
    )


def _as_payments(rows: list[Any]) -> list[PaymentRow]:
    names = organisation_names([row[2] for row in rows])
    return [
        PaymentRow(
            made.id, made.occurred_at, title, names.get(owner, "–"), amount, back.occurred_at if back else None,
            (back.reason or "") if back else "",
        )
        for made, amount, owner, title, back in rows
    ]  # fmt: skip


def list_payments(limit: int = 100) -> list[PaymentRow]:
    """The newest first. Only for operators: the view says so."""
    return _as_payments(
        list(db.session.execute(_payments().order_by(CreditTransfer.occurred_at.desc()).limit(limit)))
    )


def get_payment(transfer_id: UUID) -> PaymentRow:
    """One of them. Raises NotFound."""
    found = _as_payments(list(db.session.execute(_payments().where(CreditTransfer.id == transfer_id))))
    if not found:
        raise NotFound
    return found[0]


def sum_of_all() -> int:
    """Of all balances; anything but zero is a fault in the books."""
    return int(db.session.scalar(select(func.coalesce(func.sum(CreditAccount.balance), 0))) or 0)


def differences() -> int:
    """Accounts whose balance is not the sum of their entries, and transfers that do not sum to zero."""
    booked = (
        select(CreditEntry.account_id, func.sum(CreditEntry.amount).label("total"))
        .group_by(CreditEntry.account_id).subquery()
    )  # fmt: skip
    wrong = db.session.scalar(
        select(func.count()).select_from(CreditAccount).outerjoin(booked, booked.c.account_id == CreditAccount.id)
        .where(CreditAccount.balance != func.coalesce(booked.c.total, 0))
    )  # fmt: skip
    uneven = (
        select(CreditEntry.transfer_id).group_by(CreditEntry.transfer_id)
        .having(func.sum(CreditEntry.amount) != 0).subquery()
    )  # fmt: skip
    return (wrong or 0) + (db.session.scalar(select(func.count()).select_from(uneven)) or 0)
