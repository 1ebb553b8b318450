"""Exchanges on each database: what is moved when, what is taken back, what is written on receipts, who may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.core.api import Filter, find_file, history
from app.core.models import Event
from app.kit import clock
from app.kit.authz import Actor
from app.kit.config import settings
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.kit.i18n import speaking
from app.kit.money import NANOS
from app.messaging.models import Notice
from app.nanos.models import BarterRevision, CreditAccount, CreditTransfer, Licence, Receipt, Trader
from app.nanos.queries.barter import count_turns, count_views, get_barter, list_barters
from app.nanos.queries.barter_talk import about
from app.nanos.queries.credit import balance_of, differences, list_entries, sum_of_all
from app.nanos.queries.dispute import list_disputes
from app.nanos.queries.file import bytes_to_take, files_of
from app.nanos.queries.licence import given, held, stock_of
from app.nanos.queries.nano import get_nano
from app.nanos.rules.barter import Act, Side, State
from app.nanos.rules.terms import Item, Part
from app.nanos.services import barter as service
from app.nanos.services import credit, personal
from app.nanos.services.barter_time import end_licences, run_due
from app.nanos.services.ending import remove, retire
from app.nanos.services.licence import set_limit
from app.nanos.services.receipt_paper import tax_words
from tests.nanos.trade import Market, market
from tests.people import People

US, THEM = Side.OFFERER, Side.PARTNER
WHY = "Das ist nicht, was vereinbart war."


@pytest.fixture
def trade(db_people: People, frozen: object) -> Market:
    return market(db_people)


def takes(trade: Market, side: Side) -> bool:
    """Whether this side has the other one's file."""
    nano_id = trade.theirs if side is US else trade.ours
    owner, who = trade.actor(side.other), trade.actor(side)
    try:
        bytes_to_take(who, nano_id, files_of(get_nano(owner, nano_id).revision_id)[0].id)
    except NotFound:
        return False
    return True


def waiting(actor: Actor) -> int:
    """How many exchanges wait for the actor's organisation."""
    return count_views(actor)["waiting"]


def books() -> dict[str, int]:
    """Balances by owner, with the sum; held ones together."""
    db.session.rollback()
    assert sum_of_all() == 0 and differences() == 0
    found: dict[str, int] = {"held": 0}
    for row in db.session.query(CreditAccount):
        key = str(row.organisation_id) if row.organisation_id else "held"
        found[key] = found.get(key, 0) + row.balance
    return found


def licences() -> list[str]:
    db.session.rollback()
    return sorted(state for (state,) in db.session.query(Licence.state))


def test_from_offer_to_receipts(trade: Market, run_jobs: Callable[..., list[str]]) -> None:
    made = trade.offer()
    assert waiting(trade.alice) == 1 and waiting(trade.cleo) == 0
    trade.do(THEM, made, Act.COUNTER, terms=trade.terms(days=365))
    assert waiting(trade.cleo) == 1
    trade.do(US, made, Act.ACCEPT)
    assert licences() == ["reserved", "reserved"] and not takes(trade, US) and not takes(trade, THEM)
    trade.do(US, made, Act.DELIVER)
    assert takes(trade, THEM) and not takes(trade, US)
    trade.do(THEM, made, Act.CONFIRM)
    trade.do(THEM, made, Act.DELIVER)
    assert trade.see(made).state is State.DELIVERED
    trade.do(US, made, Act.CONFIRM)
    assert trade.see(made).state is State.COMPLETED and licences() == ["active", "active"]
    assert takes(trade, US) and takes(trade, THEM)
    assert held(trade.cleo)[0].ends_at == clock.now() + timedelta(days=365)
    assert [row.other for row in given(trade.alice)] == ["Südwind"]
    run_jobs()
    for side in Side:
        view = trade.see(made, side)
        assert view.receipt_number == 1 and view.receipt_file is not None
        file = find_file(view.receipt_file)
        assert (
            file is not None
            and file.organisation_id == trade.actor(side).organisation_id
            and file.size > 2000
        )
    data = db.session.query(Receipt).filter_by(organisation_id=trade.people.other_organisation_id).one().data
    assert (data["we"]["vat"], data["they"]["vat"], data["gave"]["value"]) == (
        "regular",
        "exempt22",
        120 * 10**9,
    )


