"""Two admins, double clicks and two of everything, at the same time on PostgreSQL: one server, one process, one bill."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.models import Job
from app.hosting.models import Port
from app.hosting.services import lease, work
from app.hosting.services.reconcile import reconcile
from app.hosting.services.server import create_server, delete_server, start_server, stop_server
from app.kit.db import db
from app.kit.errors import Conflict
from tests.hosting.conftest import GAME, Host
from tests.threads import at_once

pytestmark = pytest.mark.postgres


def kinds(results: list[Any]) -> Counter[str]:
    return Counter(
        "done" if not isinstance(result, Exception) else type(result).__name__ for result in results
    )


def test_twenty_clicks_on_start_by_two_admins_start_one_process(pg_app: Flask, pg_host: Host) -> None:
    host = pg_host
    server_id = host.running()
    stop_server(host.owner, server_id)
    host.settle()
    results = at_once(
        pg_app, 20, lambda index: start_server(host.owner if index % 2 else host.admin, server_id)
    )
    assert kinds(results) == {"done": 1, "Conflict": 19}
    host.settle()
    assert len(host.node.started) == 2
    assert [meter for meter, _, _, _ in host.intervals(server_id)] == [
        "hosting.active", "hosting.sleep", "hosting.active",
    ]  # fmt: skip


def test_the_same_form_sent_ten_times_creates_one_server(pg_app: Flask, pg_host: Host) -> None:
    results = at_once(
        pg_app,
        10,
        lambda _: create_server(pg_host.owner, name="Eine Welt", template=GAME, once="form", deploy=True),
    )
    assert len({result for result in results if isinstance(result, UUID)}) == 1
    assert kinds(results) == {"done": 10}
    db.session.rollback()
    assert db.session.query(Job).filter_by(path="jobs.hosting.server.install").count() == 1


def test_thirty_servers_created_at_once_get_thirty_ports(pg_app: Flask, pg_host: Host) -> None:
    results = at_once(pg_app, 15, lambda index: [pg_host.create(f"Welt {index}-{turn}") for turn in range(2)])
    assert kinds(results) == {"done": 15}
    db.session.rollback()
    ports = list(db.session.scalars(select(Port.port)))
    assert sorted(ports) == list(range(25600, 25630))


def test_many_workers_with_the_same_job_start_once_and_charge_once(pg_app: Flask, pg_host: Host) -> None:
    host = pg_host
    server_id = host.create(deploy=True)
    at_once(pg_app, 4, lambda _: work.install(server_id))
    run_id = host.row(server_id).run_id
    assert run_id is not None
    results = at_once(pg_app, 8, lambda index: work.start(server_id, run_id) if index % 2 else reconcile())
    assert set(kinds(results)) <= {"done", "NotNow", "Conflict"}
    host.settle()
    assert host.row(server_id).state == "running"
    assert len(host.node.started) == 1
    assert len(host.intervals(server_id)) == 1
    results = at_once(pg_app, 8, lambda index: reconcile() if index % 2 else _stop(host, server_id))
    host.settle()
    assert [meter for meter, _, _, _ in host.intervals(server_id)] == ["hosting.active", "hosting.sleep"]
    assert host.events(server_id).count("stopped") == 1


def _stop(host: Host, server_id: UUID) -> None:
    stop_server(host.owner, server_id)
    run_id = host.row(server_id).run_id
    assert run_id is not None
    work.stop(server_id, run_id)


def test_start_stop_and_delete_at_once_end_in_one_truth(pg_app: Flask, pg_host: Host) -> None:
    host = pg_host
    for turn in range(5):
        server_id = host.running(f"Welt {turn}")
        acts = [stop_server, stop_server, delete_server, delete_server, stop_server, start_server]
        results = at_once(pg_app, 6, lambda index, acts=acts, it=server_id: acts[index](host.owner, it))  # type: ignore[misc]
        assert all(result is None or isinstance(result, Conflict) for result in results), results
        host.settle()
        assert host.row(server_id).state == "deleted"
        assert server_id not in host.node.runs
        assert all(end is not None for _, _, _, end in host.intervals(server_id))


def test_one_of_many_watches_gets_the_lease(pg_app: Flask, pg_host: Host) -> None:
    results = at_once(pg_app, 10, lambda index: lease.hold(f"watch-{index}"))
    assert Counter(results) == {True: 1, False: 9}
