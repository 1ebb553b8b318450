"""Conversations over the API: said once, read by number, by nobody who may not read the room."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from app.messaging.services.message import delete, send
from app.messaging.services.room import open_direct
from tests.api.conftest import caller
from tests.people import People


@pytest.fixture
def room(people: People) -> UUID:
    return open_direct(people.alice.actor, people.bob.id)


def body(text: str = "Hallo", client_id: str = "") -> dict[str, Any]:
    return {"text": text, "client_id": client_id or uuid4().hex}


def test_said_and_read_by_number(app: Flask, people: People, room: UUID) -> None:
    alice, bob = caller(app, people.alice), caller(app, people.bob)
    for number in range(1, 8):
        answer = alice("POST", f"/rooms/{room}/messages", body(f"Nummer {number}"))
        assert answer.status_code == 201 and (answer.json or {})["message"]["seq"] == number
    (listed,) = (bob("GET", "/rooms").json or {})["data"]
    assert (listed["id"], listed["title"], listed["unread"], listed["direct"]) == (
        str(room),
        "Alice",
        7,
        True,
    )
    seen: list[int] = []
    while True:
        page = bob("GET", f"/rooms/{room}/messages?after={seen[-1] if seen else 0}&limit=3").json or {}
        seen += [one["seq"] for one in page["data"]]
        if not page["more"]:
            break
    assert seen == list(range(1, 8))
    assert bob("POST", f"/rooms/{room}/read", {"upto": 5}).status_code == 204
    assert bob("POST", f"/rooms/{room}/read", {"upto": 2}).status_code == 204
    assert (bob("GET", f"/rooms/{room}").json or {})["read_upto"] == 5


def test_the_same_client_id_is_the_same_message(app: Flask, people: People, room: UUID) -> None:
    alice = caller(app, people.alice)
    first, again = (
        alice("POST", f"/rooms/{room}/messages", body("x", "client-0001")).json or {} for _ in range(2)
    )
    assert first["fresh"] and not again["fresh"] and first["message"] == again["message"]
    assert alice("POST", f"/rooms/{room}/messages", body("y", "client-0001")).status_code == 409


def test_a_deleted_message_keeps_its_number(app: Flask, people: People, room: UUID) -> None:
    line = send(people.alice.actor, room, text="weg", client_id="client-0001").line
    delete(people.alice.actor, room, line.id)
    (one,) = (caller(app, people.bob)("GET", f"/rooms/{room}/messages").json or {})["data"]
    assert one["deleted"] and one["text"] == "" and one["seq"] == 1


def test_strangers_find_no_room_and_scopes_are_a_ceiling(app: Flask, people: People, room: UUID) -> None:
    for stranger in (people.dora, people.cleo):
        ask = caller(app, stranger)
        assert (
            ask("GET", f"/rooms/{room}").status_code
            == ask("GET", f"/rooms/{room}/messages").status_code
            == 404
        )
        assert ask("POST", f"/rooms/{room}/messages", body()).status_code == 404
        assert (ask("GET", "/rooms").json or {})["data"] == []
    reads = caller(app, people.alice, "messages:read")
    assert reads("GET", f"/rooms/{room}").status_code == 200
    assert reads("POST", f"/rooms/{room}/messages", body()).status_code == 403
    other = caller(app, people.alice, "servers:read")
    assert other("GET", f"/rooms/{room}").status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [{"text": "", "client_id": "client-0001"}, {"text": "x", "client_id": "kurz"}, {"text": "x" * 4001, "client_id": "c" * 9},
     {"text": "  ", "client_id": "client-0001"}, {"text": "x"}],
)  # fmt: skip
def test_faults_are_named(app: Flask, people: People, room: UUID, wrong: dict[str, str]) -> None:
    assert caller(app, people.alice)("POST", f"/rooms/{room}/messages", wrong).status_code == 422
