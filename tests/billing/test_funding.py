"""Money comes in once: vouchers and payments, doubled, at once, late and refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.api import create_organisation
from app.billing.demo import SLUG, seed
from app.billing.errors import VoucherRefused
from app.billing.gateways.payment import FAILED, PENDING, SUCCEEDED, FakeProvider, TestProvider, providers
from app.billing.models import Redemption, Voucher
from app.billing.queries.personal import export_bookings
from app.billing.queries.vouchers import list_vouchers
from app.billing.queries.wallet import wallet_state
from app.billing.rules.voucher import new_code, normalise
from app.billing.services.payment import confirm_payment, top_up
from app.billing.services.reconcile import find_differences
from app.billing.services.voucher import issue_vouchers, redeem_voucher, withdraw_voucher
from app.kit import clock
from app.kit.config import Settings
from app.kit.db import db
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany, Unavailable
from app.kit.ids import new_id
from app.kit.money import Money, euros
from tests.billing.conftest import EUR, House
from tests.people import People
from tests.threads import at_once


def test_codes_survive_being_copied_by_hand() -> None:
    code = new_code()
    assert len(code) == 19
    plain = normalise(code)
    assert plain is not None
    assert normalise(f" {code.lower().replace('-', ' ')} ") == plain
    assert normalise("O1IL-0000-0000-0000") == "0111000000000000"
    assert normalise("zu kurz") is None
    assert normalise("UUUU-UUUU-UUUU-UUUU") is None
    assert len({new_code() for _ in range(1000)}) == 1000


def test_codes_are_not_stored(app: Flask, house: House) -> None:
    (code,) = issue_vouchers(house.operator, amount=euros(5))
    row = db.session.scalars(select(Voucher)).one()
    assert normalise(code) not in str(vars(row))
    assert row.hint == code[-4:]


@pytest.mark.slow
def test_one_voucher_sixty_at_once_credits_once(db_app: Flask, house: House) -> None:
    (code,) = issue_vouchers(house.operator, amount=euros(5))
    results = at_once(db_app, 60, lambda _: redeem_voucher(house.owner, code))
    assert [result.fresh for result in results].count(True) == 1
    assert house.balance() == 5 * EUR
    assert find_differences() == []


@pytest.mark.slow
def test_sixty_organisations_want_the_last_ten_uses(db_app: Flask, house: House) -> None:
    (code,) = issue_vouchers(house.operator, amount=euros(5), max_uses=10)
    houses = [House() for _ in range(60)]
    results = at_once(db_app, 60, lambda index: redeem_voucher(houses[index].owner, code))
    assert sum(not isinstance(result, Exception) for result in results) == 10
    assert {type(result) for result in results if isinstance(result, Exception)} == {VoucherRefused}
    assert sum(own.balance() for own in houses) == 50 * EUR
    assert db.session.scalar(select(func.count()).select_from(Redemption)) == 10
    assert list_vouchers().rows[0].state == "used"
    assert find_differences() == []


def test_bad_codes_get_one_answer(app: Flask, house: House, frozen: datetime) -> None:
    operator = house.operator
    (expired,) = issue_vouchers(operator, amount=euros(5), expires_at=clock.now() + timedelta(hours=1))
    (withdrawn,) = issue_vouchers(operator, amount=euros(5))
    withdraw_voucher(operator, list_vouchers().rows[0].id)
    withdraw_voucher(operator, list_vouchers().rows[0].id)
    clock.advance(hours=1)
    messages = set()
    for code in (expired, withdrawn, new_code(), "x"):
        with pytest.raises(VoucherRefused) as refused:
            redeem_voucher(house.owner, code)
        messages.add(refused.value.fields["code"])
    assert len(messages) == 1
    assert house.balance() == 0


def test_guessing_codes_is_slowed_down_and_right_codes_are_not_counted(app: Flask, house: House) -> None:
    (code,) = issue_vouchers(house.operator, amount=euros(5), max_uses=2)
    for _ in range(30):
        redeem_voucher(house.owner, code)
    for _ in range(20):
        with pytest.raises(VoucherRefused):
            redeem_voucher(house.owner, new_code())
    for guess in (new_code(), code):
        with pytest.raises(TooMany) as refused:
            redeem_voucher(house.owner, guess)
        assert 0 < refused.value.retry_after <= 30
    elsewhere = replace(house.owner, organisation_id=new_id())
    with pytest.raises(TooMany):  # another organisation of the same person does not help
        redeem_voucher(elsewhere, code)
    assert redeem_voucher(House().owner, code).fresh


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"amount": Money(0)}, "amount"),
        ({"amount": euros(1001)}, "amount"),
        ({"count": 0}, "count"),
        ({"count": 201}, "count"),
        ({"max_uses": 0}, "max_uses"),
    ],
)
def test_impossible_vouchers(app: Flask, house: House, wrong: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        issue_vouchers(house.operator, **{"amount": euros(5), **wrong})  # type: ignore[arg-type]
    assert set(refused.value.fields) == {field}


def test_who_may(app: Flask, house: House) -> None:
    with pytest.raises(NotAllowed):
        issue_vouchers(house.owner, amount=euros(5))
    with pytest.raises(NotAllowed):
        redeem_voucher(house.member, new_code())
    with pytest.raises(NotAllowed):
        top_up(house.member, TestProvider(), euros(5), once="a", return_url="")


def test_a_payment_credits_when_it_succeeds(app: Flask, house: House) -> None:
    provider = FakeProvider()
    begun = top_up(house.owner, provider, euros(20), once="a", return_url="/")
    assert (begun.state, house.balance()) == (PENDING, 0)
    assert begun.redirect_url.startswith("https://pay.example/")
    reference = f"fake-{begun.payment_id.hex}"
    provider.states[reference] = SUCCEEDED
    for _ in range(3):  # response, webhook and reconciler all bring the news
        assert confirm_payment(provider, reference).state == SUCCEEDED
    assert house.balance() == 20 * EUR
    with pytest.raises(NotFound):
        confirm_payment(provider, "fake-unknown")


@pytest.mark.slow
def test_news_from_everywhere_at_once_credits_once(db_app: Flask, house: House) -> None:
    provider = FakeProvider()
    begun = top_up(house.owner, provider, euros(20), once="a", return_url="/")
    reference = f"fake-{begun.payment_id.hex}"
    provider.states[reference] = SUCCEEDED
    results = at_once(db_app, 30, lambda _: confirm_payment(provider, reference))
    assert {result.state for result in results} == {SUCCEEDED}
    assert house.balance() == 20 * EUR


def test_a_double_click_is_one_payment(db_app: Flask, house: House) -> None:
    provider = TestProvider()
    results = at_once(
        db_app, 20, lambda _: top_up(house.owner, provider, euros(7), once="page", return_url="")
    )
    assert {result.state for result in results} == {SUCCEEDED}
    assert len({result.payment_id for result in results}) == 1
    assert house.balance() == 7 * EUR
    with pytest.raises(Conflict):
        top_up(house.owner, provider, euros(8), once="page", return_url="")


def test_a_failed_payment_stays_failed(app: Flask, house: House) -> None:
    provider = FakeProvider()
    begun = top_up(house.owner, provider, euros(20), once="a", return_url="/")
    reference = f"fake-{begun.payment_id.hex}"
    provider.states[reference] = FAILED
    assert confirm_payment(provider, reference).state == FAILED
    provider.states[reference] = SUCCEEDED
    assert confirm_payment(provider, reference).state == FAILED
    assert house.balance() == 0


def test_a_provider_that_is_away_changes_nothing(app: Flask, house: House) -> None:
    provider = FakeProvider(online=False)
    with pytest.raises(Unavailable):
        top_up(house.owner, provider, euros(20), once="a", return_url="/")
    provider.online = True
    assert top_up(house.owner, provider, euros(20), once="a", return_url="/").state == PENDING


@pytest.mark.parametrize("amount", [Money(0), Money(99 * 10**7), euros(501), Money(1_000_000_001), -euros(5)])
def test_amounts_that_are_not_taken(app: Flask, house: House, amount: Money) -> None:
    with pytest.raises(Invalid):
        top_up(house.owner, TestProvider(), amount, once="a", return_url="")


def test_test_money_only_where_the_settings_say_demo() -> None:
    assert providers(Settings(demo=True)).keys() == {"test"}
    assert providers(Settings(demo=False)) == {}


def test_the_demo_organisation_starts_with_money_once(app: Flask, people: People) -> None:
    seed()  # without the organisation nothing happens
    demo = create_organisation(name="Musterbetrieb", owner_id=people.alice.id, slug=SLUG)
    seed()
    seed()
    assert wallet_state(demo).balance == euros(50)
    mine = export_bookings(people.alice.id)
    assert [row["kind"] for row in mine["bookings"]] == ["topup"]
