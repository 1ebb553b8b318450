"""Whether the platform works: each part asked, none trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache as remember
from pathlib import Path
from time import perf_counter

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from sqlalchemy import func, select, text

from app.core.models import Job, Process
from app.core.models.job import QUEUED, RUNNING
from app.kit import cache, clock
from app.kit.config import ROOT, settings
from app.kit.db import db

SEEN_WITHIN = timedelta(seconds=30)


@dataclass(frozen=True)
class Part:
    """One part of the platform: does it work, and what to look at when it does not."""

    name: str
    ok: bool
    detail: str
    seconds: float


def expected_processes() -> tuple[str, ...]:
    """The kinds of long-running processes without which something a person asked for would not happen."""
    infra = ("worker-infra", "watch") if "hosting" in settings().enabled_modules else ()
    return ("worker-default", "clock", *infra)


@remember
def _head(folder: Path) -> frozenset[str]:
    return frozenset(ScriptDirectory(str(folder)).get_heads())


def _database() -> str:
    db.session.execute(text("SELECT 1"))
    return db.engine.dialect.name


def _migrations() -> str:
    now = frozenset(MigrationContext.configure(db.session.connection()).get_current_heads())
    if now != _head(ROOT / "migrations"):
        raise LookupError("the database is not at the newest migration: run `flask db upgrade`")
    return ", ".join(sorted(now))


def _redis() -> str:
    cache.ping()
    return "answers"


def living_processes() -> dict[str, int]:
    """How many processes of each kind were seen within 30 s; an expected kind without any is 0."""
    found = dict.fromkeys(expected_processes(), 0)
    rows = db.session.execute(
        select(Process.kind, func.count())
        .where(Process.seen_at > clock.now() - SEEN_WITHIN)
        .group_by(Process.kind)
    )
    for kind, number in rows:
        found[kind] = number
    return found


def _processes() -> str:
    found = living_processes()
    missing = sorted(kind for kind in expected_processes() if not found[kind])
    if missing:
        raise LookupError("not seen for 30 s: " + ", ".join(missing))
    return ", ".join(f"{kind} {number}" for kind, number in sorted(found.items()))


PARTS: dict[str, Callable[[], str]] = {
    "database": _database,
    "migrations": _migrations,
    "redis": _redis,
    "processes": _processes,
}


def ask(name: str) -> Part:
    """Ask one part. What the driver says stays in the log: an address may be in it."""
    started = perf_counter()
    try:
        detail, ok = PARTS[name](), True
    except LookupError as found:
        detail, ok = str(found.args[0]), False
    except Exception as error:
        db.session.rollback()
        detail, ok = f"does not answer ({type(error).__name__})", False
    return Part(name, ok, detail, round(perf_counter() - started, 4))


def job_metrics() -> Iterator[Metric]:
    """The queues as they are in the database now."""
    jobs = GaugeMetricFamily("kontor_jobs", "Open jobs by queue and state", labels=("queue", "state"))
    oldest = GaugeMetricFamily(
        "kontor_jobs_oldest_wait_seconds", "How long the oldest due job has waited", labels=("queue",)
    )
    now = clock.now()
    rows = db.session.execute(
        select(Job.queue, Job.state, func.count())
        .where(Job.state.in_((QUEUED, RUNNING)))
        .group_by(Job.queue, Job.state)
    )
    for queue, state, number in rows:
        jobs.add_metric((queue, state), number)
    due = (
        select(Job.queue, func.min(Job.run_at))
        .where(Job.state == QUEUED, Job.run_at <= now)
        .group_by(Job.queue)
    )
    for queue, since in db.session.execute(due):
        oldest.add_metric((queue,), (now - since).total_seconds())
    yield jobs
    yield oldest
    alive = GaugeMetricFamily("kontor_processes", "Living processes of the platform", labels=("kind",))
    for kind, number in living_processes().items():
        alive.add_metric((kind,), number)
    yield alive
