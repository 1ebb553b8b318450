"""The fixtures that give tests real services. Loaded by tests/conftest.py as a plugin."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.services.closing import put_away
from tests.services.nodejs import NodeTools, node_tools_in
from tests.services.postgres import PostgresServer, running_postgres
from tests.services.processes import missing
from tests.services.redis import RedisServer, running_redis
from tests.services.smtp import SmtpServer, running_smtp


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test process."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """The SQLAlchemy address of one database, shared by the run: who writes there cleans up."""
    return postgres_server.url(postgres_server.create())


@pytest.fixture
def fresh_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The SQLAlchemy address of an empty database for one test."""
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Valkey server of this test process; a test that stops it starts it again."""
    with running_redis() as server:
        yield server


@pytest.fixture(scope="session")
def redis_url(redis_server: RedisServer) -> str:
    """Its address."""
    return redis_server.url


@pytest.fixture(scope="session")
def _smtp() -> Iterator[SmtpServer]:
    with running_smtp() as server:
        yield server


@pytest.fixture
def smtp_server(_smtp: SmtpServer) -> Iterator[SmtpServer]:
    """An SMTP server with an empty mailbox."""
    _smtp.clear()
    yield _smtp
    _smtp.clear()


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """Debian's Chromium."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not found:
        missing("Chromium", "apt-get install chromium")
    return Path(found)


@pytest.fixture(scope="session")
def chromium_arguments() -> list[str]:
    """What a headless Chromium needs in a container and without a way to the outside."""
    arguments = [
        "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    ]  # fmt: skip
    return ["--no-sandbox", *arguments] if os.geteuid() == 0 else arguments


@pytest.fixture(scope="session")
def chromium(chromium_path: Path, chromium_arguments: list[str]) -> Iterator[Browser]:
    """One running browser for the whole test process: Playwright allows no second one beside it."""
    expect.set_options(
        timeout=20_000
    )  # machines that run tests are busy; what never comes fails all the same
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium_path), args=chromium_arguments)
        yield browser
        put_away(browser)


@pytest.fixture(scope="session")
def node_tools() -> NodeTools:
    """Node with the Minecraft client's packages."""
    return node_tools_in(Path(__file__).parent / "node")


@pytest.fixture(scope="session")
def pdftotext_path() -> Path:
    """Poppler's pdftotext."""
    found = shutil.which("pdftotext")
    if not found:
        missing("pdftotext", "apt-get install poppler-utils")
    return Path(found)