def test_the_log_of_both_and_a_notice_for_the_other(trade: Market) -> None:
    made = trade.completed()
    for organisation_id in (trade.people.organisation_id, trade.people.other_organisation_id):
        names = [
            one.name.rpartition(".")[2] for one in history(organisation_id, Filter(subject_id=made)).rows
        ]
        assert sorted(names) == sorted(
            ["offered", "accepted", "delivered", "delivered", "confirmed", "confirmed", "completed"]
        )
    kinds = {}
    for who in (trade.people.alice, trade.people.cleo, trade.people.bob):
        told = [kind for (kind,) in db.session.query(Notice.kind).filter_by(person_id=who.id)]
        kinds[who.name] = sorted(
            one.removeprefix("nanos.barter_") for one in told if one.startswith("nanos.barter")
        )
    assert kinds["Alice"] == ["completed", "confirmed", "delivered", "offered"]
    assert kinds["Cleo"] == ["accepted", "completed", "delivered"] and kinds["Bob"] == []


def test_no_words_of_people_in_the_log(trade: Market) -> None:
    made = trade.accepted()
    trade.do(US, made, Act.DISPUTE, text=WHY)
    assert not [row for row in db.session.query(Event) if WHY in str(row.data)]


def test_credits_are_held_with_the_acceptance_and_paid_with_the_end(trade: Market) -> None:
    ours, theirs = str(trade.people.other_organisation_id), str(trade.people.organisation_id)
    made = trade.accepted(trade.terms(credits=30, ours=False))
    assert books() == {ours: -30, "held": 30} and balance_of(trade.cleo).free == 70
    assert trade.see(made).deal.delivered == {US}
    trade.do(THEM, made, Act.DELIVER)
    trade.do(US, made, Act.CONFIRM)
    assert trade.see(made).state is State.COMPLETED and books() == {ours: -30, theirs: 30, "held": 0}
    assert [(row.kind, row.amount) for row in list_entries(trade.alice)] == [("release", 30)]


def test_who_has_not_enough_accepts_nothing(trade: Market) -> None:
    made = trade.offer(trade.terms(credits=101))
    with pytest.raises(Conflict):
        trade.do(THEM, made, Act.ACCEPT)
    assert trade.see(made).state is State.OFFERED and licences() == [] and books() == {"held": 0}
    credit.set_floor(trade.olga, trade.people.other_organisation_id, -101)
    trade.do(THEM, made, Act.ACCEPT)
    assert books()["held"] == 101


def test_an_amendment_takes_back_what_was_delivered(trade: Market) -> None:
    made = trade.accepted(trade.terms(credits=30))
    trade.do(US, made, Act.DELIVER)
    assert takes(trade, THEM)
    trade.do(THEM, made, Act.PROPOSE, terms=trade.terms(credits=10, days=30))
    assert trade.see(made).deal.pending == 2 and takes(trade, THEM)
    trade.do(US, made, Act.AGREE)
    assert not takes(trade, THEM) and books()["held"] == 10
    assert licences() == ["reserved", "reserved", "revoked", "revoked"]
    view = trade.see(made)
    assert view.state is State.ACCEPTED and view.valid.number == 2 and view.deal.delivered == frozenset()


