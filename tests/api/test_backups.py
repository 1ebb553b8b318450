"""Backups over the API: listed by pages, made once, fetched by a link that ends, brought back, deleted; each by its scope."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from flask import Flask

from app.hosting.gateways.archive import FolderStore
from app.hosting.gateways.fake_node import FakeNode
from app.hosting.queries.server import server_detail
from app.hosting.services import server as services
from app.hosting.services.place import use_archive
from app.hosting.services.power import stop_server
from app.hosting.services.seat import remove_seat
from app.kit import clock
from app.kit.config import settings
from tests.api.conftest import Caller, caller
from tests.hosting.conftest import plug_in
from tests.hosting.money import give_credit
from tests.hosting.team import let_in
from tests.people import People

pytestmark = pytest.mark.slow


@pytest.fixture
def node(db_app: Flask, tmp_path: Path, frozen: object) -> FakeNode:
    found = FakeNode()
    plug_in(db_app, found)
    use_archive(db_app, FolderStore(tmp_path / "archive"))
    return found


@pytest.fixture
def server_id(db_people: People, node: FakeNode, settle: Callable[[], None]) -> UUID:
    give_credit(db_people, 100)
    found = services.create_server(db_people.alice.actor, name="Nord", template="flying-squid", deploy=True)
    settle()
    node.worlds.of(found).append("the old house")
    return found


@pytest.fixture
def here(server_id: UUID) -> str:
    return f"/servers/{server_id}/backups"


@pytest.fixture
def alice(db_app: Flask, db_people: People) -> Caller:
    return caller(db_app, db_people.alice)


def made(alice: Caller, here: str, settle: Callable[[], None]) -> dict:
    answer = alice("POST", here)
    assert answer.status_code == 202, answer.text
    assert (answer.json or {})["state"] == "making"
    settle()
    clock.advance(60)
    found = alice("GET", f"{here}/{(answer.json or {})['id']}").json
    assert found is not None
    return found


def test_the_whole_life_of_a_backup(alice: Caller, here: str, settle: Callable[[], None]) -> None:
    first = alice("POST", here, Idempotency_Key="a")
    assert first.headers["Location"].endswith(f"{here}/{(first.json or {})['id']}")
    again = alice("POST", here, Idempotency_Key="a")
    assert again.json == first.json and again.headers["Idempotency-Replayed"] == "true"
    settle()
    one = f"{here}/{(first.json or {})['id']}"
    shown = alice("GET", one).json or {}
    assert (shown["state"], shown["good"], shown["origin"], shown["failure"]) == (
        "verified",
        True,
        "manual",
        None,
    )
    assert shown["size_bytes"] > 0 and len(shown["sha256"]) == 64
    assert (alice("PATCH", one, {"kept": True}).json or {})["kept"] is True
    assert alice("PATCH", one, {}).status_code == 422
    assert alice("DELETE", one).status_code == 204
    assert alice("GET", one).status_code == alice("DELETE", one).status_code == 404


def test_they_are_walked_page_by_page_newest_first(
    alice: Caller, here: str, settle: Callable[[], None]
) -> None:
    ids = [made(alice, here, settle)["id"] for _ in range(5)]
    seen: list[str] = []
    path: str | None = f"{here}?limit=2"
    while path:
        answer = alice("GET", path)
        assert answer.json is not None and len(answer.json["data"]) <= 2
        seen += [one["id"] for one in answer.json["data"]]
        cursor = answer.json["next_cursor"]
        assert ('rel="next"' in answer.headers.get("Link", "")) == bool(cursor)
        path = f"{here}?limit=2&cursor={cursor}" if cursor else None
    assert seen == ids[::-1]
    assert alice("GET", f"{here}?cursor=x").status_code == 422


def test_a_link_gives_the_archive_for_ten_minutes_while_its_maker_may(
    db_app: Flask, alice: Caller, here: str, settle: Callable[[], None]
) -> None:
    backup = made(alice, here, settle)
    answer = alice("POST", f"{here}/{backup['id']}/link")
    assert answer.status_code == 201
    link = (answer.json or {})["url"]
    path = link.removeprefix(settings().public_url.rstrip("/"))
    anyone = db_app.test_client()
    fetched = anyone.get(path)
    assert fetched.status_code == 200 and len(fetched.data) == backup["size_bytes"]
    assert fetched.headers["Content-Disposition"].startswith("attachment")
    assert fetched.data[:4] == b"\x28\xb5\x2f\xfd", "the archive itself"
    assert anyone.get(path[:-2] + "xx").status_code == 404
    clock.advance(601)
    assert anyone.get(path).status_code == 404
    again = (alice("POST", f"{here}/{backup['id']}/link").json or {})["url"]
    alice("DELETE", f"{here}/{backup['id']}")
    assert anyone.get(again.removeprefix(settings().public_url.rstrip("/"))).status_code == 404


def test_bringing_one_back_needs_a_server_that_stands_still(
    db_people: People, alice: Caller, here: str, server_id: UUID, node: FakeNode, settle: Callable[[], None]
) -> None:
    backup = made(alice, here, settle)
    restore = f"{here}/{backup['id']}/restore"
    assert alice("POST", restore, {}).status_code == 409
    assert alice("GET", f"/servers/{server_id}/restore").status_code == 404
    stop_server(db_people.alice.actor, server_id)
    settle()
    node.worlds.of(server_id).append("a mistake")
    begun = alice("POST", restore, {"save_first": False})
    assert begun.status_code == 202, begun.text
    assert (begun.json or {})["server"] == str(server_id)
    assert alice("POST", restore, {}).status_code == 409, "one at a time"
    settle()
    assert (alice("GET", f"/servers/{server_id}/restore").json or {})["state"] == "done"
    now = server_detail(server_id)
    assert now is not None and "a mistake" not in list(node.worlds.of(server_id, now.world or ""))


def test_into_a_new_server_once(alice: Caller, here: str, settle: Callable[[], None]) -> None:
    backup = made(alice, here, settle)
    restore = f"{here}/{backup['id']}/restore"
    first = alice("POST", restore, {"name": "Nord, früher"}, Idempotency_Key="n")
    again = alice("POST", restore, {"name": "Nord, früher"}, Idempotency_Key="n")
    assert first.status_code == 202 and again.json == first.json
    taken = alice("POST", restore, {"name": "Nord"})
    assert taken.status_code == 422 and "name" in taken.text
    settle()
    new = (first.json or {})["server"]
    assert (alice("GET", f"/servers/{new}/restore").json or {})["state"] == "done"
    assert (alice("GET", f"/servers/{new}").json or {})["state"] == "draft"


def test_who_may_by_role_and_scope(
    db_app: Flask, db_people: People, alice: Caller, here: str, settle: Callable[[], None]
) -> None:
    one = f"{here}/{made(alice, here, settle)['id']}"
    bob, cleo = caller(db_app, db_people.bob), caller(db_app, db_people.cleo)
    assert bob("GET", here).status_code == bob("GET", one).status_code == 200
    tries = [
        ("POST", here, None), ("PATCH", one, {"kept": True}), ("DELETE", one, None), ("POST", f"{one}/link", None),
        ("POST", f"{one}/restore", {}),
    ]  # fmt: skip
    for method, path, body in tries:
        assert bob(method, path, body).status_code == 403
        assert cleo(method, path, body).status_code == 404
    assert cleo("GET", here).status_code == cleo("GET", one).status_code == 404
    reader = caller(db_app, db_people.alice, "backups:read")
    assert reader("GET", one).status_code == 200 and reader("POST", f"{one}/link").status_code == 201
    assert reader("POST", here).status_code == reader("DELETE", one).status_code == 403
    assert caller(db_app, db_people.alice, "servers:read")("GET", here).status_code == 403
    writer = caller(db_app, db_people.alice, "backups:write")
    assert writer("POST", f"{one}/link").status_code == 403, "taking a world home is a right of its own"
    assert writer("DELETE", one).status_code == 204
    assert alice("GET", f"{here}/{uuid4()}").status_code == 404


def test_a_link_ends_with_the_seat_of_who_made_it(
    db_app: Flask, db_people: People, alice: Caller, here: str, server_id: UUID, settle: Callable[[], None]
) -> None:
    one = f"{here}/{made(alice, here, settle)['id']}"
    seat_id = let_in(db_people, db_people.bob, server_id, "custom", ["backups-manage"])
    bob = caller(db_app, db_people.bob)
    answer = bob("POST", f"{one}/link")
    assert answer.status_code == 201, answer.text
    path = (answer.json or {})["url"].removeprefix(settings().public_url.rstrip("/"))
    assert db_app.test_client().get(path).status_code == 200
    remove_seat(db_people.alice.actor, server_id, seat_id)
    assert db_app.test_client().get(path).status_code == 404
    assert bob("POST", f"{one}/link").status_code == 403
