"""The application under test: real services, a real database, jobs run when the test says so."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.factory import create_app
from app.kit import clock, limits
from app.kit.config import Settings
from app.kit.db import db

gc.disable()  # nearly all that is loaded now stays: looking it through again and again costs seconds

pytest_plugins = [
    "tests.services.fixtures",
    "tests.services.docker_engine",
    "tests.services.squid",
    "tests.people",
]

# A busy machine is slow at random moments: no example is judged by its time. The inner loop tries fewer of them.
settings.register_profile("every", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("every"), max_examples=25)
settings.load_profile("every")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files stay whole on one worker. What makes network interfaces (an engine) never runs beside a browser: Chromium
    drops what it is loading when an interface comes or goes."""
    for item in items:
        network = item.get_closest_marker("docker") or item.get_closest_marker("browser")
        item.add_marker(pytest.mark.xdist_group("network" if network else item.nodeid.partition("::")[0]))


def pytest_collection_finish() -> None:
    """From here on there is garbage; what stands stays until the end."""
    gc.freeze()
    gc.enable()


class Client(FlaskClient):
    """Takes a whole answer and closes it, as a server does; what an answer holds is given back. `buffered=False` waits."""

    def open(self, *args: Any, buffered: bool = True, **kwargs: Any) -> TestResponse:
        return super().open(*args, buffered=buffered, **kwargs)


NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def make_app(var_dir: Path, database_url: str = "", **wished: object) -> Flask:
    """An application with its own folder; jobs stay in their rows until `run_jobs`."""
    values: dict[str, object] = {"demo": True, "public_url": "http://localhost", "modules": "hosting,nanos"}
    values.update(wished)
    app = create_app(
        Settings(var_dir=var_dir, database_url=database_url, **values),  # type: ignore[arg-type]
        TESTING=True,
        WTF_CSRF_ENABLED=False,
        SERVER_NAME="localhost",
    )
    app.test_client_class = Client
    app.extensions["kontor-carrier"] = lambda job_id, queue, timeout: None
    with app.app_context():
        db.create_all()
    return app


def wipe(app: Flask) -> None:
    """Empty all tables, which is quicker than to make them again, and forget who asked how often."""
    limits._memory.clear()
    with app.app_context():
        db.session.remove()
        with db.engine.begin() as connection:
            tables = [table.name for table in reversed(db.metadata.sorted_tables)]
            if connection.dialect.name == "postgresql":
                connection.execute(text("TRUNCATE " + ", ".join(f'"{name}"' for name in tables) + " CASCADE"))
            else:
                for name in tables:
                    connection.exec_driver_sql(f'DELETE FROM "{name}"')


@pytest.fixture(scope="session")
def sqlite_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return make_app(tmp_path_factory.mktemp("var"))


@pytest.fixture(scope="session")
def postgres_app(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Flask:
    return make_app(tmp_path_factory.mktemp("var-pg"), request.getfixturevalue("postgres_url"))


def _entered(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app
        db.session.rollback()
        db.session.remove()
    wipe(app)


@pytest.fixture
def app(sqlite_app: Flask) -> Iterator[Flask]:
    """The application on SQLite, inside an application context, empty again after the test."""
    yield from _entered(sqlite_app)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def db_app(request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The same on SQLite and on PostgreSQL."""
    yield from _entered(request.getfixturevalue(f"{request.param}_app"))


@pytest.fixture
def pg_app(postgres_app: Flask) -> Iterator[Flask]:
    """The application on PostgreSQL only (races); mark the test `postgres`."""
    yield from _entered(postgres_app)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def frozen() -> Iterator[datetime]:
    """The clock stands at noon UTC on 21 November 2026; `clock.advance` moves it."""
    with clock.freeze(NOON):
        yield NOON


@pytest.fixture
def run_jobs() -> Callable[..., list[str]]:
    """Run every job that is due, and those they enqueue, in this process. Returns "path: outcome" lines."""
    from flask import current_app
    from sqlalchemy import select

    from app.core.models import Job
    from jobs.runtime import run

    def work(limit: int = 200) -> list[str]:
        outcomes: list[str] = []
        while len(outcomes) < limit:
            row = db.session.execute(
                select(Job.id, Job.path)
                .where(Job.state == "queued", Job.run_at <= clock.now())
                .order_by(Job.run_at, Job.id)
                .limit(1)
            ).first()
            db.session.rollback()
            if row is None:
                return outcomes
            job_id: UUID = row.id
            app = current_app._get_current_object()  # type: ignore[attr-defined]
            outcomes.append(f"{row.path}: {run(app, job_id)}")
        raise AssertionError(f"jobs do not come to an end: {outcomes[-5:]}")

    return work


@pytest.fixture
def settle(run_jobs: Callable[..., list[str]]) -> Callable[[], None]:
    """What workers and the watch of game servers do until nothing changes."""
    from app.hosting.services.reconcile import reconcile

    def work() -> None:
        for _ in range(3):
            run_jobs()
            reconcile()
        run_jobs()

    return work
