"""The demo organisation's servers: a believable month whose ledger adds up, written once."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.demo import seed as seed_people
from app.billing import api as billing
from app.billing.demo import seed as seed_money
from app.billing.models import Entry
from app.billing.services.price import ensure_price_list
from app.core.models import Job
from app.hosting.demo import DRAFT, LIVED, seed
from app.hosting.models import Run, Server
from app.hosting.queries.sample import series
from app.kit.db import db, transaction
from tests.hosting.conftest import Host


@pytest.mark.slow
def test_the_demo_has_a_past_that_adds_up_and_is_written_once(
    app: Flask, host: Host, frozen: datetime, run_jobs: Callable[..., list[str]]
) -> None:
    app.config["PASSWORD_COST"] = (1, 8, 1)
    with transaction():
        ensure_price_list()
    began = time.monotonic()
    for _ in range(2):
        seed_people()
        seed_money()
        seed()
    assert time.monotonic() - began < 60
    servers = {row.name: row for row in db.session.scalars(select(Server))}
    assert set(servers) == {LIVED, DRAFT}
    lived = servers[LIVED]
    lived_id = lived.id
    assert (lived.state, servers[DRAFT].state) == ("stopped", "draft")
    runs = list(db.session.scalars(select(Run).order_by(Run.started_at)))
    assert len(runs) > 8
    assert all(run.started_at and run.ended_at and run.ended_at <= frozen for run in runs)
    active = [(start, end) for meter, _, start, end in host.intervals(lived.id) if meter == "hosting.active"]
    assert active == [(run.started_at, run.ended_at) for run in runs]
    assert db.session.scalar(select(func.sum(Entry.amount_nanos))) == 0
    wallet = billing.wallet(lived.organisation_id)
    assert 40 * 10**9 < wallet.balance.nanos < 50 * 10**9
    assert not series(lived.id, "30d").empty

    count = db.session.query(Job).filter_by(state="queued").count()
    assert count < 200
    run_jobs(400)
    db.session.rollback()
    assert host.node.started == [], "late workers find nothing to do"
    assert host.row(lived_id).state == "stopped"
