"""Servers, templates and costs over the API: what owners may, what members may not, what strangers never see."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.hosting.models import Server
from app.hosting.services.setup import create_server
from app.kit.db import db
from tests.api.conftest import caller, token_for
from tests.people import People, sign_in

TEMPLATE = "flying-squid"


def server_of(people: People, name: str = "Freitagsrunde") -> UUID:
    return create_server(people.alice.actor, name=name, template=TEMPLATE)


def count() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Server)) or 0


def test_the_whole_life_of_a_draft(db_app: Flask, db_people: People) -> None:
    alice = caller(db_app, db_people.alice)
    made = alice("POST", "/servers", {"name": "Freitagsrunde", "template": TEMPLATE})
    assert made.status_code == 201, made.text
    assert made.json is not None
    here = made.headers["Location"].removeprefix("http://localhost").removeprefix("/api/v1")
    assert here == f"/servers/{made.json['id']}"
    assert made.json["state"] == "draft"
    shown = alice("GET", here)
    assert shown.json == made.json
    changed = alice("PATCH", here, {"name": "Samstagsrunde"})
    assert (changed.status_code, changed.json and changed.json["name"]) == (200, "Samstagsrunde")
    assert [row["name"] for row in (alice("GET", "/servers").json or {})["data"]] == ["Samstagsrunde"]
    for wanted in (30, 0, None):
        changed = alice("PATCH", here, {"idle_minutes": wanted})
        assert (changed.status_code, changed.json and changed.json["idle_minutes"]) == (200, wanted)
    alice("PATCH", here, {"idle_minutes": 5})
    assert (alice("PATCH", here, {"name": "Sonntagsrunde"}).json or {})["idle_minutes"] == 5, "absent stays"
    assert alice("PATCH", here, {"idle_minutes": 1441}).status_code == 422
    assert (made.json["wake_by_join"], made.json["wake_names"]) == (True, [])
    changed = alice("PATCH", here, {"wake_by_join": False, "wake_names": ["Notch"]})
    assert changed.json is not None
    assert (changed.json["wake_by_join"], changed.json["wake_names"]) == (False, ["Notch"])
    assert alice("PATCH", here, {"wake_names": ["a b"]}).status_code == 422
    assert (made.json["web_map"], made.json["map_port"]) == (None, None)
    mapped = alice("PATCH", here, {"web_map": True}).json or {}
    assert mapped["web_map"] and mapped["map_port"]
    assert (alice("PATCH", here, {"web_map": None}).json or {})["map_port"] is None
    gone = alice("DELETE", here)
    assert (gone.status_code, gone.json and gone.json["state"]) == (202, "deleting")
    assert alice("DELETE", here).status_code == 409
    assert alice("POST", f"{here}/stop").status_code == 409


def test_lists_are_walked_by_their_link_header(app: Flask, people: People) -> None:
    names = [f"Server {n}" for n in range(7)]
    for name in names:
        server_of(people, name)
    alice = caller(app, people.alice)
    seen: list[str] = []
    path: str | None = "/servers?limit=3"
    pages = 0
    while path:
        answer = alice("GET", path)
        assert answer.json is not None
        seen += [row["name"] for row in answer.json["data"]]
        link = answer.headers.get("Link")
        assert bool(link) == (answer.json["next_cursor"] is not None)
        path = link.split(">")[0].removeprefix("</api/v1") if link else None
        pages += 1
    assert (seen, pages) == (names, 3)


def test_filters(app: Flask, people: People) -> None:
    server_of(people, "Eins")
    server_of(people, "Zwei")
    alice = caller(app, people.alice)
    for query, found in (
        ("search=zwe", 1),
        ("state=draft", 2),
        ("state=running", 0),
        ("template=skyblock", 0),
    ):
        assert len((alice("GET", f"/servers?{query}").json or {})["data"]) == found, query
    for query in (
        "state=odd",
        "limit=0",
        "limit=101",
        "unknown=1",
        "limit=1&limit=2",
        "cursor=rubbish",
        "search=%00",
    ):
        assert alice("GET", f"/servers?{query}").status_code == 422, query


EVERY_CALL = [
    ("GET", "", None),
    ("PATCH", "", {"name": "X"}),
    ("DELETE", "", None),
    ("POST", "/start", None),
    ("POST", "/stop", None),
    ("POST", "/restart", None),
    ("POST", "/command", {"line": "list"}),
    ("GET", "/costs", None),
]


@pytest.mark.parametrize(("method", "end", "body"), EVERY_CALL)
def test_a_strangers_token_gets_404(app: Flask, people: People, method: str, end: str, body: object) -> None:
    path = f"/servers/{server_of(people)}{end}"
    stranger = caller(app, people.cleo)
    answer = stranger(method, path, body)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert stranger(method, f"/servers/{uuid4()}{end}", body).status_code == 404
    assert (stranger("GET", "/servers").json or {})["data"] == []


def test_a_member_may_look_but_neither_switch_nor_change(app: Flask, people: People) -> None:
    path = f"/servers/{server_of(people)}"
    bob = caller(app, people.bob)
    assert bob("GET", path).status_code == 200
    assert bob("POST", f"{path}/stop").status_code == 403
    for method, end, body in (("PATCH", "", {"name": "X"}), ("DELETE", "", None), ("GET", "/costs", None)):
        assert bob(method, path + end, body).status_code == 403, method
    assert bob("POST", "/servers", {"name": "X", "template": TEMPLATE}).status_code == 403
    assert count() == 1


def test_a_token_may_no_more_than_its_scopes(app: Flask, people: People) -> None:
    path = f"/servers/{server_of(people)}"
    reader = caller(app, people.alice, "servers:read")
    assert reader("GET", path).status_code == 200
    for method, end, body in (("PATCH", "", {"name": "X"}), ("DELETE", "", None), ("POST", "/start", None)):
        assert reader(method, path + end, body).status_code == 403
    assert reader("GET", "/wallet").status_code == 403
    assert caller(app, people.alice, "costs:read")("GET", path).status_code == 403


def test_a_browsers_session_does_not_count(app: Flask, people: People) -> None:
    browser = sign_in(app.test_client(), people.alice)
    assert browser.get("/api/v1/servers").status_code == 401
    answer = browser.post("/api/v1/servers", json={"name": "X", "template": TEMPLATE})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert count() == 0


@pytest.mark.parametrize("token", ["", "kt_wrong", "x" * 3000, "\x7f"])
def test_an_invented_token_is_nobody(app: Flask, people: People, token: str) -> None:
    answer = app.test_client().get("/api/v1/servers", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


def test_input_is_refused_field_by_field(app: Flask, people: People) -> None:
    alice = caller(app, people.alice)
    answer = alice("POST", "/servers", {"name": "", "memory_mb": "512", "colour": "red"})
    assert answer.json is not None
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json["errors"]} == {"name", "template", "memory_mb", "colour"}
    for body, field in (
        ({"name": "X", "template": "none"}, "template"),
        ({"name": "X", "template": TEMPLATE, "memory_mb": 777}, "memory_mb"),
        ({"name": "X", "template": TEMPLATE, "settings": {"no_such": 1}}, "settings.no_such"),
        ({"name": "a\x00b", "template": TEMPLATE}, "name"),
    ):
        answer = alice("POST", "/servers", body)
        assert answer.status_code == 422, body
        assert [error["field"] for error in (answer.json or {})["errors"]] == [field]
    assert count() == 0


def test_the_body_must_be_json_and_small(app: Flask, people: People) -> None:
    client = app.test_client()
    header = {"Authorization": f"Bearer {token_for(people.alice, 'servers:write')}"}

    def post(data: str | bytes, kind: str) -> int:
        return client.post("/api/v1/servers", data=data, content_type=kind, headers=header).status_code

    assert post("name=X", "application/x-www-form-urlencoded") == 415
    assert post("{}", "text/plain") == 415
    assert post("{", "application/json") == 400
    assert post(b"\xff", "application/json") == 400
    assert post("[]", "application/json") == 422
    assert post('{"name": "' + "x" * 70_000 + '"}', "application/json") == 413


def test_templates_and_costs(app: Flask, people: People) -> None:
    alice = caller(app, people.alice)
    slugs = [one["slug"] for one in (alice("GET", "/templates").json or {})["data"]]
    assert TEMPLATE in slugs
    server_id = server_of(people)
    for path in ("/costs", f"/servers/{server_id}/costs"):
        costs = alice("GET", path)
        assert (costs.status_code, costs.json and costs.json["total"]) == (200, "0.000000000")
    for query in (
        "since=2026-01-01T00:00:00Z&until=2025-01-01T00:00:00Z",
        "since=2020-01-01T00:00:00Z&until=2026-01-01T00:00:00Z",
        "since=0001-01-01T00:00:00%2B14:00",
        "since=2026-01-01T00:00:00",
        "until=yesterday",
    ):
        assert alice("GET", f"/costs?{query}").status_code == 422, query
    assert (alice("GET", "/wallet").json or {})["balance"].count(".") == 1
