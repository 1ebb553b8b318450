"""Writing twice with one key writes once; also when both come at the same moment."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask

from app.core.api import Turn, free_once, keep_answer, take_once
from app.core.models import Once
from app.kit import clock
from app.kit.db import db, transaction
from tests.api.conftest import EVERYTHING, Caller, caller, token_for
from tests.api.test_servers import TEMPLATE, count
from tests.people import People

NEW = {"name": "Freitagsrunde", "template": TEMPLATE}


def test_the_same_request_gets_the_same_answer(db_app: Flask, db_people: People) -> None:
    alice = caller(db_app, db_people.alice)
    first = alice("POST", "/servers", NEW, Idempotency_Key="k1")
    again = alice("POST", "/servers", NEW, Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == first.json
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert count() == 1
    assert alice("POST", "/servers", {**NEW, "name": "Anders"}, Idempotency_Key="k2").json != first.json
    assert count() == 2


def test_a_key_is_for_one_request_of_one_person(app: Flask, people: People) -> None:
    alice, dora = caller(app, people.alice), caller(app, people.dora)
    assert alice("POST", "/servers", NEW, Idempotency_Key="k").status_code == 201
    assert alice("POST", "/servers", {**NEW, "name": "Anders"}, Idempotency_Key="k").status_code == 422
    assert (
        alice("POST", "/tokens", {"name": "x", "scopes": ["servers:read"]}, Idempotency_Key="k").status_code
        == 422
    )
    assert dora("POST", "/servers", {**NEW, "name": "Doras"}, Idempotency_Key="k").status_code == 201
    for bad in ("", "x" * 201, "with space", "ü"):
        assert alice("POST", "/servers", NEW, Idempotency_Key=bad).status_code == 400, bad


def test_a_weaker_token_of_the_same_person_is_not_given_a_kept_secret(app: Flask, people: People) -> None:
    strong, weak = caller(app, people.alice), caller(app, people.alice, "tokens:write")
    new = {"name": "bot", "scopes": ["servers:write"], "days": 30}
    assert strong("POST", "/tokens", new, Idempotency_Key="k").status_code == 201
    assert weak("POST", "/tokens", new, Idempotency_Key="k").status_code == 422
    assert caller(app, people.alice)("POST", "/tokens", new, Idempotency_Key="k").headers[
        "Idempotency-Replayed"
    ]


def test_an_error_leaves_the_key_free(app: Flask, people: People) -> None:
    alice = caller(app, people.alice)
    wrong = alice("POST", "/servers", {**NEW, "memory_mb": 777}, Idempotency_Key="k")
    right = alice("POST", "/servers", NEW, Idempotency_Key="k")
    assert (wrong.status_code, right.status_code, count()) == (422, 201, 1)


def test_a_kept_secret_is_not_readable_in_the_database(app: Flask, people: People) -> None:
    alice = caller(app, people.alice)
    new = {"name": "bot", "scopes": ["servers:read"], "days": 30}
    made = alice("POST", "/tokens", new, Idempotency_Key="k")
    assert made.status_code == 201
    assert made.json is not None
    assert alice("POST", "/tokens", new, Idempotency_Key="k").json == made.json
    kept = [str(row.answer) for row in db.session.query(Once) if row.answer]
    assert kept
    assert made.json["token"] not in "".join(kept)


def test_parallel_requests_with_one_key_make_one_server(db_app: Flask, db_people: People) -> None:
    token = token_for(db_people.alice, EVERYTHING)
    db.session.remove()
    start, answers = threading.Barrier(8), []

    def ask() -> None:
        client = Caller(db_app.test_client(), token)
        start.wait()
        answers.append(client("POST", "/servers", NEW, Idempotency_Key="race"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert count() == 1
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 201
    assert set(statuses) <= {201, 409}, statuses
    assert len({answer.json["id"] for answer in answers if answer.status_code == 201}) == 1


def test_a_first_try_that_died_is_taken_over(db_app: Flask, frozen: object) -> None:
    assert take_once("k", "a")[0] is Turn.GO
    assert take_once("k", "a")[0] is Turn.BUSY
    clock.advance(seconds=91)
    assert take_once("k", "a")[0] is Turn.GO
    assert take_once("k", "a")[0] is Turn.BUSY
    keep_answer("k", {"n": 1})
    assert take_once("k", "a") == (Turn.SAME, {"n": 1})
    assert take_once("k", "b") == (Turn.OTHER, None)
    free_once("k")
    assert take_once("k", "b")[0] is Turn.GO


def test_a_key_lasts_a_week(app: Flask, frozen: object) -> None:
    from app.core.services.machinery import tidy

    take_once("k", "a")
    keep_answer("k", {"n": 1})
    clock.advance(days=6)
    tidy()
    assert take_once("k", "a")[0] is Turn.SAME
    with transaction():
        assert db.session.get(Once, "k").at > clock.now() - timedelta(days=7)  # type: ignore[union-attr]
    clock.advance(days=2)
    tidy()
    assert take_once("k", "a")[0] is Turn.GO


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_other_writes_take_keys_too(app: Flask, people: People, method: str) -> None:
    alice = caller(app, people.alice)
    here = f"/servers/{(alice('POST', '/servers', NEW).json or {})['id']}"
    body = {"name": "Neu"} if method == "PATCH" else None
    first, again = (alice(method, here, body, Idempotency_Key="k") for _ in range(2))
    assert first.status_code == again.status_code < 300
    assert first.json == again.json
