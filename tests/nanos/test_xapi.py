"""Own learning as xAPI statements: well formed, the same ones each time, and without a name."""

from __future__ import annotations

import json
import re
from datetime import datetime
from uuid import UUID

from flask.testing import FlaskClient

from app.kit import clock
from app.nanos.rules.use import Beat
from app.nanos.services import use as uses
from tests.nanos.test_use import LENGTH, filmed
from tests.people import People, sign_in


def test_own_statements(client: FlaskClient, people: People, frozen: object) -> None:
    nano_id, file_id = filmed(people)
    cleo = people.cleo.actor
    uses.begin(cleo, nano_id, file_id)
    clock.advance(seconds=3)
    uses.beat(cleo, nano_id, file_id, Beat(3, ((0, 3),)))
    sign_in(client, people.cleo)
    answer = client.get("/nanos/learned.json")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    begun, far = json.loads(answer.data)
    assert [one["verb"]["id"].rpartition("/")[2] for one in (begun, far)] == ["initialized", "progressed"]
    clock.advance(seconds=10)
    uses.beat(cleo, nano_id, file_id, Beat(10, ((0, LENGTH),)))
    first, second = (client.get("/nanos/learned.json").data for _ in range(2))
    assert first == second
    made = json.loads(first)
    assert made[0] == begun and made[1]["result"]["completion"] is True
    assert re.fullmatch(r"PT\d+S", made[1]["result"]["duration"])
    for one in made:
        assert UUID(one["id"]) and datetime.fromisoformat(one["timestamp"]).tzinfo is not None
        assert one["object"]["id"] == f"http://localhost/nanos/{nano_id}"
        assert set(one["actor"]) == {"objectType", "account"} and set(one["actor"]["account"]) == {
            "homePage",
            "name",
        }
    text = first.decode()
    assert people.cleo.name not in text and people.cleo.email not in text and str(people.cleo.id) not in text
    sign_in(client, people.bob)
    assert json.loads(client.get("/nanos/learned.json").data) == []
