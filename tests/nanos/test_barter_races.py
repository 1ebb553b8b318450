"""Many at the same moment, on each database: one of two wins, and whatever two sides, a moderator and the clock do at random,
nothing is given twice, no end contradicts another, and the books add up."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.api import Filter, history
from app.kit import clock
from app.kit.db import db
from app.kit.errors import Conflict, KontorError
from app.nanos.models import (
    Barter,
    CreditAccount,
    CreditEntry,
    CreditTransfer,
    Licence,
    LicenceLimit,
    Receipt,
)
from app.nanos.queries.barter import get_barter
from app.nanos.queries.credit import differences, sum_of_all
from app.nanos.rules.barter import ENDS, Act, Side, State
from app.nanos.services import barter as service
from app.nanos.services.barter_time import run_due
from app.nanos.services.ledger import lowest_of
from app.nanos.services.licence import set_limit
from tests.nanos.trade import Market, market
from tests.people import People
from tests.threads import at_once

US, THEM = Side.OFFERER, Side.PARTNER
WHY = "Das ist nicht, was vereinbart war."


@pytest.fixture
def trade(db_people: People) -> Market:
    return market(db_people)


def fresh() -> None:
    db.session.rollback()
    db.session.expire_all()


def race(app: Flask, trade: Market, made: UUID, *acts: tuple[Side, Act]) -> list[Any]:
    """All on the same version, at the same moment; errors are results. One wins, the others are told."""
    deal = trade.see(made).deal
    actors = {side: trade.actor(side) for side in Side}
    terms = trade.terms(days=30)

    def do(number: int) -> None:
        side, act = acts[number]
        service.act(actors[side], made, deal.version, act, revision=deal.latest, terms=terms, text=WHY)

    results = at_once(app, len(acts), do)
    assert (
        sum(one is None for one in results) == 1
        and sum(isinstance(one, Conflict) for one in results) == len(acts) - 1
    ), results
    fresh()
    assert trade.see(made).deal.version == deal.version + 1
    return results


def test_accept_against_withdraw(trade: Market, db_app: Flask) -> None:
    made = trade.offer()
    race(db_app, trade, made, (THEM, Act.ACCEPT), (US, Act.WITHDRAW))
    state = trade.see(made).state
    taken = db.session.query(Licence).filter_by(state="reserved").count()
    assert (state, taken) in ((State.ACCEPTED, 2), (State.WITHDRAWN, 0))


def test_accept_against_counter(trade: Market, db_app: Flask) -> None:
    made = trade.offer()
    race(db_app, trade, made, (THEM, Act.ACCEPT), (THEM, Act.COUNTER))
    view = trade.see(made)
    assert (view.state, len(view.revisions)) in ((State.ACCEPTED, 1), (State.COUNTERED, 2))


def test_double_accept(trade: Market, db_app: Flask) -> None:
    made = trade.offer(trade.terms(credits=40))
    race(db_app, trade, made, *[(THEM, Act.ACCEPT)] * 4)
    assert db.session.query(Licence).count() == 2
    assert (
        db.session.query(func.sum(CreditAccount.balance))
        .filter(CreditAccount.barter_id.is_not(None))
        .scalar()
        == 40
    )


def test_confirm_against_dispute(trade: Market, db_app: Flask) -> None:
    made = trade.accepted(trade.terms(credits=40))
    for side in Side:
        trade.do(side, made, Act.DELIVER)
    trade.do(THEM, made, Act.CONFIRM)
    race(db_app, trade, made, (US, Act.CONFIRM), (THEM, Act.DISPUTE))
    receipts = db.session.query(Receipt).count()
    assert (trade.see(made).state, receipts) in ((State.COMPLETED, 2), (State.DISPUTED, 0))


def test_two_moderators(trade: Market, db_app: Flask) -> None:
    made = trade.accepted(trade.terms(credits=40))
    trade.do(US, made, Act.DISPUTE, text=WHY)
    version, olga = get_barter(trade.olga, made).deal.version, trade.olga
    results = at_once(
        db_app,
        2,
        lambda n: service.act(
            olga, made, version, (Act.COMPLETE, Act.CANCEL)[n], text="Geprüft und entschieden."
        ),
    )
    assert sum(one is None for one in results) == 1, results
    fresh()
    done = trade.see(made).state is State.COMPLETED
    assert db.session.query(Receipt).count() == (2 if done else 0)
    assert Counter(state for (state,) in db.session.query(Licence.state)) == {
        "active" if done else "revoked": 2
    }


def test_a_single_licence_goes_to_one_of_many(trade: Market, db_app: Flask) -> None:
    set_limit(trade.alice, trade.theirs, 1)
    offers = [trade.offer() for _ in range(5)]
    alice = trade.alice
    results = at_once(db_app, 5, lambda n: service.act(alice, offers[n], 1, Act.ACCEPT, revision=1))
    assert (
        sum(one is None for one in results) == 1 and sum(isinstance(one, Conflict) for one in results) == 4
    ), results
    fresh()
    assert db.session.query(Licence).filter_by(nano_id=trade.theirs).count() == 1


def test_the_same_credits_are_promised_once(trade: Market, db_app: Flask) -> None:
    offers = [trade.offer(trade.terms(credits=60)) for _ in range(4)]  # the floor is -100
    alice = trade.alice
    results = at_once(db_app, 4, lambda n: service.act(alice, offers[n], 1, Act.ACCEPT, revision=1))
    assert sum(one is None for one in results) == 1, results
    fresh()
    assert sum_of_all() == 0 and differences() == 0
    assert (
        db.session.query(CreditAccount)
        .filter_by(organisation_id=trade.people.other_organisation_id)
        .one()
        .balance
        == -60
    )


# --- at random, in parallel ------------------------------------------------------------------------------------


class Crowd:
    """Two sides, a moderator and the clock, at the same moment and at random, over a handful of exchanges."""

    def __init__(self, app: Flask, trade: Market, seed: int) -> None:
        self.app, self.trade, self.seed = app, trade, seed
        self.offers = [
            trade.offer(trade.terms(credits=credits, back=back, ours=ours))
            for credits, back, ours in (
                (0, 0, True),
                (60, 0, True),
                (60, 0, False),
                (0, 60, True),
                (0, 0, True),
                (30, 0, False),
            )
        ]
        self.actors = {US: trade.cleo, THEM: trade.alice, None: trade.olga}

    def one(self, number: int) -> tuple[int, list[Exception]]:
        """What one thread does. Returns how many acts were taken, and what should not have happened."""
        dice, taken, wrong = random.Random(f"{self.seed}-{number}"), 0, []
        for _ in range(25):
            made = dice.choice(self.offers)
            try:
                if dice.random() < 0.05:
                    taken += service.let_time_decide(made)
                else:
                    taken += self._act(dice, made)
            except KontorError:
                pass  # somebody was first, or it is not possible: the answer people get
            except Exception as error:
                wrong.append(error)
            db.session.rollback()
        return taken, wrong

    def _act(self, dice: random.Random, made: UUID) -> int:
        side = dice.choice([US, THEM, None])
        view = get_barter(self.actors[side], made)
        known = sorted(view.acts) if dice.random() < 0.9 else list(Act)[:-1]
        wanted = [
            one for one in known if one not in (Act.DECLINE, Act.WITHDRAW, Act.DISPUTE) or dice.random() < 0.2
        ]
        if not wanted:
            return 0
        terms = self.trade.terms(credits=dice.choice([0, 10, 60]), days=dice.choice([30, 90]))
        service.act(
            self.actors[side],
            made,
            view.deal.version,
            dice.choice(wanted),
            revision=view.deal.latest,
            terms=terms,
            text=WHY,
        )
        return 1


def check(trade: Market, offers: list[UUID]) -> None:
    """What holds at every moment."""
    fresh()
    assert sum_of_all() == 0 and differences() == 0
    for account in db.session.query(CreditAccount):
        assert account.balance >= lowest_of(account)
        last = (
            db.session.query(CreditEntry)
            .filter_by(account_id=account.id)
            .order_by(CreditEntry.sequence.desc())
            .first()
        )
        assert last is None or (last.sequence, last.balance) == (account.last_sequence, account.balance)
    limits = dict(db.session.execute(select(LicenceLimit.nano_id, LicenceLimit.most)).all())
    taken = Counter(
        nano_id
        for (nano_id,) in db.session.query(Licence.nano_id).filter(Licence.state.in_(("reserved", "active")))
    )
    assert all(taken[nano_id] <= most for nano_id, most in limits.items()), (
        "a single-use licence was given twice"
    )
    for made in offers:
        _check_one(trade, made)


def _check_one(trade: Market, made: UUID) -> None:
    row = db.session.get(Barter, made)
    assert row is not None
    names = Counter(
        one.name for one in history(trade.people.organisation_id, Filter(subject_id=made), limit=200).rows
    )
    ends = sum(
        names[f"nanos.barter.{one}"] for one in ("completed", "cancelled", "declined", "withdrawn", "expired")
    )
    assert ends == (1 if row.state in ENDS else 0), f"contradicting ends: {names}"
    states = {state for (state,) in db.session.query(Licence.state).filter_by(barter_id=made)}
    held = db.session.query(CreditAccount.balance).filter_by(barter_id=made).scalar() or 0
    receipts = db.session.query(Receipt).filter_by(barter_id=made).count()
    released = db.session.query(CreditTransfer).filter_by(barter_id=made, kind="release").count()
    if row.state == State.COMPLETED:
        assert states <= {"active", "revoked"} and "active" in states and held == 0 and receipts == 2
    elif row.state in ENDS:
        assert states <= {"revoked"} and held == 0 and receipts == released == 0
    else:
        assert receipts == released == 0 and row.due_at is not None


@pytest.mark.parametrize("seed", range(4))
def test_whatever_they_do_at_once(trade: Market, db_app: Flask, seed: int) -> None:
    set_limit(trade.alice, trade.theirs, 2)
    set_limit(trade.cleo, trade.ours, 1)
    crowd = Crowd(db_app, trade, seed)
    results = at_once(db_app, 4, crowd.one)
    assert all(isinstance(one, tuple) and one[1] == [] for one in results), results
    assert sum(one[0] for one in results) >= 8, "too little was done to say anything"
    check(trade, crowd.offers)
    at = clock.now()
    for days in (15, 30, 46, 77):  # nobody does anything any more: time alone ends all of it
        with clock.freeze(at + timedelta(days=days)):
            run_due()
    check(trade, crowd.offers)
    assert {State(trade.see(made).state) for made in crowd.offers} <= ENDS
