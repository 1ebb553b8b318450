"""The one place that writes balances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from app.billing.errors import InsufficientFunds, KeyReused
from app.billing.models import Account, Entry, Transfer, Wallet
from app.billing.models.ledger import KINDS, WALLET
from app.kit import clock, observe
from app.kit.db import db, require_transaction
from app.kit.ids import new_id

POSTED = observe.counter("kontor_billing_transfers_total", "Transfers posted to the ledger", ("kind",))


@dataclass(frozen=True)
class Posted:
    """A transfer; `fresh` is False when the key had been posted before and nothing was written."""

    transfer_id: UUID
    fresh: bool


def insert_or_leave(model: type[Any], rows: list[dict[str, Any]]) -> int:
    """Insert what is not there yet; a row somebody else has just made is left alone. Returns how many are new."""
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    statement: Any = dialect.insert(model).values(rows).on_conflict_do_nothing()
    return len(db.session.execute(statement.returning(*model.__table__.primary_key)).all())


def lock_accounts(organisation_id: UUID) -> dict[str, Account]:
    """The organisation's accounts by kind, made on first use, locked in one order until the transaction ends.

    All money of an organisation moves under this lock: one settlement, top-up or check at a time.
    """
    require_transaction()
    statement = (
        select(Account)
        .where(Account.organisation_id == organisation_id)
        .order_by(Account.kind)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    rows = db.session.scalars(statement).all()
    if len(rows) < len(KINDS):
        insert_or_leave(
            Account,
            [
                {"id": new_id(), "organisation_id": organisation_id, "kind": kind, "currency": "EUR",
                 "balance_nanos": 0, "last_sequence": 0}
                for kind in KINDS
            ],
        )  # fmt: skip
        insert_or_leave(Wallet, [{"organisation_id": organisation_id, "level": "ok"}])
        rows = db.session.scalars(statement).all()
    return {row.kind: row for row in rows}


def post(
    organisation_id: UUID,
    *,
    key: str,
    kind: str,
    legs: Mapping[str, int],
    actor_id: UUID | None = None,
    memo: dict[str, Any] | None = None,
) -> Posted:
    """Post a balanced transfer: `legs` maps account kinds to signed nano-euros that sum to zero.

    Joins the caller's transaction. The same key again returns the first transfer. Raises InsufficientFunds when the
    wallet would go below zero, KeyReused when the key belongs to another posting.
    """
    if sum(legs.values()) != 0 or not all(legs.values()):
        raise ValueError("the legs of a transfer are not zero and sum to zero")
    accounts = lock_accounts(organisation_id)
    before = db.session.scalar(select(Transfer).where(Transfer.key == key))
    if before is not None:
        _same_or_raise(before, organisation_id, kind, legs, accounts)
        return Posted(before.id, fresh=False)
    if accounts[WALLET].balance_nanos + legs.get(WALLET, 0) < 0:
        raise InsufficientFunds
    transfer_id = new_id()
    row = {
        "id": transfer_id, "key": key, "kind": kind, "organisation_id": organisation_id,
        "occurred_at": clock.now(), "actor_id": actor_id, "memo": memo or {},
    }  # fmt: skip
    if not insert_or_leave(Transfer, [row]):  # another organisation has just used this key
        raise KeyReused
    for account_kind, amount in sorted(legs.items()):
        account = accounts[account_kind]
        account.balance_nanos += amount
        account.last_sequence += 1
        db.session.add(
            Entry(
                account_id=account.id,
                transfer_id=transfer_id,
                sequence=account.last_sequence,
                amount_nanos=amount,
                balance_nanos=account.balance_nanos,
            )
        )
    db.session.flush()
    POSTED.labels(kind).inc()
    return Posted(transfer_id, fresh=True)


def _same_or_raise(
    before: Transfer, organisation_id: UUID, kind: str, legs: Mapping[str, int], accounts: dict[str, Account]
) -> None:
    entries = db.session.execute(
        select(Entry.account_id, Entry.amount_nanos).where(Entry.transfer_id == before.id)
    ).all()
    wanted = {accounts[account_kind].id: amount for account_kind, amount in legs.items()}
    if (before.organisation_id, before.kind) != (organisation_id, kind) or dict(entries) != wanted:  # type: ignore[arg-type]
        raise KeyReused
