"""Game servers on a machine in memory, with money in the wallet."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, current_app
from sqlalchemy import select

from app.billing.models import Account, UsageInterval
from app.billing.services.credit import credit
from app.billing.services.price import ensure_price_list
from app.core.models import Event
from app.hosting.gateways.fake import FakeNode, FakeRun, FakeRuntime
from app.hosting.models import Run, Server
from app.hosting.services import reconcile as reconciling
from app.hosting.services.place import EXTENSION, use_runtimes
from app.hosting.services.server import create_server
from app.kit import cache, clock
from app.kit.authz import Actor
from app.kit.db import db, transaction
from app.kit.ids import new_id
from app.kit.money import NANOS, Money
from jobs.watch import Watch
from tests.services.redis import RedisServer

GAME = "flying-squid"


class Host:
    """A node in memory, an organisation's owner, admin and member, and what tests keep asking."""

    folder: Path
    """The var folder, where an installation of processes runs."""

    def __init__(self, node: FakeNode, run_jobs: Callable[..., list[str]]) -> None:
        self.node = node
        self.run_jobs = run_jobs
        self.template = GAME
        self.organisation_id = new_id()
        self.owner = self._actor("owner")
        self.admin = self._actor("admin")
        self.member = self._actor("member")
        self.stranger = Actor(person_id=new_id(), organisation_id=new_id(), role="owner")

    def _actor(self, role: str) -> Actor:
        return Actor(person_id=new_id(), organisation_id=self.organisation_id, role=role)

    def fund(self, euros: int = 100) -> None:
        with transaction():
            credit(
                self.organisation_id, Money(euros * NANOS), key=new_id().hex, kind="topup", actor=self.owner
            )

    def create(self, name: str = "Bauwelt", **values: Any) -> UUID:
        return create_server(self.owner, name=name, **{"template": self.template, **values})

    def running(self, name: str = "Bauwelt", **values: Any) -> UUID:
        """A server that runs and takes players."""
        server_id = self.create(name, deploy=True, **values)
        self.settle()
        assert self.row(server_id).state == "running"
        return server_id

    def settle(self, rounds: int = 3) -> None:
        """Do all work there is, as workers and the watch do."""
        for _ in range(rounds):
            self.run_jobs()
            reconciling.reconcile()
        self.run_jobs()

    def row(self, server_id: UUID) -> Server:
        db.session.rollback()
        return db.session.get_one(Server, server_id, populate_existing=True)

    def runs(self, server_id: UUID) -> list[Run]:
        db.session.rollback()
        rows = db.session.scalars(
            select(Run).where(Run.server_id == server_id).order_by(Run.requested_at, Run.id)
        )
        return list(rows)

    def game(self, server_id: UUID) -> FakeRun:
        run = self.node.run(server_id)
        assert run is not None
        return run

    def intervals(self, server_id: UUID) -> list[tuple[str, int, datetime, datetime | None]]:
        db.session.rollback()
        rows = db.session.scalars(
            select(UsageInterval)
            .where(UsageInterval.subject_id == server_id)
            .order_by(UsageInterval.started_at, UsageInterval.id)
        )
        return [(row.meter, row.quantity_mb, row.started_at, row.ended_at) for row in rows]

    def balance(self) -> int:
        db.session.rollback()
        found = db.session.scalar(
            select(Account.balance_nanos).where(
                Account.organisation_id == self.organisation_id, Account.kind == "wallet"
            )
        )
        return found or 0

    def events(self, server_id: UUID | None = None) -> list[str]:
        db.session.rollback()
        statement = select(Event.name).where(Event.name.startswith("hosting.")).order_by(Event.seq)
        if server_id is not None:
            statement = statement.where(Event.subject_id == server_id)
        return [name.removeprefix("hosting.server.") for name in db.session.scalars(statement)]

    def event(self, name: str) -> dict[str, Any]:
        db.session.rollback()
        statement = (
            select(Event.data).where(Event.name == f"hosting.server.{name}").order_by(Event.seq.desc())
        )
        found = db.session.scalars(statement.limit(1)).first()
        assert found is not None, name
        return found


def plug_in(app: Flask, node: FakeNode) -> None:
    """Make the application's runtimes look at this node."""
    use_runtimes(app, {"process": lambda: FakeRuntime(node)}, node.sweep)  # type: ignore[arg-type]


def _host(app: Flask, run_jobs: Callable[..., list[str]]) -> Iterator[Host]:
    kept = app.extensions.get(EXTENSION)
    node = FakeNode()
    plug_in(app, node)
    with transaction():
        ensure_price_list()
    found = Host(node, run_jobs)
    found.fund()
    yield found
    app.extensions[EXTENSION] = kept


@pytest.fixture
def host(app: Flask, run_jobs: Callable[..., list[str]]) -> Iterator[Host]:
    """A funded organisation with a node in memory, on SQLite."""
    yield from _host(app, run_jobs)


@pytest.fixture
def db_host(db_app: Flask, run_jobs: Callable[..., list[str]]) -> Iterator[Host]:
    """The same on SQLite and PostgreSQL."""
    yield from _host(db_app, run_jobs)


@pytest.fixture
def pg_host(pg_app: Flask, run_jobs: Callable[..., list[str]]) -> Iterator[Host]:
    """The same on PostgreSQL only, for races; mark the test `postgres`."""
    yield from _host(pg_app, run_jobs)


__all__ = ["GAME", "Host", "clock", "current_app", "plug_in"]


@pytest.fixture
def redis(app: Flask, redis_server: RedisServer) -> Iterator[Any]:
    """The application's Redis, empty."""
    client = cache.make_client(redis_server.url)
    client.flushdb()
    kept = app.extensions.get("kontor-redis")
    app.extensions["kontor-redis"] = {"pid": os.getpid(), "client": client}
    yield client
    app.extensions["kontor-redis"] = kept or {}


@pytest.fixture
def watch(app: Flask, host: Host, redis: Any, frozen: datetime) -> Watch:
    """A watch that tests call look by look."""
    return Watch(app)
