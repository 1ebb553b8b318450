"""The people every test knows.

Alice owns the organisation "Nordlicht", Dora is its admin, Bob a member. Cleo owns another one and is a stranger.
Olga operates the platform and belongs to none. Nobody is a client without a session.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from app.accounts.api import add_member, create_organisation, create_person, find_actor_for_job
from app.accounts.services.session import open_session
from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, transaction

PASSWORD = "vier Katzen auf dem Dach"
CHEAP = (1, 8, 1)  # argon2 with the least work: tests sign in thousands of times


@dataclass(frozen=True)
class Someone:
    """A person of the tests; `organisation_id` is where they work, None for the operator."""

    id: UUID
    name: str
    email: str
    organisation_id: UUID | None

    @property
    def actor(self) -> Actor:
        """The person as services want them."""
        return find_actor_for_job(self.id, self.organisation_id)


@dataclass(frozen=True)
class People:
    """Everybody, and the two organisations."""

    alice: Someone
    dora: Someone
    bob: Someone
    cleo: Someone
    olga: Someone
    organisation_id: UUID
    other_organisation_id: UUID


def make_people(app: Flask) -> People:
    """Everybody, in the database of this application. Needs an application context.

    Half of all tests want them: in SQLite the rows are laid again as the services wrote them within the last minute.
    """
    app.config["PASSWORD_COST"] = CHEAP
    if db.engine.dialect.name != "sqlite":
        return _write_people()
    # Two: one of the held clock, one of the real one.
    kept: deque[Written] = app.extensions.setdefault("test-people", deque(maxlen=2))
    for written in kept:
        fresh = timedelta(0) <= clock.now() - written.at < timedelta(minutes=1)
        if fresh and _lay(written.rows):
            return written.people
    before = _rows()
    written = Written(clock.now(), _write_people(), _rows())
    if not before:
        kept.append(written)
    return written.people


@dataclass(frozen=True)
class Written:
    """Everybody as they lie in the tables, and since when."""

    at: datetime
    people: People
    rows: list[tuple[str, list[tuple[Any, ...]]]]


def _rows() -> list[tuple[str, list[tuple[Any, ...]]]]:
    """All that the database holds, in the order in which it may be inserted."""
    with db.engine.begin() as connection:
        tables = [table.name for table in db.metadata.sorted_tables]
        found = [
            (name, [tuple(row) for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"')])
            for name in tables
        ]
    return [(name, rows) for name, rows in found if rows]


def _lay(tables: list[tuple[str, list[tuple[Any, ...]]]]) -> bool:
    """Insert them; False, and nothing, where something else is numbered like them already."""
    try:
        with db.engine.begin() as connection:
            for name, rows in tables:
                marks = ", ".join("?" * len(rows[0]))
                connection.exec_driver_sql(f'INSERT INTO "{name}" VALUES ({marks})', rows)
    except IntegrityError:
        return False
    return True


def _write_people() -> People:
    """Through the services."""
    ids = {
        name: create_person(
            email=f"{name.lower()}@example.org", name=name, password=PASSWORD, is_operator=name == "Olga"
        )
        for name in ("Alice", "Dora", "Bob", "Cleo", "Olga")
    }
    ours = create_organisation(name="Nordlicht", owner_id=ids["Alice"])
    theirs = create_organisation(name="Südwind", owner_id=ids["Cleo"])
    add_member(ours, ids["Dora"], "admin")
    add_member(ours, ids["Bob"], "member")
    where = {"Alice": ours, "Dora": ours, "Bob": ours, "Cleo": theirs}
    every = {
        name.lower(): Someone(one, name, f"{name.lower()}@example.org", where.get(name))
        for name, one in ids.items()
    }
    return People(**every, organisation_id=ours, other_organisation_id=theirs)


@pytest.fixture
def people(app: Flask) -> People:
    """Alice, Dora, Bob, Cleo and Olga on SQLite."""
    return make_people(app)


@pytest.fixture
def db_people(db_app: Flask) -> People:
    """The same on each database."""
    return make_people(db_app)


def sign_in(client: FlaskClient, person: Someone | None) -> FlaskClient:
    """Give the client a real session of this person; None signs nobody in. Returns the client."""
    client.delete_cookie("kontor_session")
    if person is not None:
        with transaction():
            token = open_session(person.id, method="password", organisation_id=person.organisation_id)
        client.set_cookie("kontor_session", token)
    return client