@pytest.mark.parametrize("what", [Act.CANCEL, Act.COMPLETE])
def test_a_moderator_decides_once_with_a_reason(trade: Market, what: Act) -> None:
    made = trade.accepted(trade.terms(credits=30))
    trade.do(US, made, Act.DELIVER)
    with pytest.raises(NotFound):
        get_barter(trade.olga, made)
    assert about(trade.olga, [made]) == {}
    with pytest.raises(Invalid) as wrong:
        trade.do(THEM, made, Act.DISPUTE, text="Nein.")
    assert set(wrong.value.fields) == {"text"}
    trade.do(THEM, made, Act.DISPUTE, text=WHY)
    assert [row.id for row in list_disputes()] == [made] and not about(trade.olga, [made])[made].writes
    with pytest.raises(Conflict):
        trade.do(THEM, made, Act.CONFIRM)
    with pytest.raises(Invalid):
        trade.do(None, made, what, text="")
    trade.do(None, made, what, text="Geprüft und entschieden.")
    view = trade.see(made)
    done = what is Act.COMPLETE
    assert (
        view.state is (State.COMPLETED if done else State.CANCELLED)
        and view.reason == "Geprüft und entschieden."
    )
    assert (takes(trade, US), takes(trade, THEM)) == (done, done)
    assert books()["held"] == 0 and db.session.query(Receipt).count() == (2 if done else 0)
    with pytest.raises(Conflict):
        trade.do(None, made, what, text="Noch einmal anders.")


def test_time_ends_whatever_waits(trade: Market) -> None:
    offered, accepted = trade.offer(), trade.accepted(trade.terms(credits=20))
    half = trade.accepted()
    trade.do(US, half, Act.DELIVER)
    both = trade.accepted()
    for side in Side:
        trade.do(side, both, Act.DELIVER)
    disputed = trade.accepted()
    trade.do(US, disputed, Act.DISPUTE, text=WHY)
    clock.advance(days=settings().nano_offer_days - settings().nano_remind_days)
    assert run_due() == 4 and run_due() == 0
    kinds = [kind for (kind,) in db.session.query(Notice.kind).filter_by(kind="nanos.barter_reminder")]
    assert len(kinds) > 4
    clock.advance(days=settings().nano_remind_days)
    assert run_due() >= 4
    assert {one: trade.see(made).state.value for one, made in (("o", offered), ("a", accepted), ("h", half), ("b", both))} == {
        "o": "expired", "a": "cancelled", "h": "cancelled", "b": "completed",
    }  # fmt: skip
    clock.advance(days=settings().nano_dispute_days)
    run_due()
    assert trade.see(disputed).state is State.CANCELLED
    assert books()["held"] == 0 and licences().count("reserved") == 0 and run_due() == 0


def test_too_late_is_too_late_before_anybody_wrote_it_down(trade: Market) -> None:
    made = trade.offer()
    clock.advance(days=settings().nano_offer_days)
    with pytest.raises(Conflict):
        trade.do(THEM, made, Act.ACCEPT)
    with pytest.raises(Conflict):  # the other side's acceptance would bind who counters
        trade.do(THEM, made, Act.COUNTER, terms=trade.terms())
    assert trade.see(made).deal.latest == 1


def test_a_licence_ends_on_its_day(trade: Market) -> None:
    trade.completed(trade.terms(days=30))
    assert takes(trade, US)
    clock.advance(days=30)
    assert not takes(trade, US), "at that instant, whoever wrote it down"
    assert end_licences() == 2 and end_licences() == 0 and licences() == ["ended", "ended"]
    assert db.session.query(Notice).filter_by(kind="nanos.licence_ended").count() > 1


def test_one_licence_at_a_time(trade: Market) -> None:
    set_limit(trade.alice, trade.theirs, 1)
    first, second = trade.accepted(), trade.offer()
    with pytest.raises(Conflict):
        trade.do(THEM, second, Act.ACCEPT)
    assert stock_of(trade.alice, trade.theirs).taken == 1
    trade.do(US, first, Act.DISPUTE, text=WHY)
    trade.do(None, first, Act.CANCEL, text="Geprüft und entschieden.")
    trade.do(THEM, second, Act.ACCEPT)
    assert stock_of(trade.alice, trade.theirs).taken == 1
    with pytest.raises(NotFound):
        set_limit(trade.cleo, trade.theirs, 5)
    with pytest.raises(Invalid):
        set_limit(trade.alice, trade.theirs, 0)


