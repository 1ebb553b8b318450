"""Plans over the API: made, changed, switched, deleted; faults by field; nobody reaches other organisations' plans."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from app.hosting.services.schedule_run import run_due
from app.hosting.services.setup import create_server
from app.kit import clock
from tests.api.conftest import caller
from tests.people import People

PLAN = {"action": "command", "cron": "0 4 * * 1-5", "zone": "Europe/Berlin", "command": "say Guten Morgen"}


@pytest.fixture
def here(people: People, frozen: datetime) -> str:
    server_id = create_server(people.alice.actor, name="Freitagsrunde", template="flying-squid")
    return f"/servers/{server_id}/schedules"


def test_the_whole_life_of_a_plan(app: Flask, people: People, here: str) -> None:
    dora = caller(app, people.dora)
    made = dora("POST", here, PLAN, Idempotency_Key="a")
    assert made.status_code == 201, made.text
    plan: dict[str, Any] = made.json or {}
    assert plan | PLAN | {"on": True, "last": None} == plan
    assert plan["next_runs"][0] == "2026-11-23T03:00:00Z"
    assert len(plan["next_runs"]) == 5
    one = made.headers["Location"].removeprefix("http://localhost").removeprefix("/api/v1")
    assert dora("GET", one).json == plan
    assert dora("GET", here).json == {"data": [plan]}
    changed = dora("PATCH", one, {"cron": "30 14 * * *", "zone": "UTC"}).json or {}
    assert (changed["cron"], changed["command"]) == ("30 14 * * *", "say Guten Morgen"), "absent stays"
    clock.advance((datetime(2026, 11, 21, 14, 30, 5, tzinfo=UTC) - clock.now()).total_seconds())
    run_due()
    last = (dora("GET", one).json or {})["last"]
    assert (last["outcome"], last["reason"], last["due_at"]) == ("failed", "draft", "2026-11-21T14:30:00Z")
    off = dora("PATCH", one, {"on": False}).json or {}
    assert (off["on"], off["next_runs"]) == (False, [])
    assert (dora("PATCH", one, {"on": True, "action": "stop"}).json or {})["command"] is None
    assert dora("DELETE", one).status_code == 204
    assert dora("GET", one).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"cron": "0 25 * * *"}, "cron"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"command": ""}, "command"),
        ({"action": "x"}, "action"),
    ],
)
def test_faults_are_named_by_field(
    app: Flask, people: People, here: str, change: dict[str, str], field: str
) -> None:
    answer = caller(app, people.alice)("POST", here, PLAN | change)
    assert answer.status_code == 422
    assert field in answer.text


def test_members_read_and_strangers_find_nothing(app: Flask, people: People, here: str) -> None:
    made = caller(app, people.alice)("POST", here, PLAN).json or {}
    one = f"{here}/{made['id']}"
    bob, cleo = caller(app, people.bob), caller(app, people.cleo)
    assert bob("GET", here).status_code == bob("GET", one).status_code == 200
    assert bob("POST", here, PLAN).status_code == bob("DELETE", one).status_code == 403
    for method, path, body in (
        ("GET", here, None), ("POST", here, PLAN), ("GET", one, None), ("PATCH", one, {"on": False}), ("DELETE", one, None),
    ):  # fmt: skip
        assert cleo(method, path, body).status_code == 404
    assert caller(app, people.alice)("GET", f"{here}/{uuid4()}").status_code == 404
    reader = caller(app, people.alice, "servers:read")
    assert reader("GET", one).status_code == 200
    assert reader("PATCH", one, {"on": False}).status_code == 403


def test_a_plan_is_done_now_and_its_times_stay(app: Flask, people: People, here: str) -> None:
    alice = caller(app, people.alice)
    plan = alice("POST", here, PLAN).json or {}
    one = f"{here}/{plan['id']}"
    done = alice("POST", f"{one}/run", Idempotency_Key="r")
    assert (done.status_code, done.json) == (200, {"outcome": "failed", "reason": "draft"})
    shown = alice("GET", one).json or {}
    assert shown["next_runs"] == plan["next_runs"]
    assert (shown["last"]["outcome"], shown["last"]["reason"]) == ("failed", "draft")
    replayed = alice("POST", f"{one}/run", Idempotency_Key="r")
    assert replayed.headers["Idempotency-Replayed"] == "true"
    alice("PATCH", one, {"on": False})
    clock.advance(1)
    assert alice("POST", f"{one}/run").status_code == 200, "also while it is off"
    assert (alice("GET", one).json or {})["on"] is False
    assert caller(app, people.bob)("POST", f"{one}/run").status_code == 403
    assert caller(app, people.cleo)("POST", f"{one}/run").status_code == 404
