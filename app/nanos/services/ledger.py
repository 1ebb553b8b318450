"""The books of credits. Only this file writes them: entries of a transfer sum to zero, a balance is that of its last entry."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.kit import clock
from app.kit.authz import Actor
from app.kit.config import settings
from app.kit.db import db, lock, require_transaction
from app.kit.errors import Conflict
from app.kit.ids import new_id
from app.nanos.models import CreditAccount, CreditEntry, CreditTransfer
from app.nanos.wording_barter import floor_words


def account_of(organisation_id: UUID) -> UUID:
    """The account of an organisation, opened when it is missing. Joins the caller's transaction."""
    return _ensured(organisation_id=organisation_id)


def holding_of(barter_id: UUID) -> UUID:
    """The account that holds what an exchange was promised. Joins the caller's transaction."""
    return _ensured(barter_id=barter_id)


def _ensured(**owner: UUID) -> UUID:
    require_transaction()
    wanted = select(CreditAccount.id).filter_by(**owner)
    found = db.session.scalar(wanted)
    if found is not None:
        return found
    try:
        with db.session.begin_nested():
            row = CreditAccount(id=new_id(), balance=0, last_sequence=0, **owner)
            db.session.add(row)
        return row.id
    except IntegrityError:  # opened by somebody else at this very moment
        return db.session.scalars(wanted).one()


def lowest_of(account: CreditAccount) -> int:
    """How low the account of an organisation may go; what is held for an exchange never goes below zero."""
    if account.barter_id is not None:
        return 0
    return settings().nano_credit_floor if account.lowest is None else account.lowest


def post(
    key: str,
    kind: str,
    legs: Mapping[UUID, int],
    *,
    actor: Actor,
    barter_id: UUID | None = None,
    reverses_id: UUID | None = None,
    reason: str | None = None,
    below: bool = False,
) -> bool:
    """Book the signed amounts on the accounts. Joins the caller's transaction.

    Raises Conflict where an account would go below its floor, unless `below`. A key that was posted before is posted no
    second time. Returns whether somebody is below their floor afterwards.
    """
    require_transaction()
    if sum(legs.values()) != 0 or not all(legs.values()) or not legs:
        raise ValueError("the entries of a transfer are not zero and sum to zero")
    accounts = [
        lock(CreditAccount, one) for one in sorted(legs)
    ]  # always in this order: two never wait in a ring
    if db.session.scalar(select(CreditTransfer.id).where(CreditTransfer.key == key)) is not None:
        return False
    broken = [one for one in accounts if legs[one.id] < 0 and one.balance + legs[one.id] < lowest_of(one)]
    if broken and not below:
        raise Conflict(floor_words(broken[0].balance - lowest_of(broken[0])))
    transfer = CreditTransfer(
        id=new_id(), key=key, kind=kind, barter_id=barter_id, reverses_id=reverses_id, reason=reason,
        actor_id=actor.person_id, occurred_at=clock.now(),
    )  # fmt: skip
    db.session.add(transfer)
    db.session.flush()
    for account in accounts:
        account.balance += legs[account.id]
        account.last_sequence += 1
        db.session.add(
            CreditEntry(
                id=new_id(), account_id=account.id, transfer_id=transfer.id, sequence=account.last_sequence,
                amount=legs[account.id], balance=account.balance,
            )
        )  # fmt: skip
    db.session.flush()
    return bool(broken)


def empty_holding(key: str, kind: str, barter_id: UUID, shares: Mapping[UUID, int], *, actor: Actor) -> None:
    """Pay out what an exchange holds: so much to each organisation. Joins the caller's transaction."""
    legs = {
        account_of(organisation_id): amount for organisation_id, amount in sorted(shares.items()) if amount
    }
    if legs:
        post(
            key, kind, {**legs, holding_of(barter_id): -sum(legs.values())}, actor=actor, barter_id=barter_id
        )
