"""Jobs: asked for in a transaction, done at least once, by one worker at a time, found again when a worker dies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.api import NotNow, find_job
from app.core.models import Job
from app.core.services import job as jobs
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.errors import Conflict
from app.kit.jobref import JobRef

REF = JobRef("jobs.trial.body", retries=2)


@pytest.fixture
def body(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A job body that does what the test puts in the list: an exception is raised, anything else returned."""
    import sys

    script: list[Any] = []
    module = ModuleType("jobs.trial")

    def run(**_args: Any) -> Any:
        step = script.pop(0) if script else None
        if isinstance(step, BaseException):
            raise step
        return step

    module.body = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "jobs.trial", module)
    return script


def ask(**options: Any) -> UUID:
    with transaction():
        return REF.later(**options)


def state_of(job_id: UUID) -> str:
    found = find_job(job_id)
    assert found is not None
    return found.state


def test_a_job_runs_once(db_app: Flask, body: list[Any], run_jobs: Callable[[], list[str]]) -> None:
    body.append({"answer": 42})
    job_id = ask()
    assert run_jobs() == ["jobs.trial.body: done"]
    assert run_jobs() == []
    assert db.session.scalar(select(Job.result).where(Job.id == job_id)) == {"answer": 42}


def test_a_rolled_back_wish_leaves_nothing(db_app: Flask) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        REF.later()
        raise ZeroDivisionError
    assert db.session.scalars(select(Job)).all() == []


def test_asking_outside_a_transaction_is_refused(app: Flask) -> None:
    with pytest.raises(RuntimeError):
        REF.later()


def test_dedupe_gives_the_open_job_and_a_new_one_afterwards(
    db_app: Flask, body: list[Any], run_jobs: Callable[[], list[str]]
) -> None:
    first = ask(dedupe="one")
    assert ask(dedupe="one") == first
    run_jobs()
    assert ask(dedupe="one") != first


def test_a_failed_attempt_is_tried_again_later_and_ends_after_the_last(
    db_app: Flask, frozen: Any, body: list[Any], run_jobs: Callable[[], list[str]]
) -> None:
    body.extend([RuntimeError("one"), RuntimeError("two"), RuntimeError("three")])
    job_id = ask()
    assert run_jobs() == ["jobs.trial.body: retry"]
    clock.advance(seconds=jobs.BACKOFF[0])
    assert run_jobs() == ["jobs.trial.body: retry"]
    clock.advance(seconds=jobs.BACKOFF[1])
    assert run_jobs() == ["jobs.trial.body: failed"]
    assert state_of(job_id) == "failed"
    found = find_job(job_id)
    assert found is not None and "three" in (found.error or "")


def test_an_error_that_trying_again_cannot_help_ends_at_once(
    app: Flask, body: list[Any], run_jobs: Callable[[], list[str]]
) -> None:
    body.append(Conflict("someone was first"))
    job_id = ask()
    assert run_jobs() == ["jobs.trial.body: failed"]
    assert state_of(job_id) == "failed"


def test_not_now_does_not_count_as_an_attempt(
    app: Flask, frozen: Any, body: list[Any], run_jobs: Callable[[], list[str]]
) -> None:
    body.extend([NotNow(5)] * 5)
    job_id = ask()
    for _ in range(5):
        assert run_jobs() == ["jobs.trial.body: postponed"]
        clock.advance(seconds=5)
    assert run_jobs() == ["jobs.trial.body: done"]
    assert state_of(job_id) == "done"


def test_a_dead_worker_s_job_is_taken_over_and_the_dead_one_s_result_refused(
    db_app: Flask, frozen: Any
) -> None:
    job_id = ask()
    dead = jobs.claim(job_id, "first")
    assert dead is not None
    assert jobs.claim(job_id, "second") is None, "the lease still runs"
    clock.advance(seconds=jobs.LEASE.total_seconds() + 1)
    heir = jobs.claim(job_id, "second")
    assert heir is not None
    assert not jobs.finish(dead, None), "it came back from the dead, too late"
    assert not jobs.extend(dead)
    assert jobs.finish(heir, None)


def test_a_job_that_kills_its_workers_is_given_up(app: Flask, frozen: Any) -> None:
    job_id = ask()
    for _ in range(3):
        assert jobs.claim(job_id, "w") is not None
        clock.advance(seconds=60)
    assert jobs.claim(job_id, "w") is None
    assert state_of(job_id) == "failed"


def test_the_sweeper_pushes_what_nobody_took(
    app: Flask, frozen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed: list[UUID] = []
    monkeypatch.setitem(
        app.extensions, "kontor-carrier", lambda job_id, queue, timeout: pushed.append(job_id)
    )
    job_id = ask()
    later = ask(at=clock.now() + timedelta(minutes=5))
    assert pushed == [job_id]
    assert jobs.sweep() == 0, "it was pushed just now"
    clock.advance(seconds=20)
    assert jobs.sweep() == 1
    clock.advance(minutes=5)
    assert jobs.sweep() == 2
    assert pushed == [job_id, job_id, job_id, later]
