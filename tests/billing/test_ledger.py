"""The ledger: balanced, append-only, once per key, never below zero, exact under parallel debits."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from app.billing.errors import InsufficientFunds, KeyReused
from app.billing.models import Account, Entry, Transfer
from app.billing.services.posting import post
from app.billing.services.reconcile import find_differences, reconcile
from app.core.models import Event
from app.kit.db import db, transaction
from tests.billing.conftest import EUR, House
from tests.threads import at_once


def debit(house: House, nanos: int, key: str) -> bool:
    with transaction():
        return post(house.id, key=key, kind="fee", legs={"wallet": -nanos, "revenue": nanos}).fresh


def ledger_sum() -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.coalesce(func.sum(Entry.amount_nanos), 0))))


def test_a_transfer_moves_money_between_accounts_of_one_organisation(db_app: Flask, house: House) -> None:
    house.fund(5 * EUR)
    assert debit(house, 2 * EUR, "a")
    assert (house.balance("wallet"), house.balance("revenue"), house.balance("funding")) == (
        3 * EUR,
        2 * EUR,
        -5 * EUR,
    )
    assert ledger_sum() == 0
    assert find_differences() == []


def test_a_key_posts_once_for_ever(db_app: Flask, house: House) -> None:
    house.fund(5 * EUR, "top")
    house.fund(5 * EUR, "top")
    assert [debit(house, EUR, "k"), debit(house, EUR, "k")] == [True, False]
    assert house.balance() == 4 * EUR
    with pytest.raises(KeyReused):
        debit(house, EUR + 1, "k")


def test_a_wallet_does_not_go_below_zero(db_app: Flask, house: House) -> None:
    house.fund(EUR)
    with pytest.raises(InsufficientFunds):
        debit(house, EUR + 1, "k")
    assert house.balance() == EUR
    with pytest.raises(IntegrityError), transaction():  # not even past the posting function
        db.session.execute(update(Account).where(Account.kind == "wallet").values(balance_nanos=-1))


def test_a_key_belongs_to_one_organisation(db_app: Flask, house: House) -> None:
    other = House()
    house.fund(EUR, "k")
    with pytest.raises(KeyReused):
        other.fund(EUR, "k")
    results = at_once(db_app, 20, lambda index: [house, other][index % 2].fund(EUR, "at once"))
    assert {type(result) for result in results} <= {type(None), KeyReused}
    assert house.balance() + other.balance() == 2 * EUR
    assert find_differences() == []


@pytest.mark.parametrize("legs", [{"wallet": 1}, {"wallet": -1, "revenue": 2}, {"wallet": 0, "revenue": 0}])
def test_unbalanced_legs_are_refused(app: Flask, house: House, legs: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="legs"), transaction():
        post(house.id, key="k", kind="fee", legs=legs)


def test_posting_needs_a_transaction(app: Flask, house: House) -> None:
    with pytest.raises(RuntimeError):
        post(house.id, key="k", kind="fee", legs={"wallet": 1, "revenue": -1})


def test_entries_cannot_be_changed_or_deleted(app: Flask, house: House) -> None:
    house.fund(EUR)
    entry = db.session.scalars(select(Entry)).first()
    assert entry is not None
    db.session.rollback()
    entry.amount_nanos = 2
    with pytest.raises(RuntimeError, match="append-only"):
        db.session.flush()
    db.session.rollback()
    with pytest.raises(RuntimeError, match="append-only"), transaction() as session:
        session.delete(session.scalars(select(Transfer)).first())


@pytest.mark.slow
def test_a_hundred_parallel_debits_are_exact(db_app: Flask, house: House) -> None:
    """Each key twice at once, money for 33 of 100: 33 posted, 67 refused, nothing twice."""
    house.fund(33 * EUR)
    results = at_once(db_app, 100, lambda index: debit(house, EUR, f"debit-{index // 2}"))
    fresh = results.count(True)
    refused = sum(isinstance(result, InsufficientFunds) for result in results)
    assert fresh == 33
    assert results.count(False) + refused == 67
    assert {type(result) for result in results} <= {bool, InsufficientFunds}
    assert house.balance() == 0
    assert ledger_sum() == 0
    assert find_differences() == []


@pytest.mark.slow
def test_a_hundred_parallel_first_bookings_make_one_set_of_accounts(db_app: Flask, house: House) -> None:
    at_once(db_app, 20, lambda index: house.fund(EUR, f"top-{index}"))
    assert house.balance() == 20 * EUR
    assert db.session.scalar(select(func.count()).select_from(Account)) == 3


@pytest.mark.parametrize(
    ("tamper", "checks"),
    [
        ("UPDATE billing_account SET balance_nanos = balance_nanos + 1 WHERE kind = 'wallet'", {"balance"}),
        ("UPDATE billing_entry SET amount_nanos = amount_nanos + 1 WHERE sequence = 1 AND amount_nanos > 0",
         {"balance", "transfer", "chain"}),
        ("UPDATE billing_entry SET balance_nanos = balance_nanos + 5 WHERE sequence = 2 AND amount_nanos > 0", {"chain"}),
        ("DELETE FROM billing_entry WHERE sequence = 2 AND amount_nanos > 0", {"balance", "sequence", "transfer"}),
    ],
)  # fmt: skip
def test_reconcile_finds_a_tampered_row(db_app: Flask, house: House, tamper: str, checks: set[str]) -> None:
    house.fund(EUR)
    house.fund(2 * EUR)
    assert reconcile() == []
    with db.engine.begin() as connection:
        connection.execute(text(tamper))
    db.session.rollback()
    assert {difference.check for difference in reconcile()} == checks
    alarms = db.session.scalars(select(Event.data).where(Event.name == "billing.ledger.alarm")).all()
    assert {alarm["check"] for alarm in alarms} == checks
