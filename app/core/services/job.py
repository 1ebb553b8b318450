"""The life of a job row: written with the work that wants it, claimed, leased, finished, swept."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import and_, func, or_, select, update
from structlog.contextvars import get_contextvars

from app.core.models import Job, JobLine
from app.core.models.job import CANCELLED, DONE, FAILED, QUEUED, RUNNING
from app.kit import clock, live
from app.kit.authz import Actor
from app.kit.db import after_commit, db, require_transaction, transaction
from app.kit.ids import new_id
from app.kit.jobref import JobRef

LEASE = timedelta(seconds=20)  # a worker says every 5 s that it lives
PUSH_AGAIN = timedelta(seconds=15)  # an unclaimed row goes to the queue again
MOST_HASTENED = 20
BACKOFF = (2, 10, 30, 120, 600, 1800, 3600, 7200)  # seconds before attempt 2, 3, …


@dataclass(frozen=True)
class Claim:
    """A job in the hands of one worker; `attempt` is the fence."""

    id: UUID
    path: str
    args: dict[str, Any]
    attempt: int
    timeout: int
    organisation_id: UUID | None
    actor_id: UUID | None
    request_id: str | None


def enqueue(
    ref: JobRef,
    *,
    actor: Actor | None,
    organisation_id: UUID | None,
    subject: tuple[str, UUID] | None,
    dedupe: str | None,
    at: Any,
    args: dict[str, Any],
) -> UUID:
    """Write the row (see JobRef.later) and push it to its queue after the commit."""
    require_transaction()
    if dedupe is not None:
        open_job = db.session.scalar(
            select(Job.id).where(Job.dedupe == dedupe, Job.state.in_((QUEUED, RUNNING)))
        )
        if open_job is not None:
            return open_job
    now = clock.now()
    due = at is None or at <= now
    row = Job(
        id=new_id(),
        path=ref.path,
        queue=ref.queue,
        title=ref.title,
        args=args,
        dedupe=dedupe,
        max_attempts=1 + ref.retries,
        timeout=ref.timeout,
        run_at=at or now,
        pushed_at=now if due else None,
        organisation_id=organisation_id or (actor.organisation_id if actor else None),
        actor_id=actor.person_id if actor else None,
        request_id=get_contextvars().get("request_id"),
        subject_type=subject[0] if subject else None,
        subject_id=subject[1] if subject else None,
        created_at=now,
    )
    db.session.add(row)
    db.session.flush()
    if due:
        job_id, queue, timeout = row.id, row.queue, row.timeout
        after_commit(lambda: push(job_id, queue, timeout))
    return row.id


def push(job_id: UUID, queue: str, timeout: int) -> None:
    """Hand the id to the carrier. A lost or doubled push does no harm: the row decides."""
    carrier = current_app.extensions["kontor-carrier"]
    carrier(job_id, queue, timeout)


def claim(job_id: UUID, worker: str) -> Claim | None:
    """Take a due job, or one whose worker has died. None when someone else has it or it is over."""
    now = clock.now()
    with transaction() as session:
        taken = session.execute(
            update(Job)
            .where(
                Job.id == job_id,
                or_(
                    and_(Job.state == QUEUED, Job.run_at <= now),
                    and_(Job.state == RUNNING, Job.lease_until < now),
                ),
            )
            .values(
                state=RUNNING,
                attempt=Job.attempt + 1,
                lease_until=now + LEASE,
                worker=worker,
                started_at=now,
                error=None,
            )
            .execution_options(synchronize_session=False)
        )
        if taken.rowcount != 1:  # type: ignore[attr-defined]
            return None
        row = session.get(Job, job_id, populate_existing=True)
        assert row is not None
        if row.attempt > row.max_attempts:
            row.state, row.finished_at, row.error = FAILED, now, "worker lost too often"
            _show(job_id)
            return None
        return Claim(
            row.id,
            row.path,
            row.args,
            row.attempt,
            row.timeout,
            row.organisation_id,
            row.actor_id,
            row.request_id,
        )


def _held(job: Claim) -> Any:
    return and_(Job.id == job.id, Job.state == RUNNING, Job.attempt == job.attempt)


def _change(job: Claim, **values: Any) -> bool:
    with transaction() as session:
        done = session.execute(
            update(Job).where(_held(job)).values(**values).execution_options(synchronize_session=False)
        )
        _show(job.id)
        return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def _show(job_id: UUID) -> None:
    live.changed("core-job", job_id, "progress")


def extend(job: Claim) -> bool:
    """Keep the lease; False means another worker has the job now."""
    with transaction() as session:
        done = session.execute(
            update(Job)
            .where(_held(job))
            .values(lease_until=clock.now() + LEASE)
            .execution_options(synchronize_session=False)
        )
        return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def report(job: Claim, percent: int, note: str = "") -> bool:
    """Progress in percent with a short note, shown live."""
    return _change(job, percent=max(0, min(100, percent)), note=note[:200], lease_until=clock.now() + LEASE)


def add_lines(job: Claim, lines: list[str]) -> None:
    """Lines for the job's log, shown live."""
    now = clock.now()
    with transaction() as session:
        session.add_all(JobLine(job_id=job.id, at=now, text=line[:2000]) for line in lines)
        _show(job.id)


