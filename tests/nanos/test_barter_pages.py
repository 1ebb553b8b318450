"""The pages of exchanges: from the button on a nano's page to receipts; what is wrong stands at its field; few statements."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.kit import live
from app.kit.authz import acting
from app.kit.db import db
from app.kit.errors import NotFound
from app.messaging.api import say
from app.nanos.models import Barter, CreditTransfer, Trader
from app.nanos.queries.barter import DEAL, LIVE
from app.nanos.rules.barter import Act, Side, State
from tests.architecture.test_page_queries import MOST, counted
from tests.nanos.trade import Market, market
from tests.people import People, sign_in

US, THEM = Side.OFFERER, Side.PARTNER


@pytest.fixture
def trade(people: People) -> Market:
    return market(people)


def typed(trade: Market, **more: Any) -> dict[str, Any]:
    """A form as a browser sends it."""
    return {
        "once": str(uuid4()), "give_items": [str(trade.ours)], "give_credits": "", "give_value": "120,00", "give_days": "90",
        "give_seats": "", "give_territory": "", "get_items": [str(trade.theirs)], "get_credits": "", "get_value": "100",
        "get_days": "", "get_seats": "5", "get_territory": "03101", "get_adapts": "y", **more,
    }  # fmt: skip


def hidden(page: str) -> dict[str, str]:
    """Version and revision as the buttons of the page send them."""
    found = {}
    for name in ("version", "revision"):
        match = re.search(rf'name="{name}"[^>]*value="(\d+)"', page) or re.search(
            rf'value="(\d+)"[^>]*name="{name}"', page
        )
        if match:
            found[name] = match[1]
    return found


def test_from_the_button_to_the_receipts(
    client: FlaskClient, trade: Market, run_jobs: Callable[..., list[str]]
) -> None:
    sign_in(client, trade.people.cleo)
    assert "Noch kein Tausch" in client.get("/nanos/barters").text
    assert f"/nanos/{trade.theirs}/barter" in client.get(f"/nanos/{trade.theirs}").text
    assert "Tausch anbieten" not in client.get(f"/nanos/{trade.ours}").text
    page = client.get(f"/nanos/{trade.theirs}/barter").text
    assert "Datenschutz in fünf Minuten" in page and "nicht in Geld tauschen" in page
    sent = client.post(f"/nanos/{trade.theirs}/barter", data=typed(trade))
    assert sent.status_code == 303
    address = sent.location
    assert "Nordlicht ist dran" in client.get(address).text
    sign_in(client, trade.people.alice)
    page = client.get("/nanos/barters").text
    assert "Sie sind dran" in page and 'class="badge"' in page
    page = client.get(address).text
    assert "Südwind wartet auf Ihre Antwort" in page and "Fassung 1 annehmen" in page
    change = client.get(f"{address}/change").text
    back = typed(
        trade, give_items=[str(trade.theirs)], get_items=[str(trade.ours)], give_value="100", get_value="150"
    )
    assert client.post(f"{address}/change", data={**back, **hidden(change)}).status_code == 303
    sign_in(client, trade.people.cleo)
    page = client.get(address).text
    assert "150,00" in page and "Fassung 2 annehmen" in page
    assert client.post(f"{address}/accept", data=hidden(page)).location == address
    for who in (trade.people.cleo, trade.people.alice):
        sign_in(client, who)
        assert client.post(f"{address}/deliver", data=hidden(client.get(address).text)).status_code == 303
    for who in (trade.people.cleo, trade.people.alice):
        sign_in(client, who)
        assert client.post(f"{address}/confirm", data=hidden(client.get(address).text)).status_code == 303
    assert "wird gerade erstellt" in client.get(address).text
    run_jobs()
    page = client.get(address).text
    receipt = re.search(r'href="(/dateien/[^"]+)"', page)
    assert receipt is not None
    paper = client.get(receipt[1])
    assert paper.mimetype == "application/pdf" and paper.data.startswith(b"%PDF")
    sign_in(client, trade.people.cleo)
    assert client.get(receipt[1]).status_code == 404, "each side has its own"
    assert (
        "Läuft" in client.get("/nanos/licences").text
        and "Läuft" in client.get("/nanos/licences?view=given").text
    )


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    client: FlaskClient, trade: Market
) -> None:
    sign_in(client, trade.people.cleo)
    wrong = typed(
        trade, give_value="viel", give_credits="-1", get_seats="null", give_items=[str(trade.theirs), "x"]
    )
    answer = client.post(f"/nanos/{trade.theirs}/barter", data=wrong)
    assert answer.status_code == 422 and db.session.query(Barter).count() == 0
    assert "Wählen Sie Nanos aus der Liste" in answer.text and 'value="viel"' in answer.text
    answer = client.post(
        f"/nanos/{trade.theirs}/barter?lang=en", data={**wrong, "give_items": [str(trade.ours)]}
    )
    assert (
        answer.status_code == 422
        and "A whole number from 0" in answer.text
        and "for example 120.00" in answer.text
    )
    assert client.post(f"/nanos/{trade.theirs}/barter", data={}).status_code in (409, 422)


def test_who_has_stated_nothing_is_led_there_and_back(client: FlaskClient, trade: Market) -> None:
    made = trade.offer()
    db.session.query(Trader).delete()
    db.session.commit()
    sign_in(client, trade.people.alice)
    led = client.get(f"/nanos/barters/{made}/change")
    assert led.location.startswith("/nanos/receipt-details?back=") and led.location.endswith("change")
    led = client.post(f"/nanos/barters/{made}/accept", data={"version": "1", "revision": "1"})
    assert led.location.startswith("/nanos/receipt-details?back=")
    assert client.post(led.location, data={"name": "", "address": "x", "vat": "none"}).status_code == 422
    good = {"name": "Nordlicht", "address": "Weg 1\n38100 Braunschweig", "tax_number": "", "vat": "small"}
    assert client.post(led.location, data=good).location == f"/nanos/barters/{made}"
    assert (
        client.post(f"/nanos/barters/{made}/accept", data={"version": "1", "revision": "1"}).status_code
        == 303
    )
    assert trade.see(made).state is State.ACCEPTED


def test_strangers_members_moderators(client: FlaskClient, trade: Market) -> None:
    made = trade.accepted()
    address = f"/nanos/barters/{made}"
    sign_in(client, trade.people.bob)
    page = client.get(address)
    assert page.status_code == 200 and "Jetzt liefern" not in page.text and "Inhaber und Admins" in page.text
    assert client.post(f"{address}/deliver", data={"version": "2"}).status_code == 403
    sign_in(client, trade.people.olga)
    assert client.get(f"/nanos/disputes/{made}").status_code == 404
    trade.do(US, made, Act.DISPUTE, text="Das ist nicht, was vereinbart war.")
    page = client.get(f"/nanos/disputes/{made}").text
    assert "Das ist nicht, was vereinbart war." in page and "Rückabwickeln" in page and 'name="text"' in page
    version = hidden(page)
    assert (
        client.post(
            f"/nanos/disputes/{made}", data={**version, "decision": "cancel", "text": "kurz"}
        ).status_code
        == 422
    )
    done = client.post(
        f"/nanos/disputes/{made}", data={**version, "decision": "cancel", "text": "Beide sahen es so."}
    )
    assert done.status_code == 303 and trade.see(made).state is State.CANCELLED
    sign_in(client, trade.people.alice)
    assert "Beide sahen es so." in client.get(address).text


def test_without_a_script_one_writes_and_stays_on_the_page(client: FlaskClient, trade: Market) -> None:
    made = trade.offer()
    sign_in(client, trade.people.alice)
    page = client.get(f"/nanos/barters/{made}").text
    action = re.search(r'action="(/nachrichten/[^"]+)"[^>]* data-chat-form', page)
    back = re.search(r'name="back" value="([^"]+)"', page)
    token = re.search(r'id="chat-client"[^>]*value="(\w+)"', page) or re.search(
        r'value="(\w+)"[^>]*id="chat-client"', page
    )
    assert action is not None and token is not None and back is not None
    sent = client.post(
        action[1].replace("&amp;", "&"), data={"text": "Gern!", "client": token[1], "back": back[1]}
    )
    assert sent.location == f"/nanos/barters/{made}" and "Gern!" in client.get(sent.location).text


def test_the_live_part_says_to_each_side_what_is_theirs(app: Flask, trade: Market) -> None:
    made = trade.offer()
    found = live.find(f"nanos-barter-{made.hex}-{DEAL}")
    assert found is not None and found[0].prefix == LIVE
    with app.test_request_context():
        seen = {}
        for side in Side:
            with acting(trade.actor(side)):
                seen[side] = str(found[0].render(made))
        assert "Fassung 1 annehmen" in seen[THEM] and "Fassung 1 annehmen" not in seen[US]
        assert "Angebot zurückziehen" in seen[US]
        with pytest.raises(NotFound):
            found[0].viewed_by(trade.olga, made)


@pytest.mark.parametrize(
    "path",
    [
        "/nanos/barters",
        "/nanos/barters/{made}",
        "/nanos/licences",
        "/nanos/licences?view=given",
        "/nanos/credits",
    ],
)
def test_few_statements_a_page(client: FlaskClient, trade: Market, path: str) -> None:
    made = trade.offer()
    for _ in range(3):
        trade.completed(trade.terms(credits=5))
    row = db.session.get(Barter, made)
    assert row is not None
    for number in range(6):
        say(
            trade.cleo if number % 2 else trade.alice,
            row.room_id,
            f"Zeile {number}",
            client_id=f"client-{number:02}",
        )
    sign_in(client, trade.people.alice)
    address = path.format(made=made)
    assert client.get(address).status_code == 200
    with counted() as seen:
        assert client.get(address).status_code == 200
    assert len(seen) <= MOST, "\n".join(seen)


def test_a_limit_for_licences(client: FlaskClient, trade: Market) -> None:
    trade.accepted()
    sign_in(client, trade.people.alice)
    address = f"/nanos/{trade.theirs}/licences"
    assert "beliebig viele" in client.get(address).text
    assert client.post(address, data={"most": "viele"}).status_code == 422
    assert client.post(address, data={"most": "1"}).status_code == 303
    assert "1 von 1" in client.get(address).text
    assert client.get(f"/nanos/{trade.ours}/licences").status_code == 404


def test_operators_set_floors_and_take_postings_back(client: FlaskClient, trade: Market) -> None:
    trade.completed(trade.terms(credits=25, ours=False))
    south = trade.people.other_organisation_id
    sign_in(client, trade.people.olga)
    page = client.get("/nanos/credit-accounts").text
    assert "Südwind" in page and "Summe aller Konten: 0" in page
    assert client.post(f"/nanos/credit-accounts/{south}", data={"lowest": "5"}).status_code == 422
    assert client.post(f"/nanos/credit-accounts/{south}", data={"lowest": "-30"}).status_code == 303
    assert client.get(f"/nanos/credit-accounts/{UUID(int=9)}").status_code == 404
    payment = db.session.query(CreditTransfer).filter_by(kind="release").one().id
    assert client.post(f"/nanos/credit-payments/{payment}", data={"reason": "kurz"}).status_code == 422
    assert client.post(f"/nanos/credit-payments/{payment}", data={"reason": ""}).status_code == 303
    assert "Zurückgenommen am" in client.get(f"/nanos/credit-payments/{payment}").text
    sign_in(client, trade.people.cleo)
    page = client.get("/nanos/credits").text
    assert "Von der Plattform zurückgenommen" in page and "nicht auszahlen" in page
    assert client.get("/nanos/credit-accounts").status_code == 403
