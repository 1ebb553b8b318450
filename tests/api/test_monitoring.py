"""Measurements over the API: at most a thousand points, gaps as null, strangers find nothing."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from app.hosting.models import Sample
from app.hosting.services.setup import create_server
from app.kit import clock
from app.kit.db import transaction
from tests.api.conftest import caller
from tests.people import People

SERIES = (
    "memory_bytes",
    "cpu_cores",
    "ticks_per_second",
    "players",
    "received_bytes_per_second",
    "sent_bytes_per_second",
)


@pytest.fixture
def server_id(people: People, frozen: object) -> UUID:
    made = create_server(people.alice.actor, name="Gemessen", template="flying-squid")
    now = int(clock.now().timestamp())
    with transaction() as session:
        for back in (3000, 2990, 600):
            session.add(Sample(server_id=made, seconds=10, at=now - back, covered=10, memory_bytes=back))
    return made


def test_an_hour_with_its_gaps(app: Flask, people: People, server_id: UUID) -> None:
    found = caller(app, people.bob)("GET", f"/servers/{server_id}/metrics?window=1h").json
    assert found is not None
    assert [value for value in found["memory_bytes"]["mean"] if value is not None] == [3000, 2990, 600]
    assert (found["step_seconds"], found["run_seconds"]) == (10, 30)
    for name in SERIES:
        assert len(found[name]["mean"]) == len(found["at"]) == len(found["measured_seconds"]) <= 1000


def test_a_year_is_days(app: Flask, people: People, server_id: UUID) -> None:
    alice = caller(app, people.alice)
    year = alice("GET", f"/servers/{server_id}/metrics?window=1y").json
    assert year is not None
    assert year["step_seconds"] == 86_400
    assert len(year["at"]) == 366


@pytest.mark.parametrize(
    "query",
    ["window=2h", "since=2026-11-21T00:00:00Z", "unknown=1", "since=x&until=y"],
)
def test_what_cannot_be_shown_is_422(app: Flask, people: People, server_id: UUID, query: str) -> None:
    answer = caller(app, people.alice)("GET", f"/servers/{server_id}/metrics?{query}")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


def test_the_wrong_way_round_is_422_with_words(app: Flask, people: People, server_id: UUID) -> None:
    since, until = clock.now() - timedelta(hours=1), clock.now() - timedelta(hours=2)
    query = f"since={since:%Y-%m-%dT%H:%M:%SZ}&until={until:%Y-%m-%dT%H:%M:%SZ}"
    answer = caller(app, people.alice)("GET", f"/servers/{server_id}/metrics?{query}")
    assert answer.status_code == 422
    assert "Anfang" in answer.get_data(as_text=True)


def test_a_stranger_gets_404(app: Flask, people: People, server_id: UUID) -> None:
    assert caller(app, people.cleo)("GET", f"/servers/{server_id}/metrics").status_code == 404