def test_what_is_gone_is_neither_promised_nor_delivered(trade: Market) -> None:
    offered, accepted = trade.offer(), trade.accepted()
    retire(trade.alice, trade.theirs)
    with pytest.raises(Conflict):
        trade.do(THEM, offered, Act.ACCEPT)
    trade.do(THEM, accepted, Act.DELIVER)  # what was promised before stays promised
    remove(trade.cleo, trade.ours)
    with pytest.raises(Conflict):
        trade.do(US, accepted, Act.DELIVER)


def test_what_somebody_saw_before_is_no_answer_to_what_stands_there_now(trade: Market) -> None:
    made = trade.offer()
    seen = trade.see(made, THEM).deal
    trade.do(THEM, made, Act.COUNTER, terms=trade.terms(days=30))
    with pytest.raises(Conflict):
        service.act(trade.cleo, made, seen.version, Act.ACCEPT, revision=2)
    now = trade.see(made).deal
    with pytest.raises(Conflict):
        service.act(trade.cleo, made, now.version, Act.ACCEPT, revision=1)
    service.act(trade.cleo, made, now.version, Act.ACCEPT, revision=2)


def test_who_may(trade: Market) -> None:
    made = trade.offer()
    bob, dora = trade.people.bob.actor, trade.people.dora.actor
    assert get_barter(bob, made).acts == frozenset() and count_turns(bob) == 0
    assert about(bob, [made])[made].writes
    with pytest.raises(NotAllowed):
        service.act(bob, made, 1, Act.ACCEPT, revision=1)
    with pytest.raises(NotAllowed):
        service.act(trade.olga, made, 1, Act.ACCEPT, revision=1)
    stranger = replace(trade.cleo, organisation_id=UUID(int=7))
    for call in (
        lambda: get_barter(stranger, made),
        lambda: service.act(stranger, made, 1, Act.ACCEPT, revision=1),
        lambda: service.act(trade.olga, made, 1, Act.CANCEL, text=WHY),
    ):
        with pytest.raises(NotFound):
            call()
    assert about(stranger, [made]) == {} and not list_barters(stranger, "open").rows
    service.act(dora, made, 1, Act.ACCEPT, revision=1)


def test_what_cannot_be_offered(trade: Market) -> None:
    def fields(terms: object) -> set[str]:
        with pytest.raises(Invalid) as wrong:
            service.offer(trade.cleo, trade.theirs, terms, once=str(uuid4()))  # type: ignore[arg-type]
        return set(wrong.value.fields)

    good = trade.terms()
    assert fields(replace(good, offerer=replace(good.offerer, value=0))) == {"give_value"}
    assert fields(replace(good, partner=replace(good.partner, value=-1))) == {"get_value"}
    assert fields(replace(good, offerer=good.partner)) == {"give_items"}, "what is another's is not given"
    assert fields(trade.terms(ours=False)) == {"give_items"}
    with pytest.raises(NotFound):
        service.offer(trade.alice, trade.theirs, good, once="own")
    once = str(uuid4())
    service.offer(trade.cleo, trade.theirs, good, once=once)
    with pytest.raises(Conflict):
        service.offer(trade.cleo, trade.theirs, good, once=once)


def test_without_a_statement_nobody_binds_themselves(trade: Market) -> None:
    made = trade.offer()
    with transaction():
        db.session.query(Trader).filter_by(organisation_id=trade.people.organisation_id).delete()
    with pytest.raises(Conflict):
        trade.do(THEM, made, Act.ACCEPT)
    with pytest.raises(Conflict):  # the other side's acceptance would bind who counters
        trade.do(THEM, made, Act.COUNTER, terms=trade.terms())
    assert trade.see(made).deal.latest == 1


