"""Reads: one statement for a list however long, right pages while rows are added, nothing for strangers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from app.hosting.describe import find_servers
from app.hosting.models import Server
from app.hosting.policies import P
from app.hosting.queries.names import server_names
from app.hosting.queries.rest import count_servers
from app.hosting.queries.server import (
    ServerFilter,
    find_server,
    list_servers,
    may_see,
)
from app.hosting.rules.offer import Meter
from app.hosting.rules.server import State
from app.hosting.services.server import change_server, delete_server, stop_server
from app.kit import clock
from app.kit.authz import ANONYMOUS, granted_permissions
from app.kit.db import db, transaction
from app.kit.errors import Invalid, NotFound
from app.kit.ids import new_id
from tests.hosting.conftest import Host


@contextmanager
def statements() -> Iterator[list[str]]:
    """Statements sent to the database, without BEGIN and the like."""
    sent: list[str] = []

    def note(_c: Any, _cursor: Any, text: str, *_: Any) -> None:
        if text.lstrip().upper().startswith(("SELECT", "UPDATE", "INSERT", "DELETE")):
            sent.append(text)

    event.listen(db.engine, "before_cursor_execute", note)
    yield sent
    event.remove(db.engine, "before_cursor_execute", note)


def many(host: Host, number: int) -> None:
    """Rows as they are after a while, without living through it."""
    with transaction() as session:
        for index in range(number):
            session.add(
                Server(
                    id=new_id(), organisation_id=host.organisation_id, name=f"Welt {index:03}", template="flying-squid",
                    game_version="1.21.4", runtime="process", node="local", port=30000 + index, memory_mb=512 * (1 + index % 4),
                    settings={}, state=["stopped", "running", "crashed"][index % 3], state_since=clock.now(),
                    desired="stopped", created_at=clock.now() + timedelta(seconds=index),
                )
            )  # fmt: skip


@pytest.mark.parametrize("sort", ["name", "-name", "created", "-created", "memory", "-memory", "state"])
def test_two_hundred_servers_page_by_page_each_once(db_host: Host, frozen: datetime, sort: str) -> None:
    host = db_host
    many(host, 200)
    seen: list[str] = []
    cursor = None
    while True:
        with statements() as sent:
            page = list_servers(host.member, ServerFilter(sort=sort), cursor=cursor, limit=30)
        assert len(sent) == 1
        seen += [row.name for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 200
    if sort in ("name", "created"):
        assert seen == sorted(seen)


def test_filters_and_search(host: Host, frozen: datetime) -> None:
    many(host, 30)
    special = host.create("100% Ünsinn_")
    names = {row.name for row in list_servers(host.owner, ServerFilter(text="welt 00"), limit=50).rows}
    assert names == {f"Welt 00{index}" for index in range(10)}
    assert [row.id for row in list_servers(host.owner, ServerFilter(text="100% ü")).rows] == [special]
    assert not list_servers(host.owner, ServerFilter(text="%%")).rows
    assert not list_servers(host.owner, ServerFilter(text="W_lt")).rows
    running = list_servers(host.owner, ServerFilter(group="running"), limit=50).rows
    assert {row.state for row in running} == {State.RUNNING}
    assert len(running) == 10
    assert count_servers(host.owner) == {
        State.STOPPED: 10,
        State.RUNNING: 10,
        State.CRASHED: 10,
        State.DRAFT: 1,
    }
    for wanted in (ServerFilter(sort="password"), ServerFilter(group="alle")):
        with pytest.raises(Invalid):
            list_servers(host.owner, wanted)
    with pytest.raises(Invalid):
        list_servers(host.owner, cursor="kaputt")


def test_strangers_see_nothing(host: Host) -> None:
    server_id = host.running()
    for actor in (host.stranger, ANONYMOUS):
        assert not list_servers(actor).rows
        assert not may_see(actor, server_id)
        assert find_servers(actor, "Bauwelt", 8) == []
        with pytest.raises(NotFound):
            find_server(actor, server_id)
    assert may_see(host.member, server_id)


def test_a_servers_page_needs_one_statement(host: Host, frozen: datetime) -> None:
    server_id = host.running()
    with statements() as sent:
        detail = find_server(host.member, server_id)
    assert len(sent) == 1
    assert (detail.meter, detail.needs_restart) == (Meter.ACTIVE, False)
    change_server(host.owner, server_id, memory_mb=1024)
    detail = find_server(host.member, server_id)
    assert (detail.needs_restart, detail.memory_mb, detail.run_memory_mb) == (True, 1024, 512)
    stop_server(host.owner, server_id)
    host.settle()
    assert find_server(host.member, server_id).meter is Meter.SLEEP


def test_a_deleted_server_is_gone_but_keeps_its_name_on_bills(host: Host) -> None:
    server_id = host.running()
    delete_server(host.owner, server_id)
    host.settle()
    with pytest.raises(NotFound):
        find_server(host.owner, server_id)
    assert not list_servers(host.owner).rows
    assert server_names(host.organisation_id) == {server_id: "Bauwelt"}


def test_search_offers_what_can_be_done(app: Any, host: Host) -> None:
    server_id = host.running()
    with app.test_request_context():
        assert [hit.label for hit in find_servers(host.owner, "bau", 8)] == ["Bauwelt"]
        stop_server(host.owner, server_id)
        host.settle()
        assert [hit.label for hit in find_servers(host.owner, "bau", 8)] == ["Bauwelt", "Bauwelt starten"]


def test_every_permission_is_granted_to_somebody() -> None:
    granted = granted_permissions()
    for permission in P:
        assert {"owner", "admin"} <= granted[permission.value]
