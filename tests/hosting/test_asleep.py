"""A server that stands still for a while is shown as asleep: the same in lists, counts, pages and the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.hosting.queries.rest import count_servers
from app.hosting.queries.server import ServerFilter, list_servers, server_detail
from app.hosting.rules.rest import asleep
from app.hosting.rules.server import Desired, State
from app.hosting.services import rest
from app.hosting.services.server import start_server, stop_server
from app.kit import clock
from tests.hosting.conftest import Host
from tests.people import People, sign_in

pytestmark = pytest.mark.slow


def names(host: Host, group: str) -> set[str]:
    return {row.name for row in list_servers(host.owner, ServerFilter(group=group)).rows}


def test_only_what_stands_still_by_wish_is_asleep(frozen: datetime) -> None:
    for state in State:
        for desired in Desired:
            still = (state, desired) == (State.STOPPED, Desired.STOPPED)
            assert asleep(state, desired, frozen, clock.now(), 1) is False
            clock.advance(60)
            assert asleep(state, desired, frozen, clock.now(), 1) is still
            clock.advance(-60)


def test_five_minutes_after_the_stop_it_is_asleep_everywhere(db_host: Host, frozen: datetime) -> None:
    host = db_host
    server_id, other, _draft = host.running("Eins"), host.running("Zwei"), host.create("Drei")
    stop_server(host.owner, server_id)
    host.settle()
    clock.advance(299.999_999)
    assert names(host, "stopped") == {"Eins", "Drei"}
    assert names(host, "asleep") == set()
    assert count_servers(host.owner) == {"stopped": 1, "running": 1, "draft": 1}
    clock.advance(0.000_001)
    detail = server_detail(server_id)
    assert detail is not None
    assert detail.asleep
    assert names(host, "stopped") == {"Drei"}
    assert names(host, "asleep") == {"Eins"}
    assert names(host, "running") == {"Zwei"}
    assert count_servers(host.owner) == {"asleep": 1, "running": 1, "draft": 1}
    start_server(host.owner, server_id)
    assert names(host, "asleep") == set()
    assert names(host, "busy") == {"Eins"}
    stop_server(host.owner, other)
    host.settle()
    assert count_servers(host.owner) == {"stopped": 1, "running": 1, "draft": 1}


def test_pages_that_are_open_learn_it_once(
    host: Host, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[UUID] = []
    monkeypatch.setattr(rest, "show", lambda server_id, *aspects: told.append(server_id))
    server_id = host.running()
    stop_server(host.owner, server_id)
    host.settle()
    last, _ = rest.show_sleepers(None)
    for _ in range(60):
        clock.advance(10)
        last, found = rest.show_sleepers(last)
        assert found == ([server_id] if clock.now() == frozen + timedelta(minutes=5) else [])
    assert told == [server_id]


def test_its_page_says_so_and_what_it_costs(
    frozen: datetime, app: Flask, client: FlaskClient, people: People, host: Host
) -> None:
    host.organisation_id, host.owner = people.alice.actor.organisation_id, people.alice.actor
    host.fund()
    server_id = host.running()
    host.node.data[server_id].grow(300 * 1024 * 1024)
    stop_server(host.owner, server_id)
    host.settle()
    there = f"/hosting/servers/{server_id}"
    sign_in(client, people.alice)
    assert "Schläft" not in client.get(there).text
    clock.advance(301)
    text = client.get(there).text.replace("\u00a0", " ")
    assert '<span class="tag neutral">Schläft</span>' in text
    assert "Der Server schläft seit" in text
    assert "Er braucht nur Speicherplatz: 300 MB für etwa 0,0294 € im Monat." in text
    assert "Server starten" in text
    listed = client.get("/hosting/servers").text
    assert ">Schläft</span></span></td>" in listed
    assert "Bauwelt" in client.get("/hosting/servers?state=asleep").text
    assert "Bauwelt" not in client.get("/hosting/servers?state=stopped").text
    assert "Sleeping" in client.get(f"{there}?lang=en").text
