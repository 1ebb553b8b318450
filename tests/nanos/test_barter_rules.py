"""The life of an exchange, whatever two sides, a moderator and the clock do: no contradiction, no dead end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.money import CENT, NANOS
from app.nanos.rules.barter import (
    BOUND,
    BY_TIME,
    ENDS,
    OPEN,
    Act,
    Deal,
    Refused,
    Side,
    State,
    Waits,
    acts,
    begin,
    due,
    must_act,
    step,
)  # fmt: skip
from app.nanos.rules.terms import Fault, Grant, Item, Part, Terms, changes, faults, from_json, to_json
from app.nanos.rules.vat import Status, taxed

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WAITS = Waits(14 * DAY, 14 * DAY, 14 * DAY, 30 * DAY, 3 * DAY)
Play = list[tuple[Act, Side | None, int]]
plays = st.lists(
    st.tuples(st.sampled_from(list(Act)), st.sampled_from([*Side, None]), st.integers(0, 40)), max_size=25
)


def lives(
    play: Play, credits_only: frozenset[Side] = frozenset()
) -> Iterator[tuple[Deal, Deal, Act, Side | None]]:
    """Every step that is taken of those that are tried."""
    deal, now = begin(START, WAITS), START
    for act, by, days in play:
        now += days * DAY / 4
        try:
            after = step(deal, act, by, now, WAITS, revision=deal.latest, credits_only=credits_only)
        except Refused:
            continue
        yield deal, after, act, by
        deal = after


@given(plays, st.sampled_from([frozenset(), frozenset({Side.OFFERER}), frozenset({Side.PARTNER})]))
def test_no_end_is_left_and_every_step_is_a_version(play: Play, credits_only: frozenset[Side]) -> None:
    ends = 0
    for before, after, _act, _by in lives(play, credits_only):
        assert before.state not in ENDS and after.version == before.version + 1
        ends += after.state in ENDS
    assert ends <= 1


@given(plays)
def test_completed_means_both_delivered_and_confirmed_or_somebody_else_decided(play: Play) -> None:
    for before, after, act, _by in lives(play):
        if after.state is State.COMPLETED:
            both = after.delivered == after.confirmed == frozenset(Side)
            assert both or act is Act.COMPLETE or (act is Act.TIME and before.delivered == frozenset(Side))
        assert after.state not in BOUND or after.agreed is not None
        assert after.confirmed <= frozenset(side.other for side in after.delivered), (
            "only what was delivered is confirmed"
        )


@given(plays)
def test_time_alone_ends_everything_that_waits(play: Play) -> None:
    for _before, after, _act, _by in lives(play):
        deal = after
        for _ in range(3):
            if deal.state in ENDS:
                break
            assert deal.due_at is not None and due(deal, deal.due_at) == "time"
            deal = step(deal, Act.TIME, None, deal.due_at, WAITS)
        assert deal.state in ENDS and deal.due_at is None and due(deal, START + 9999 * DAY) == ""


@given(plays)
def test_who_waits_is_reminded_before_time_decides(play: Play) -> None:
    for _before, after, _act, _by in lives(play):
        if after.state not in ENDS:
            assert after.due_at is not None and after.remind_at is not None
            assert after.remind_at < after.due_at and due(after, after.remind_at) == "remind"
            if after.state is not State.DISPUTED:
                assert must_act(after, Side.OFFERER) or must_act(after, Side.PARTNER), (
                    "somebody can move it on"
                )


@given(plays)
def test_nobody_answers_their_own_words(play: Play) -> None:
    for before, _after, act, by in lives(play):
        if act in (Act.ACCEPT, Act.COUNTER, Act.DECLINE, Act.AGREE):
            assert before.author is not by
        if act is Act.WITHDRAW:
            assert before.author is by
        if act in (Act.COMPLETE, Act.CANCEL):
            assert by is None and before.state is State.DISPUTED


@given(plays)
def test_after_its_time_nothing_but_time_acts(play: Play) -> None:
    for _before, after, _act, _by in lives(play):
        if after.due_at is not None:
            for by in (*Side, None):
                for act in acts(after, by):
                    with pytest.raises(Refused):
                        step(after, act, by, after.due_at, WAITS, revision=after.latest)


def test_an_acceptance_names_the_revision() -> None:
    deal = step(begin(START, WAITS), Act.COUNTER, Side.PARTNER, START, WAITS)
    assert (deal.state, deal.latest, deal.author) == (State.COUNTERED, 2, Side.PARTNER)
    for wrong in (None, 1, 3):
        with pytest.raises(Refused):
            step(deal, Act.ACCEPT, Side.OFFERER, START, WAITS, revision=wrong)
    assert step(deal, Act.ACCEPT, Side.OFFERER, START, WAITS, revision=2).agreed == 2


def test_an_amendment_goes_back_to_accepted_with_nothing_delivered() -> None:
    deal = step(begin(START, WAITS), Act.ACCEPT, Side.PARTNER, START, WAITS, revision=1)
    for act, by in ((Act.DELIVER, Side.OFFERER), (Act.CONFIRM, Side.PARTNER), (Act.PROPOSE, Side.PARTNER)):
        deal = step(deal, act, by, START + DAY, WAITS)
    assert (deal.pending, deal.agreed) == (2, 1) and deal.delivered
    kept = step(deal, Act.DROP, Side.OFFERER, START + DAY, WAITS)
    assert (kept.pending, kept.agreed, kept.delivered) == (None, 1, deal.delivered)
    deal = step(deal, Act.AGREE, Side.OFFERER, START + 2 * DAY, WAITS, revision=2)
    assert (deal.state, deal.agreed, deal.pending) == (State.ACCEPTED, 2, None)
    assert deal.delivered == deal.confirmed == frozenset() and deal.due_at == START + 16 * DAY


def test_who_gives_credits_alone_has_delivered_with_the_acceptance() -> None:
    giver = frozenset({Side.OFFERER})
    deal = step(begin(START, WAITS), Act.ACCEPT, Side.PARTNER, START, WAITS, revision=1, credits_only=giver)
    assert deal.delivered == giver and Act.CONFIRM not in acts(deal, Side.PARTNER)
    deal = step(deal, Act.DELIVER, Side.PARTNER, START, WAITS)
    assert deal.state is State.DELIVERED
    assert step(deal, Act.CONFIRM, Side.OFFERER, START, WAITS).state is State.COMPLETED


def test_what_time_makes_of_each_state() -> None:
    assert set(BY_TIME) == set(State) - ENDS
    assert {BY_TIME[one] for one in OPEN} == {State.EXPIRED}
    assert BY_TIME[State.DELIVERED] is State.COMPLETED
    assert BY_TIME[State.ACCEPTED] is BY_TIME[State.DISPUTED] is State.CANCELLED


# --- terms ----------------------------------------------------------------------------------------------------

ONE, TWO = Item(UUID(int=1), 1, "Eins"), Item(UUID(int=2), 3, "Zwei")
GOOD = Terms(Part((ONE,), 0, 10 * NANOS), Part((TWO,), 0, 20 * NANOS))
REGIONS = frozenset({"03101"})


@pytest.mark.parametrize(
    ("terms", "found"),
    [
        (GOOD, {}),
        (Terms(Part(), GOOD.partner), {(Side.OFFERER, "items"): Fault.NOTHING}),
        (Terms(Part((), 5, NANOS), Part((), 0, NANOS)), {(Side.PARTNER, "items"): Fault.NOTHING}),
        (Terms(Part((), 5, NANOS), GOOD.partner), {}),
        (Terms(Part((ONE,), 5, NANOS), Part((TWO,), 5, NANOS)), {(Side.PARTNER, "credits"): Fault.BOTH}),
        (Terms(Part((ONE,), 0, 0), GOOD.partner), {(Side.OFFERER, "value"): Fault.ZERO}),
        (Terms(Part((replace(ONE, open=True),), 0, 0), GOOD.partner), {}),
        (Terms(Part((replace(ONE, open=True),), 1, 0), GOOD.partner), {(Side.OFFERER, "value"): Fault.ZERO}),
        (Terms(Part((ONE,), -1, NANOS), GOOD.partner), {(Side.OFFERER, "credits"): Fault.CREDITS}),
        (Terms(Part((ONE,), 0, -1), GOOD.partner), {(Side.OFFERER, "value"): Fault.VALUE}),
        (Terms(Part((ONE, ONE), 0, 1), GOOD.partner), {(Side.OFFERER, "items"): Fault.MANY}),
        (Terms(GOOD.offerer, Part((TWO,), 0, 1, Grant(days=7))), {(Side.PARTNER, "days"): Fault.DAYS}),
        (Terms(GOOD.offerer, Part((TWO,), 0, 1, Grant(seats=0))), {(Side.PARTNER, "seats"): Fault.SEATS}),
        (Terms(GOOD.offerer, Part((TWO,), 0, 1, Grant(territory="x"))), {(Side.PARTNER, "territory"): Fault.TERRITORY}),
    ],
)  # fmt: skip
def test_what_can_be_exchanged(terms: Terms, found: dict[tuple[Side, str], Fault]) -> None:
    assert faults(terms, REGIONS) == found


def test_two_sides_of_credits_are_no_exchange_of_nanos() -> None:
    both = Terms(Part((), 5, NANOS), Part((), 5, NANOS))
    assert faults(both, REGIONS) == {(Side.PARTNER, "credits"): Fault.BOTH}


def test_terms_come_back_as_they_were_written_and_say_what_changed() -> None:
    later = Terms(
        replace(GOOD.offerer, items=(TWO,), credits=7),
        replace(GOOD.partner, grant=Grant(None, 3, "03101", True, True)),
    )
    assert from_json(to_json(later)) == later
    assert [(one.side, one.name) for one in changes(GOOD, later)] == [
        (Side.OFFERER, "items"), (Side.OFFERER, "credits"), (Side.PARTNER, "days"), (Side.PARTNER, "seats"),
        (Side.PARTNER, "territory"), (Side.PARTNER, "adapts"), (Side.PARTNER, "passes_on"),
    ]  # fmt: skip
    assert changes(GOOD, GOOD) == ()


# --- tax ------------------------------------------------------------------------------------------------------


@given(st.integers(0, 10_000_000))
def test_tax_is_contained_to_the_cent_and_only_where_it_is_due(cents: int) -> None:
    made = taxed(Status.REGULAR, cents * CENT)
    assert made.net + made.tax == made.gross == cents * CENT and made.tax % CENT == 0
    assert abs(made.tax * 119 - made.gross * 19) * 2 <= 119 * CENT, "rounded by half a cent at most"
    for status in set(Status) - {Status.REGULAR}:
        assert (taxed(status, cents * CENT).percent, taxed(status, cents * CENT).tax) == (0, 0)


def test_a_hundred_and_nineteen_euros_hold_nineteen() -> None:
    assert taxed(Status.REGULAR, 119 * NANOS).tax == 19 * NANOS
