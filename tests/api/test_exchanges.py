"""Exchanges over the API: each step names what was read, one of two wins, and nobody else sees anything."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from app.accounts.api import create_organisation, create_person
from app.kit.rest import PREFIX
from app.nanos.rules.barter import Act, Side
from tests.api.conftest import Caller, caller
from tests.api.test_nanos import told, wrong
from tests.architecture.test_page_queries import counted
from tests.nanos.trade import Market, market
from tests.people import PASSWORD, People, Someone
from tests.threads import at_once


@pytest.fixture
def trade(db_people: People) -> Market:
    return market(db_people)


def part(*nanos: object, value: str = "100.000000000", **more: object) -> dict[str, Any]:
    return {"nanos": [str(one) for one in nanos], "value": value, **more}


def body(trade: Market, **more: object) -> dict[str, Any]:
    return {"give": part(trade.ours), "get": part(trade.theirs, days=90, seats=5), **more}


def offered(ask: Caller, trade: Market, **headers: str) -> Any:
    return told(ask("POST", "/exchanges", body(trade, nano=str(trade.theirs)), **headers), 201)


def test_from_an_offer_to_licences(db_app: Flask, trade: Market) -> None:
    cleo, alice = (
        caller(db_app, who, "nanos:trade", "nanos:read") for who in (trade.people.cleo, trade.people.alice)
    )
    made = offered(cleo, trade)
    one = f"/exchanges/{made['id']}"
    assert (made["state"], made["side"], made["acts"], made["turn"]) == (
        "offered",
        "offerer",
        ["withdraw"],
        False,
    )
    seen = told(alice("GET", one))
    assert seen["turn"] and seen["acts"] == ["accept", "counter", "decline"]
    counter = body(trade, version=seen["version"])
    counter["give"], counter["get"] = part(trade.theirs, credits=0), part(trade.ours, days=None)
    seen = told(alice("POST", f"{one}/counter", counter))
    assert [one["number"] for one in seen["revisions"]] == [1, 2]
    assert seen["revisions"][1]["offerer_gives"]["days"] is None
    told(cleo("POST", f"{one}/accept", {"version": seen["version"], "revision": 1}), 409)
    seen = told(cleo("POST", f"{one}/accept", {"version": seen["version"], "revision": 2}))
    for ask, step in ((cleo, "deliver"), (alice, "deliver"), (alice, "confirm"), (cleo, "confirm")):
        seen = told(ask("POST", f"{one}/{step}", {"version": seen["version"]}))
    assert (seen["state"], seen["acts"], seen["confirmed"]) == ("completed", [], ["offerer", "partner"])
    (held,) = told(cleo("GET", "/licences"))["data"]
    (given,) = told(cleo("GET", "/licences?side=given"))["data"]
    assert (held["nano"], held["state"], given["nano"], given["ends_at"]) == (
        str(trade.theirs), "active", str(trade.ours), None,
    )  # fmt: skip
    assert told(cleo("GET", "/exchanges?view=done"))["counts"] == {"waiting": 0, "open": 0, "done": 1}


def test_a_step_counts_for_what_was_read_alone(db_app: Flask, trade: Market) -> None:
    made = trade.offer()
    trade.do(Side.PARTNER, made, Act.COUNTER, terms=trade.terms(days=30))
    ask = caller(db_app, trade.people.cleo)
    told(ask("POST", f"/exchanges/{made}/decline", {"version": 1}), 409)
    assert told(ask("POST", f"/exchanges/{made}/decline", {"version": 2}))["state"] == "declined"


def test_credits_with_their_entries(db_app: Flask, trade: Market) -> None:
    trade.completed(trade.terms(credits=5))
    ask = caller(db_app, trade.people.alice, "nanos:read")
    found = told(ask("GET", "/credits"))
    assert found["balance"] == 5 and [one["amount"] for one in found["entries"]] == [5]
    assert told(ask("GET", "/credits?limit=1"))["free"] == 5 - found["lowest"]


def test_amended_and_disputed(db_app: Flask, trade: Market) -> None:
    made = trade.accepted()
    cleo, alice = (caller(db_app, who) for who in (trade.people.cleo, trade.people.alice))
    one = f"/exchanges/{made}"
    seen = told(cleo("GET", one))
    seen = told(cleo("POST", f"{one}/amend", body(trade, version=seen["version"])))
    assert seen["pending"] == 2
    seen = told(alice("POST", f"{one}/drop", {"version": seen["version"]}))
    seen = told(cleo("POST", f"{one}/amend", body(trade, version=seen["version"])))
    seen = told(alice("POST", f"{one}/agree", {"version": seen["version"], "revision": 3}))
    assert (seen["agreed"], seen["pending"]) == (3, None)
    assert wrong(alice("POST", f"{one}/dispute", {"version": seen["version"], "text": "kurz"})) == {"text"}
    text = "Es kam nicht, was vereinbart war."
    seen = told(alice("POST", f"{one}/dispute", {"version": seen["version"], "text": text}))
    assert (seen["state"], seen["complaint"]) == ("disputed", text)


@pytest.mark.parametrize(("who", "step"), [("cleo", "withdraw"), ("alice", "decline")])
def test_ended_before_it_began(db_app: Flask, trade: Market, who: str, step: str) -> None:
    made = trade.offer()
    ask = caller(db_app, getattr(trade.people, who))
    assert told(ask("POST", f"/exchanges/{made}/{step}", {"version": 1}))["acts"] == []
    told(ask("POST", f"/exchanges/{made}/{step}", {"version": 2}), 409)


def test_the_same_key_offers_once(db_app: Flask, trade: Market) -> None:
    ask, key = caller(db_app, trade.people.cleo), uuid4().hex
    first, again = (offered(ask, trade, Idempotency_Key=key) for _ in range(2))
    assert first == again
    assert told(ask("GET", "/exchanges"))["counts"]["open"] == 1
    accept = {"version": 1, "revision": 1}
    other, key = caller(db_app, trade.people.alice), uuid4().hex
    first, again = (
        told(other("POST", f"/exchanges/{first['id']}/accept", accept, Idempotency_Key=key)) for _ in range(2)
    )
    assert first == again and first["version"] == 2


def test_one_of_many_acceptances_wins(db_app: Flask, trade: Market) -> None:
    made = trade.offer()
    token = caller(db_app, trade.people.alice).token

    def accept(_number: int) -> int:
        return db_app.test_client().post(
            f"{PREFIX}/exchanges/{made}/accept", json={"version": 1, "revision": 1},
            headers={"Authorization": f"Bearer {token}"},
        ).status_code  # fmt: skip

    assert sorted(at_once(db_app, 4, accept)) == [200, 409, 409, 409]
    assert trade.see(made).deal.version == 2


def test_faults_stand_at_their_fields(db_app: Flask, trade: Market) -> None:
    ask = caller(db_app, trade.people.cleo)
    for side, more, field in (
        ("give", {"nanos": [], "value": "1.000000000"}, "give.nanos"),
        ("give", {"nanos": [str(trade.theirs)]}, "give.nanos"),
        ("get", {"days": 31}, "get.days"), ("give", {"territory": "mond"}, "give.territory"),
        ("get", {"value": "0.000000000"}, "get.value"), ("get", {"value": "1"}, "get.value"),
        ("get", {"seats": 0}, "get.seats"),
    ):  # fmt: skip
        wanted = body(trade, nano=str(trade.theirs))
        wanted[side] = {**wanted[side], **more}
        assert field in wrong(ask("POST", "/exchanges", wanted)), field


def test_strangers_find_nothing_and_scopes_are_a_ceiling(db_app: Flask, trade: Market) -> None:
    made = trade.offer()
    one, step, accept = f"/exchanges/{made}", {"version": 1}, {"version": 1, "revision": 1}
    writes: list[tuple[str, dict[str, Any]]] = [
        (f"{one}/counter", body(trade, version=1)), (f"{one}/amend", body(trade, version=1)), (f"{one}/accept", accept),
        (f"{one}/agree", accept), (f"{one}/dispute", {"version": 1, "text": "Zehn Zeichen."}),
        *((f"{one}/{name}", step) for name in ("drop", "decline", "withdraw", "deliver", "confirm")),
    ]  # fmt: skip
    reads, bob = caller(db_app, trade.people.alice, "nanos:read"), caller(db_app, trade.people.bob)
    assert told(reads("GET", one))["acts"] == [] == told(bob("GET", one))["acts"]
    third = stranger(db_app)
    assert third("GET", one).status_code == 404
    assert told(third("GET", "/exchanges"))["data"] == told(third("GET", "/licences"))["data"] == []
    for path, sent in writes:
        assert third("POST", path, sent).status_code == 404, path
        assert reads("POST", path, sent).status_code == bob("POST", path, sent).status_code == 403, path
    other = caller(db_app, trade.people.alice, "nanos:write")
    assert other("GET", one).status_code == other("GET", "/credits").status_code == 403


def stranger(app: Flask) -> Caller:
    """The owner of a third organisation."""
    person = create_person(email="emil@example.org", name="Emil", password=PASSWORD)
    third = create_organisation(name="Westufer", owner_id=person)
    return caller(app, Someone(person, "Emil", "emil@example.org", third))


def test_the_number_of_statements_does_not_grow(db_app: Flask, trade: Market) -> None:
    made = [trade.offer() for _ in range(6)]
    ask = caller(db_app, trade.people.alice)
    for path in ("/exchanges?view=waiting", f"/exchanges/{made[0]}", "/licences", "/credits"):
        with counted() as seen:
            told(ask("GET", path))
        assert len(seen) <= 8, (path, seen)
