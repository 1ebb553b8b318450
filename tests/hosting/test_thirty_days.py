"""Thirty days of everything that happens to game servers, with lost, doubled and late work: the bill is the sum of what
really ran, to the nano-euro.
"""

from __future__ import annotations

import contextlib
import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.billing import api as billing
from app.billing.models import Entry
from app.core.models import Job
from app.hosting.rules.server import Reason
from app.hosting.services import work
from app.hosting.services.doors import wake
from app.hosting.services.power import stop_one
from app.hosting.services.reconcile import reconcile
from app.hosting.services.server import (
    change_server,
    delete_server,
    kill_server,
    restart_server,
    start_server,
    stop_server,
)
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.errors import KontorError
from jobs.billing.wallet import watch as watch_wallets
from tests.hosting.conftest import Host

MICRO = timedelta(microseconds=1)
ACTIVE = (20_000_000, 1024 * 3600)  # 0.02 € for a GB and an hour
SLEEP = (100_000_000, 1024 * 730 * 3600)  # 0.10 € for a GB and 730 hours
AUTUMN = datetime(2026, 10, 10, 22, tzinfo=UTC)
"""Thirty days from here contain the end of summer time."""


def cost(mb: int, start: datetime, end: datetime, price: tuple[int, int]) -> int:
    nanos, unit = price
    return mb * ((end - start) // MICRO) * nanos // (unit * 1_000_000)


class Month:
    """A host, some servers, and dice."""

    def __init__(self, host: Host, seed: int) -> None:
        self.host, self.dice = host, random.Random(seed)
        self.servers = [host.create(f"Welt {index}", deploy=True) for index in range(3)]
        self.smallest = host.balance()

    def live(self, days: int) -> None:
        end = clock.now() + timedelta(days=days)
        while clock.now() < end:
            clock.advance(self.dice.expovariate(1 / 1800) + 0.000_001)
            self.happen()
            self.smallest = min(self.smallest, self.host.balance())

    def happen(self) -> None:
        server_id = self.dice.choice(self.servers)
        act = self.dice.choice([
            self.person, self.person, self.person, self.game, self.game, self.workers, self.workers, self.workers,
            self.watch, self.watch, self.double, self.lost_answer, self.node_away, self.lost_jobs, self.settle,
            self.idle, self.join,
        ])  # fmt: skip
        with contextlib.suppress(KontorError):
            act(server_id)
        db.session.rollback()

    def person(self, server_id: UUID) -> None:
        owner = self.host.owner
        act = self.dice.choice(
            [start_server, start_server, start_server, stop_server, restart_server, kill_server]
        )
        if self.dice.random() < 0.1:
            change_server(owner, server_id, memory_mb=self.dice.choice([512, 1024, 2048]))
        act(owner, server_id)

    def game(self, server_id: UUID) -> None:
        if self.dice.random() < 0.5:
            self.host.node.crash(server_id, self.dice.choice([0, 1, 137]))
        else:
            self.host.node.out_of_memory(server_id)

    def idle(self, server_id: UUID) -> None:
        stop_one(server_id, Reason.IDLE)

    def join(self, server_id: UUID) -> None:
        wake(server_id, "Notch")

    def workers(self, _: UUID) -> None:
        self.host.run_jobs()

    def watch(self, _: UUID) -> None:
        reconcile()

    def double(self, server_id: UUID) -> None:
        run_id = self.host.row(server_id).run_id
        if run_id is not None:
            for job in (work.start, work.stop, work.kill):
                with contextlib.suppress(Exception):
                    job(server_id, run_id)
                    job(server_id, run_id)

    def lost_answer(self, _: UUID) -> None:
        method = self.dice.choice(["start", "stop", "inspect", "inspect_many", "kill", "disk_bytes"])
        self.host.node.fail_next(method, after=self.dice.random() < 0.5)

    def node_away(self, _: UUID) -> None:
        self.host.node.down = not self.host.node.down

    def lost_jobs(self, _: UUID) -> None:
        """Jobs that failed for good or whose rows were dropped: only reconciling can help."""
        with transaction() as session:
            for job in session.scalars(select(Job).where(Job.state == "queued", Job.queue != "default")):
                job.state = "failed"

    def settle(self, _: UUID) -> None:
        watch_wallets()

    def finish(self) -> None:
        """Calm weather, then everything is stopped."""
        self.host.node.down = False
        self.host.node._faults.clear()
        for _ in range(40):
            clock.advance(20)
            self.host.settle(1)
            for server_id in self.servers:
                with contextlib.suppress(KontorError):
                    stop_server(self.host.owner, server_id)
            db.session.rollback()


def check(month: Month, funded: int) -> None:
    host = month.host
    expected = 0
    for server_id in month.servers:
        assert host.row(server_id).state in ("stopped", "crashed")
        intervals = host.intervals(server_id)
        ran = [(game.started_at, game.finished_at) for game in host.node.runs.get(server_id, [])]
        active = [(start, end) for meter, _, start, end in intervals if meter == "hosting.active"]
        wanted = [run for run in host.runs(server_id) if run.started_at is not None]
        unpaid = len(ran) - len(wanted)
        assert active == [(run.started_at, run.ended_at) for run in wanted]
        assert set(active) <= set(ran), "charged exactly when a process ran"
        assert unpaid == sum(
            run.reason == "cancelled" and run.id in host.node.started for run in host.runs(server_id)
        )
        for (_, _, _, end), (_, _, start, _) in pairwise(intervals):
            assert end == start, "no gap and no overlap between two meters"
        assert len(host.node.started) == len(set(host.node.started))
    ordered = clock.now()
    for server_id in month.servers:
        delete_server(host.owner, server_id)
    host.settle()
    for server_id in month.servers:
        for meter, mb, start, end in host.intervals(server_id):
            assert end is not None
            assert end <= ordered
            expected += cost(mb, start, end, ACTIVE if meter == "hosting.active" else SLEEP)
    billing.settle(host.organisation_id)
    assert host.balance() == funded - expected
    assert month.smallest >= 0
    db.session.rollback()
    assert db.session.scalar(select(func.sum(Entry.amount_nanos))) == 0


def month_of(host: Host, seed: int, days: int) -> None:
    with clock.freeze(AUTUMN):
        host.fund(1000)
        funded = host.balance()
        month = Month(host, seed)
        month.live(days)
        month.finish()
        check(month, funded)
        assert len(host.node.started) > days


@pytest.mark.slow
def test_a_day_of_random_life_is_charged_exactly(db_host: Host) -> None:
    month_of(db_host, seed=5, days=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_thirty_days_of_random_life_are_charged_exactly(host: Host, seed: int) -> None:
    month_of(host, seed, days=30)


@pytest.mark.slow
def test_a_wallet_that_runs_dry_stops_the_game_with_save_before_it_is_negative(
    host: Host, frozen: datetime
) -> None:
    poor = Host(host.node, host.run_jobs)
    poor.fund(1)
    server_id = poor.running(memory_mb=2048)  # 0.04 € an hour: 25 hours
    for seconds in [3600] * 24 + [300] * 24:
        clock.advance(seconds)
        watch_wallets()
        poor.settle(1)
        assert poor.balance() >= 0
    row = poor.row(server_id)
    assert (row.state, row.reason) == ("stopped", "no-credit")
    assert poor.node.data[server_id][-1] == "saved"
    active = [entry for entry in poor.intervals(server_id) if entry[0] == "hosting.active"]
    assert len(active) == 1
    assert active[0][3] is not None
    assert timedelta(hours=24, minutes=30) < active[0][3] - active[0][2] <= timedelta(hours=25)