def finish(job: Claim, result: dict[str, Any] | None) -> bool:
    """The work is done. False when the lease was lost meanwhile: another attempt decides."""
    return _change(job, state=DONE, percent=100, finished_at=clock.now(), result=result, lease_until=None)


def fail(job: Claim, error: BaseException, *, final: bool, retry_in: float | None = None) -> bool:
    """An attempt failed: try again later, or give up when attempts are used up or trying again cannot help."""
    with transaction() as session:
        row = session.scalar(select(Job).where(_held(job)))
        if row is None:
            return False
        text = "".join(traceback.format_exception(error))[-8000:]
        row.error, row.lease_until = text, None
        if final or row.attempt >= row.max_attempts:
            row.state, row.finished_at = FAILED, clock.now()
        else:
            wait = retry_in if retry_in is not None else BACKOFF[min(row.attempt, len(BACKOFF)) - 1]
            row.state, row.run_at, row.pushed_at = QUEUED, clock.now() + timedelta(seconds=wait), None
        _show(job.id)
        return row.state == FAILED


def postpone(job: Claim, seconds: float) -> None:
    """Not now: put it back without counting the attempt."""
    with transaction() as session:
        row = session.scalar(select(Job).where(_held(job)))
        if row is not None:
            row.state, row.attempt, row.lease_until, row.pushed_at = QUEUED, row.attempt - 1, None, None
            row.run_at = clock.now() + timedelta(seconds=seconds)


def hasten(ref: JobRef) -> None:
    """What postponed jobs of this kind wait for has come: the oldest one of each organisation is due at once."""
    require_transaction()
    now = clock.now()
    order = func.row_number().over(partition_by=Job.organisation_id, order_by=(Job.created_at, Job.id))
    waiting = (
        select(Job.id, Job.queue, Job.timeout, order.label("number"))
        .where(Job.path == ref.path, Job.state == QUEUED, Job.run_at > now)
        .subquery()
    )
    first = select(waiting.c.id, waiting.c.queue, waiting.c.timeout).where(waiting.c.number == 1)
    rows = db.session.execute(first.limit(MOST_HASTENED)).all()
    if not rows:
        return
    db.session.execute(
        update(Job)
        .where(Job.id.in_([row.id for row in rows]), Job.state == QUEUED)
        .values(run_at=now, pushed_at=now)
        .execution_options(synchronize_session=False)
    )
    for job_id, queue, timeout in rows:
        after_commit(partial(push, job_id, queue, timeout))


def cancel(job_id: UUID) -> bool:
    """Take back a job that has not begun."""
    require_transaction()
    done = db.session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == QUEUED)
        .values(state=CANCELLED, finished_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def sweep(limit: int = 500) -> int:
    """Push every due row that nobody took, and every row whose worker died. Returns how many."""
    now = clock.now()
    due = and_(
        Job.state == QUEUED, Job.run_at <= now, or_(Job.pushed_at.is_(None), Job.pushed_at < now - PUSH_AGAIN)
    )
    lost = and_(
        Job.state == RUNNING,
        Job.lease_until < now,
        or_(Job.pushed_at.is_(None), Job.pushed_at < now - PUSH_AGAIN),
    )
    rows = db.session.execute(
        select(Job.id, Job.queue, Job.timeout).where(or_(due, lost)).order_by(Job.run_at).limit(limit)
    ).all()
    if not rows:
        return 0
    for job_id, queue, timeout in rows:
        push(job_id, queue, timeout)
    with transaction() as session:
        session.execute(
            update(Job)
            .where(Job.id.in_([row[0] for row in rows]))
            .values(pushed_at=now)
            .execution_options(synchronize_session=False)
        )
    return len(rows)