def test_revisions_and_postings_are_never_changed(trade: Market) -> None:
    trade.accepted(trade.terms(credits=5))
    for row, change in (
        (db.session.query(BarterRevision).one(), {"author": "partner"}),
        (db.session.query(CreditTransfer).one(), {"kind": "release"}),
    ):
        with pytest.raises(RuntimeError), transaction():
            again = db.session.get(type(row), row.id)
            for name, value in change.items():
                setattr(again, name, value)
            db.session.flush()


def test_receipts_are_numbered_without_a_gap(trade: Market) -> None:
    for _ in range(3):
        trade.completed()
    lost = trade.accepted()
    trade.do(US, lost, Act.DISPUTE, text=WHY)
    trade.do(None, lost, Act.CANCEL, text="Geprüft und entschieden.")
    trade.completed()
    for organisation_id in (trade.people.organisation_id, trade.people.other_organisation_id):
        numbers = [
            n
            for (n,) in db.session.query(Receipt.number)
            .filter_by(organisation_id=organisation_id)
            .order_by(Receipt.number)
        ]
        assert numbers == [1, 2, 3, 4]


def test_what_the_paper_says_about_tax(app: object) -> None:
    item = Item(UUID(int=1), 1, "x")
    nano, credits = Part((item,), 0, 119 * NANOS), Part((), 5, 119 * NANOS)
    with speaking("de", "Europe/Berlin"):
        assert "19,00" in tax_words("regular", nano, nano) and "100,00" in tax_words("regular", nano, credits)
        assert "§ 4 Nr. 21" in tax_words("exempt21", nano, nano) and "§ 19" in tax_words("small", nano, nano)
        assert "keine eigene Leistung" in tax_words("regular", credits, nano)
        assert "abzüglich" in tax_words("regular", replace(nano, credits=5), nano), (
            "no amount where none was agreed"
        )
        assert "keine Angabe" in tax_words("", nano, nano)


def test_a_reversal_below_the_floor_needs_a_reason(trade: Market) -> None:
    trade.completed(trade.terms(credits=60, ours=False))
    payment = db.session.query(CreditTransfer).filter_by(kind="release").one().id
    credit.set_floor(trade.olga, trade.people.organisation_id, 0)
    second = trade.terms(back=50, theirs=True)
    trade.accepted(second)  # Nordlicht has spent 50 of its 60
    with pytest.raises(Invalid) as wrong:
        credit.reverse(trade.olga, payment, "")
    assert set(wrong.value.fields) == {"reason"}
    with pytest.raises(NotAllowed):
        credit.reverse(trade.alice, payment, WHY)
    credit.reverse(trade.olga, payment, "Der Tausch war vorgetäuscht.")
    assert books()[str(trade.people.organisation_id)] == -50
    assert list_entries(trade.alice)[0].reason == "Der Tausch war vorgetäuscht."
    with pytest.raises(Conflict):
        credit.reverse(trade.olga, payment, "Der Tausch war vorgetäuscht.")


def test_what_is_exported_and_erased(trade: Market) -> None:
    made = trade.accepted()
    trade.do(US, made, Act.DISPUTE, text=WHY)
    trade.do(None, made, Act.CANCEL, text="Geprüft und entschieden.")
    told = personal.export_nanos(trade.people.cleo.id)
    assert [one["number"] for one in told["barter_revisions"]] == [1] and told["barters"][0]["barter"] == str(
        made
    )
    with transaction():
        personal.erase_nanos(trade.people.cleo.id)
        personal.erase_nanos(trade.people.olga.id)
    db.session.rollback()
    told = personal.export_nanos(trade.people.cleo.id)
    assert told["barters"] == told["barter_revisions"] == []
    row = db.session.get(Trader, trade.people.other_organisation_id)
    assert row is not None and (row.address, row.tax_number, row.stated_by) == ("", "", None)
    assert get_barter(trade.alice, made).complaint == "", "what Cleo wrote is gone"
