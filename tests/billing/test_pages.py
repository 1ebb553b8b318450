"""Billing's pages: who may see and do what, and what stands on them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from app.billing import api
from app.billing.models import Voucher
from app.billing.queries.wallet import wallet_state
from app.billing.services.credit import credit
from app.billing.services.metering import open_interval
from app.billing.services.settlement import settle
from app.billing.services.voucher import issue_vouchers
from app.kit import clock, live
from app.kit.authz import SYSTEM
from app.kit.db import db, transaction
from app.kit.dom import dom_id
from app.kit.ids import new_id
from app.kit.money import Money, euros
from tests.billing.conftest import plain
from tests.people import People, sign_in

MEMBER_PAGES = ["/guthaben", "/guthaben/verlauf", "/guthaben/verlauf/csv"]
OPERATOR_PAGES = ["/betrieb/gutscheine", "/betrieb/preise"]
MANAGE = ["/guthaben/gutschein", "/guthaben/aufladung", "/guthaben/warnung"]
OPERATE = ["/betrieb/gutscheine", "/betrieb/preise", "/betrieb/preise/minuten"]


@pytest.fixture(autouse=True)
def _clock(frozen: datetime) -> None:
    """Time moves only when a test says so."""


def balance(people: People) -> Money:
    db.session.rollback()
    return wallet_state(people.organisation_id).balance


def run_a_server(people: People) -> None:
    with transaction():
        credit(people.organisation_id, euros(10), key=new_id().hex, kind="topup", actor=SYSTEM)
    with transaction():
        open_interval(
            people.organisation_id, ("hosting.server", new_id()), "hosting.active", 4096, clock.now(), "k"
        )
    clock.advance(hours=1, minutes=32, seconds=10)
    settle(people.organisation_id)


@pytest.mark.parametrize("url", MEMBER_PAGES)
def test_every_member_sees_the_wallet(client: FlaskClient, people: People, url: str) -> None:
    for who in (people.alice, people.dora, people.bob):
        assert sign_in(client, who).get(url).status_code == 200
    assert sign_in(client, None).get(url).status_code in (302, 303, 401)


@pytest.mark.parametrize("url", OPERATOR_PAGES)
def test_operators_pages_are_for_operators(client: FlaskClient, people: People, url: str) -> None:
    assert sign_in(client, people.olga).get(url).status_code == 200
    assert sign_in(client, people.alice).get(url).status_code in (403, 404)


@pytest.mark.parametrize("url", MANAGE)
def test_members_do_not_manage(client: FlaskClient, people: People, url: str) -> None:
    assert sign_in(client, people.bob).post(url).status_code == 403
    assert sign_in(client, people.dora).post(url).status_code == 422  # empty, but allowed


@pytest.mark.parametrize("url", OPERATE)
def test_organisations_do_not_operate(client: FlaskClient, people: People, url: str) -> None:
    assert sign_in(client, people.alice).post(url).status_code in (403, 404)
    assert sign_in(client, people.olga).post(url).status_code == 422


def test_a_member_sees_no_forms(client: FlaskClient, people: People) -> None:
    page = sign_in(client, people.bob).get("/guthaben").text
    assert "voucher-form" not in page
    assert "voucher-form" in sign_in(client, people.alice).get("/guthaben").text


def test_the_page_says_what_a_gb_month_is(client: FlaskClient, people: People) -> None:
    page = sign_in(client, people.bob).get("/guthaben").text
    assert "730 Stunden" in page
    assert "0,02 €/GB-h" in plain(page)
    assert "kostenlos" in page


def test_redeeming_a_voucher(client: FlaskClient, people: People) -> None:
    (code,) = issue_vouchers(people.olga.actor, amount=euros(25))
    sign_in(client, people.dora)
    wrong = client.post("/guthaben/gutschein", data={"code": "AAAA-AAAA-AAAA-AAAA"})
    assert wrong.status_code == 422
    assert "Dieser Code gilt nicht" in wrong.text
    assert (
        client.post("/guthaben/gutschein", data={"code": code.lower().replace("-", " ")}).status_code == 303
    )
    assert client.post("/guthaben/gutschein", data={"code": code}).status_code == 303
    assert balance(people) == euros(25)


def test_a_double_click_tops_up_once(client: FlaskClient, people: People) -> None:
    sign_in(client, people.alice)
    form = {"amount": "12,50", "once": "one-page"}
    assert client.post("/guthaben/aufladung", data=form).status_code == 303
    assert client.post("/guthaben/aufladung", data=form).status_code == 303
    assert balance(people) == Money(12_500_000_000)
    assert client.post("/guthaben/aufladung", data={"amount": "0,50", "once": "b"}).status_code == 422
    assert client.post("/guthaben/aufladung", data={"amount": "viel", "once": "c"}).status_code == 422


def test_the_warning_time_is_kept(client: FlaskClient, people: People) -> None:
    sign_in(client, people.alice)
    assert client.post("/guthaben/warnung", data={"warn_hours": "48"}).status_code == 303
    assert wallet_state(people.organisation_id).warn_minutes == 48 * 60
    assert client.post("/guthaben/warnung", data={"warn_hours": "0"}).status_code == 422
    assert client.post("/guthaben/warnung", data={"warn_hours": "oft"}).status_code == 422


@pytest.mark.parametrize(("lang", "word"), [("de", "Testguthaben"), ("en", "Test credit")])
def test_money_of_the_test_provider_says_so_in_the_history(
    client: FlaskClient, people: People, lang: str, word: str
) -> None:
    """In the list and in the file that goes to the bookkeeper; money that is real does not."""
    with transaction():
        credit(people.organisation_id, euros(10), key="real", kind="topup", actor=SYSTEM)
    sign_in(client, people.alice)
    for path in ("/guthaben/verlauf", "/guthaben/verlauf/csv"):
        assert word not in client.get(f"{path}?lang={lang}").get_data(as_text=True)
    client.post("/guthaben/aufladung", data={"amount": "12,50", "once": "test"})
    assert client.get(f"/guthaben/verlauf?lang={lang}").text.count(word) == 1
    rows = client.get(f"/guthaben/verlauf/csv?lang={lang}").get_data(as_text=True).splitlines()
    assert [word in row for row in rows] == ["12,5" in row or "12.5" in row for row in rows]
    assert sum(word in row for row in rows) == 1


def test_a_price_with_three_decimals_is_not_a_thousand(client: FlaskClient, people: People) -> None:
    sign_in(client, people.olga)
    form = {"meter": "hosting.active", "valid_from": "2099-01-01T00:00"}
    assert client.post("/betrieb/preise", data=form | {"amount": "1.234"}).status_code == 422
    assert client.post("/betrieb/preise", data=form | {"amount": "0.002"}).status_code == 303
    assert "0,002 €/GB-h" in plain(client.get("/betrieb/preise").text)


def test_the_history_spells_the_calculation_out(client: FlaskClient, people: People) -> None:
    run_a_server(people)
    page = plain(sign_in(client, people.bob).get("/guthaben/verlauf").text)
    assert "4 GB × 1 h 32 min 10 s × 0,02 €/GB-h = 0,122888888 €" in page
    assert "−0,122888888" in page
    amounts = re.findall(r"[0-9],([0-9]+)\s€</span></td>", page)
    assert amounts
    assert {len(digits) for digits in amounts} == {9}, "points stand below each other"
    only = client.get("/guthaben/verlauf?kind=topup").text
    assert "1 h 32 min" not in only
    assert "Aufladung" in only


def test_the_csv_has_a_line_for_each_charge(client: FlaskClient, people: People) -> None:
    run_a_server(people)
    text = sign_in(client, people.bob).get("/guthaben/verlauf/csv").get_data(as_text=True)
    lines = text.lstrip("\ufeff").splitlines()
    assert len(lines) == 3
    cells = lines[1].split(";")
    assert cells[4] == "4096"
    assert cells[7] == "5530"
    assert cells[9] == "-0,122888888"
    assert cells[11] == "9,877111112"


def test_the_history_has_pages(client: FlaskClient, people: People) -> None:
    for number in range(32):
        with transaction():
            credit(people.organisation_id, euros(1), key=f"k{number}", kind="topup", actor=SYSTEM)
    first = sign_in(client, people.bob).get("/guthaben/verlauf").text
    link = re.search(r'rel="next" href="([^"]+)"', first)
    assert link is not None
    second = client.get(link[1].replace("&amp;", "&")).text
    assert second.count('role="rowheader"') == 2


def test_strangers_history_is_their_own(client: FlaskClient, people: People) -> None:
    run_a_server(people)
    page = sign_in(client, people.cleo).get("/guthaben/verlauf").text
    assert "0,122888888" not in page


def test_low_and_open_amounts_are_said(client: FlaskClient, people: People) -> None:
    with transaction():
        credit(people.organisation_id, euros(1), key="k", kind="topup", actor=SYSTEM)
    with transaction():
        open_interval(
            people.organisation_id, ("hosting.server", new_id()), "hosting.active", 4096, clock.now(), "k"
        )
    sign_in(client, people.bob)
    assert "wird knapp" in client.get("/guthaben").text
    clock.advance(hours=13)
    settle(people.organisation_id)
    page = sign_in(client, people.bob).get("/guthaben").text
    assert "aufgebraucht" in page
    assert "0,04" in page


def test_issuing_vouchers_shows_the_codes_once(client: FlaskClient, people: People) -> None:
    sign_in(client, people.olga)
    form = {
        "amount": "5",
        "count": "3",
        "max_uses": "2",
        "purpose": "Messe",
        "expires": "2026-12-24",
        "once": "x",
    }
    page = client.post("/betrieb/gutscheine", data=form)
    codes = re.findall(r"<code>([0-9A-Z-]{19})</code>", page.text)
    assert len(codes) == 3
    assert page.headers["Cache-Control"] == "no-store"
    again = client.post("/betrieb/gutscheine", data=form)
    assert again.status_code == 409
    rows = db.session.scalars(select(Voucher)).all()
    assert len(rows) == 3
    assert rows[0].expires_at is not None
    assert rows[0].expires_at.isoformat() == "2026-12-24T23:00:00+00:00"  # to the end of that local day
    assert not any(code in client.get("/betrieb/gutscheine").text for code in codes)


def test_withdrawing_asks_first(client: FlaskClient, people: People) -> None:
    issue_vouchers(people.olga.actor, amount=euros(5))
    row = db.session.scalars(select(Voucher)).one()
    sign_in(client, people.olga)
    url = f"/betrieb/gutscheine/{row.id}/zurueckziehen"
    assert "zurückziehen?" in client.get(url).text
    assert client.post(url).status_code == 303
    assert "Zurückgezogen" in client.get("/betrieb/gutscheine").text
    assert client.get(f"/betrieb/gutscheine/{new_id()}/zurueckziehen").status_code == 404


def test_announcing_a_price(client: FlaskClient, people: People) -> None:
    sign_in(client, people.olga)
    past = {"meter": "hosting.active", "amount": "0,025", "valid_from": "2026-01-01T00:00"}
    assert client.post("/betrieb/preise", data=past).status_code == 422
    coming = {**past, "valid_from": "2027-01-01T00:00"}
    assert client.post("/betrieb/preise", data=coming).status_code == 303
    assert "0,025" in client.get("/betrieb/preise").text
    sign_in(client, people.bob)
    assert "0,025" in client.get("/guthaben").text
    later = datetime.fromisoformat("2027-01-01T00:00:00+01:00")
    with clock.freeze(later + timedelta(seconds=1)):
        assert api.rate_per_hour("hosting.active", 1024) == Money(25_000_000)


def test_the_minutes_of_all_wallets(client: FlaskClient, people: People) -> None:
    sign_in(client, people.olga)
    bad = {"warn_minutes": "100", "reserve_minutes": "5", "stop_minutes": "6"}
    assert client.post("/betrieb/preise/minuten", data=bad).status_code == 422
    assert client.post("/betrieb/preise/minuten", data={**bad, "reserve_minutes": "20"}).status_code == 303
    state = wallet_state(people.organisation_id)
    assert (state.warn_minutes, state.reserve_minutes, state.stop_minutes) == (100, 20, 6)


VOUCHERS = {"amount": "5", "count": "1", "max_uses": "1"}
MINUTES = {"warn_minutes": "60", "reserve_minutes": "10", "stop_minutes": "5"}


@pytest.mark.parametrize(
    ("url", "data"),
    [
        ("/betrieb/gutscheine", {**VOUCHERS, "max_uses": "99999999999"}),
        ("/betrieb/gutscheine", {**VOUCHERS, "expires": "9999-12-31"}),
        ("/betrieb/gutscheine", {**VOUCHERS, "amount": "9" * 30}),
        (
            "/betrieb/preise",
            {"meter": "hosting.active", "amount": "9" * 12, "valid_from": "2030-01-01T00:00"},
        ),
        ("/betrieb/preise", {"meter": "hosting.active", "amount": "1", "valid_from": "0001-01-01T00:00"}),
        ("/betrieb/preise/minuten", {**MINUTES, "warn_minutes": "9" * 20}),
    ],
)
def test_figures_that_no_database_holds_are_complaints(
    client: FlaskClient, people: People, url: str, data: dict[str, str]
) -> None:
    answer = sign_in(client, people.olga).post(url, data=data)
    assert answer.status_code == 422
    assert "-error" in answer.text


def test_english_pages(client: FlaskClient, app: Flask, people: People) -> None:
    run_a_server(people)
    for url in MEMBER_PAGES:
        assert sign_in(client, people.bob).get(f"{url}?lang=en").status_code == 200


def test_pages_need_few_queries(client: FlaskClient, people: People) -> None:
    """Of the page itself, beside the shell's own (session, organisation, notices)."""
    run_a_server(people)
    sign_in(client, people.bob)
    tables = []

    def counted(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT") and "billing_" in statement:
            tables.append(statement)

    event.listen(db.engine, "before_cursor_execute", counted)
    try:
        for url, most in (("/guthaben", 6), ("/guthaben/verlauf", 2)):
            tables.clear()
            assert client.get(url).status_code == 200
            assert len(tables) <= most, tables
    finally:
        event.remove(db.engine, "before_cursor_execute", counted)


def test_the_balance_is_live_for_members_only(app: Flask, people: People) -> None:
    found = live.find(dom_id("billing-wallet", people.organisation_id, "balance"))
    assert found is not None
    fragment, row_id = found
    assert fragment.authorise(people.bob.actor, row_id)
    assert not fragment.authorise(people.cleo.actor, row_id)
    assert not fragment.authorise(people.olga.actor, row_id)
    with app.test_request_context():
        html = fragment.render(row_id)
    assert html.lstrip().startswith(f'<div id="{dom_id("billing-wallet", row_id, "balance")}" data-live')
