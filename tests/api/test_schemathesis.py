"""The API against its own description: generated requests, right and wrong, find no 5xx and nothing undocumented.

Schemathesis runs its examples, its boundary values and random ones; once as they come, once with the ids of things that
exist, so that the requests get further than "not found".
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from werkzeug.serving import WSGIRequestHandler, make_server

from app.hosting.models import Archive, Backup
from app.hosting.rules.schedule_action import Action
from app.hosting.services.schedule import create_schedule
from app.hosting.services.setup import create_server
from app.kit import clock, rest
from app.kit.db import db, transaction
from app.kit.ids import new_id
from tests.api.conftest import EVERYTHING, token_for
from tests.nanos.trade import market
from tests.people import People

pytestmark = pytest.mark.slow


@pytest.fixture
def outside(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The application as it answers in production: errors become answers, and nobody is throttled."""
    monkeypatch.setattr(rest, "LIMIT", 1_000_000)
    app.testing = False
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()
    app.testing = True
    db.session.rollback()


class Quiet(WSGIRequestHandler):
    """Without a line for each of thousands of requests."""

    def log(self, *_arguments: object) -> None:
        return


def run(address: str, token: str, parameters: dict[str, str]) -> tuple[Counter[int], list[str]]:
    """Statuses by number, and what was found."""
    config = SchemathesisConfig.from_dict(
        {
            "base-url": address,
            "headers": {"Authorization": f"Bearer {token}"},
            "generation": {"max-examples": 15, "deterministic": True, "database": "none"},
            "phases": {"stateful": {"enabled": False}},
            "parameters": parameters,
            # Right by its shape may be wrong by its meaning: a template that does not exist, a name that is taken.
            "checks": {"positive_data_acceptance": {"enabled": False}},
        }
    )
    schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json", config=config)
    statuses: Counter[int] = Counter()
    found: list[str] = []
    for event in from_schema(schema).execute():
        recorder: Any = getattr(event, "recorder", None)
        if recorder is not None:
            statuses.update(
                one.response.status_code for one in recorder.interactions.values() if one.response
            )
            for case, checks in recorder.checks.items():
                for check in checks:
                    if check.failure_info is not None:
                        request = recorder.cases[case].value.as_curl_command()
                        found.append(f"{check.name}: {check.failure_info.failure} {request}")
        problem = getattr(event, "info", None) or getattr(event, "exception", None)
        if type(event).__name__ in ("NonFatalError", "FatalError"):
            found.append(f"{type(event).__name__}: {problem}")
    return statuses, found


def things(people: People) -> dict[str, str]:
    """Ids of a server, a plan, a backup, a nano and an exchange, for requests that get further than "not found"."""
    alice, now = people.alice.actor, clock.now()
    server = create_server(alice, name="Freitagsrunde", template="flying-squid")
    plan = create_schedule(alice, server, action=Action.STOP, cron="0 4 * * *", zone="UTC")
    backup = new_id()
    with transaction() as session:
        session.add(
            Archive(
                id=backup, server_id=server, organisation_id=people.organisation_id, purpose="backup",
                state="verified", key="backups/none", size_bytes=10, raw_bytes=20, files=1,
                sha256="0" * 64, game_version="1.21.4", created_at=now, finished_at=now,
            )
        )  # fmt: skip
        session.flush()
        session.add(Backup(archive_id=backup, server_id=server, origin="manual"))
    trade = market(people)
    return {
        "path.server_id": str(server), "path.schedule_id": str(plan), "path.backup_id": str(backup),
        "path.nano_id": str(trade.theirs), "path.exchange_id": str(trade.offer()),
    }  # fmt: skip


@pytest.mark.parametrize("real", [False, True], ids=["invented", "real"])
def test_generated_requests_are_answered_as_described(outside: str, people: People, real: bool) -> None:
    ids = things(people)
    # The token that asks must survive: it belongs to Dora, and only Alice's may be revoked.
    token = token_for(people.dora, EVERYTHING)
    statuses, found = run(outside, token, ids if real else {})
    assert found == [], "\n".join(found[:10])
    assert {200, 201, 401, 422} <= set(statuses)
    assert max(statuses) < 500
    assert sum(statuses.values()) > 500, statuses
