"""The costs page says what resting saved, with its calculation."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app.hosting.rules.saving import Saving
from app.hosting.services.server import stop_server
from app.kit import clock
from app.kit.formats import money
from tests.hosting.conftest import Host
from tests.hosting.money import give_credit
from tests.people import People, sign_in

NANOS = st.integers(0, 10**15)


@given(st.integers(0, 366 * 86400), NANOS, NANOS)
def test_saved_is_what_running_would_have_cost_less_what_was_paid(seconds: int, rate: int, paid: int) -> None:
    found = Saving(seconds, rate, paid)
    assert found.saved + paid == found.running
    assert abs(found.running * 3600 - seconds * rate) <= 1800
    assert Saving(3600 * 10, rate, 0).saved == 10 * rate


def test_the_page_shows_it(client: FlaskClient, host: Host, people: People, frozen: datetime) -> None:
    host.owner = people.alice.actor
    give_credit(people)
    server_id = host.running(memory_mb=1024)
    clock.advance(600)
    stop_server(host.owner, server_id)
    host.settle()
    clock.advance(10 * 3600)
    page = sign_in(client, people.alice).get("/hosting/costs").text
    (_, _, _, ended), *_ = host.intervals(server_id)
    assert ended is not None
    rested = (clock.now() - ended).total_seconds()
    assert "Durch Ruhezeit gespart" in page
    running = round(rested * 20_000_000 / 3600)  # 1 GB at 0.02 € an hour
    plain = re.sub(r"\s+", " ", page)
    assert re.sub(r"\s+", " ", money(running)) in plain


@pytest.mark.parametrize(
    "month", ["0001-01", "9999-12", "1999-11", "2026-13", "2026-1", "gestern", "2026-11\0"]
)
@pytest.mark.parametrize("page", ["costs", "costs.csv"])
def test_months_no_calendar_has_are_refused(
    client: FlaskClient, people: People, month: str, page: str
) -> None:
    answer = sign_in(client, people.alice).get(f"/hosting/{page}", query_string={"month": month})
    assert answer.status_code == 422
    assert "Schreib den Monat wie" in answer.text
    assert client.get(f"/hosting/{page}?month=2999-12").status_code == 200
