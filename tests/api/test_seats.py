"""Seats over the API: given, changed, taken away; nobody reaches other organisations' servers; scopes are a ceiling."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from app.hosting.rules.seat import Area
from tests.accounts.mailbox import letters
from tests.api.conftest import caller
from tests.hosting.team import let_in, server
from tests.people import People

EVA = {"email": "eva@example.org", "role": "custom", "areas": ["files-write", "console"]}


@pytest.fixture
def here(people: People) -> str:
    return f"/servers/{server(people)}/seats"


def test_the_whole_life_of_a_seat(app: Flask, people: People, here: str) -> None:
    dora = caller(app, people.dora)
    made = dora("POST", here, EVA)
    assert made.status_code == 201, made.text
    seat: dict[str, Any] = made.json or {}
    assert seat["areas"] == ["watch", "console", "files-read", "files-write"]
    assert seat["person"] is None and "eva@" not in made.text
    one = made.headers["Location"].removeprefix("http://localhost").removeprefix("/api/v1")
    assert dora("GET", one).json == seat
    assert dora("GET", here).json == {"data": [seat]}
    changed = dora("PATCH", one, {"role": "admin"}).json or {}
    assert changed["areas"] == [area.value for area in Area]
    assert dora("DELETE", one).status_code == 204
    assert dora("GET", one).status_code == dora("DELETE", one).status_code == 404
    assert dora("GET", here).json == {"data": []}


def test_the_same_key_lets_in_once(app: Flask, people: People, here: str) -> None:
    dora = caller(app, people.dora)
    first, second = (dora("POST", here, EVA, Idempotency_Key="a") for _ in range(2))
    assert first.json == second.json
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(letters("eva@example.org")) == 1
    assert dora("POST", here, EVA, Idempotency_Key="b").status_code == 422


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "x"}, "email"), ({"email": "keine Adresse"}, "email"), ({"role": "emperor"}, "role"),
        ({"areas": ["money"]}, "areas"),
    ],
)  # fmt: skip
def test_faults_are_named_by_field(
    app: Flask, people: People, here: str, change: dict[str, Any], field: str
) -> None:
    answer = caller(app, people.alice)("POST", here, EVA | change)
    assert answer.status_code == 422
    assert field in answer.text


def test_who_reads_and_who_writes(app: Flask, people: People, here: str) -> None:
    one = f"{here}/{(caller(app, people.alice)('POST', here, EVA).json or {})['id']}"
    calls = (
        ("GET", here, None), ("GET", one, None), ("POST", here, EVA), ("PATCH", one, {"role": "admin"}), ("DELETE", one, None),
    )  # fmt: skip
    bob, cleo = caller(app, people.bob), caller(app, people.cleo)
    assert [bob(*call).status_code for call in calls] == [200, 200, 403, 403, 403]
    assert [cleo(*call).status_code for call in calls] == [404] * 5
    reader = caller(app, people.alice, "servers:read", "servers:write", "servers:power")
    assert [reader(*call).status_code for call in calls] == [403] * 5
    assert caller(app, people.alice, "servers:team")("GET", here).status_code == 200
    assert caller(app, people.alice)("GET", f"{here}/{uuid4()}").status_code == 404


def test_a_members_token_may_what_the_seat_gives_and_its_scopes_allow(app: Flask, people: People) -> None:
    mine, other = server(people), server(people, "Andere")
    let_in(people, people.bob, mine, "admin")
    bob, reader = caller(app, people.bob), caller(app, people.bob, "servers:read")
    change = {"settings": {"slots": 7}}
    assert bob("PATCH", f"/servers/{mine}", change).status_code == 200
    assert bob("PATCH", f"/servers/{mine}", {"memory_mb": 2048}).status_code == 403
    assert bob("PATCH", f"/servers/{other}", change).status_code == 403
    assert reader("PATCH", f"/servers/{mine}", change).status_code == 403
    assert bob("GET", f"/servers/{mine}/costs").status_code == 403
    assert bob("DELETE", f"/servers/{mine}").status_code == 403
    assert len((reader("GET", "/servers").json or {})["data"]) == 2
