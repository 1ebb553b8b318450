"""The pages people look at most ask the database at most eight times, however much they show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event, update

from app.billing.services.price import ensure_price_list
from app.billing.services.settlement import settle
from app.hosting.models import Server
from app.hosting.services import charge
from app.hosting.services.setup import create_server
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.ids import new_id
from app.messaging.services.message import send
from app.messaging.services.room import open_direct
from tests.hosting.money import give_credit
from tests.people import People, sign_in

MOST = 8


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are run inside; BEGIN is none."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    "path",
    [
        "/hosting/servers",
        "/hosting/servers/{server}",
        "/guthaben",
        "/mitteilungen",
        "/nachrichten",
        "/nachrichten/{room}",
    ],
)
def test_eight_statements_a_page(db_app: Flask, db_people: People, path: str, frozen: object) -> None:
    with transaction():
        ensure_price_list()
    give_credit(db_people, 100)
    servers = [create_server(db_people.alice.actor, name=f"S{n}", template="flying-squid") for n in range(12)]
    for server_id in servers[:6]:
        run_id = new_id()
        with transaction():
            db.session.execute(
                update(Server)
                .where(Server.id == server_id)
                .values(state="running", run_id=run_id, started_at=clock.now())
            )
            charge.run_began(db_people.organisation_id, server_id, run_id, 1024, clock.now())
    rooms = [open_direct(db_people.alice.actor, one.id) for one in (db_people.bob, db_people.dora)]
    for number in range(20):
        send(db_people.bob.actor, rooms[0], text=f"@Alice {number}", client_id=f"client-{number:02}")
        send(db_people.dora.actor, rooms[1], text=f"{number}", client_id=f"client-{number:02}")
    clock.advance(hours=2)
    settle(db_people.organisation_id)
    client = sign_in(db_app.test_client(), db_people.alice)
    address = path.format(server=servers[0], room=rooms[0])
    assert client.get(address).status_code == 200  # the visit is noted once a minute
    with counted() as seen:
        assert client.get(address).status_code == 200
    assert len(seen) <= MOST, "\n".join(seen)
