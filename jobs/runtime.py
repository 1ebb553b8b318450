"""The worker: claim the row, enter the application, run the body, record what came of it.

`python -m jobs.runtime --queue default` forks a work-horse per job: reports and papers may need much memory. `--queue
infra` does several jobs at once in threads (jobs/pool.py). A killed horse or worker leaves a lease that runs out.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import threading
from importlib import import_module
from typing import Any
from uuid import UUID

import structlog
from flask import Flask
from redis import Redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer
from structlog.contextvars import bind_contextvars, clear_contextvars

from app.core.errors import NotNow
from app.core.services import job as jobs
from app.core.services import machinery, work
from app.factory import create_app
from app.kit import cache, observe
from app.kit.db import db
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.kit.metric_files import retire
from jobs.pool import Pool

log = structlog.get_logger(__name__)
HEARTBEAT = 5.0
PLACES = {"infra": {"infra": 4, "installing": 2, "ending": 16, "waking": 4, "archiving": 1}}
"""Workers that do several jobs at once: which queues they serve, and how many jobs of each."""
LEAVE_SECONDS = 30.0
"""What runs gets this long when such a worker is told to stop."""
NO_USE_TRYING = (Conflict, Invalid, NotAllowed, NotFound, TypeError, LookupError, ValueError)

JOBS = observe.counter("kontor_jobs_total", "Attempts of background jobs by outcome.", ("path", "outcome"))
SECONDS = observe.histogram("kontor_job_duration_seconds", "How long an attempt took.", ("path",))

_app: Flask | None = None
_database = threading.Lock()
"""Held while this worker's own thread uses the database. What is forked meanwhile would find the locks taken by a
thread that it does not have; SQLite, too, must not be open across a fork (sqlite.org/howtocorrupt.html, 2.6)."""


def application() -> Flask:
    """This process's application, made once."""
    global _app
    if _app is None:
        _app = create_app()
    return _app


def _keep_alive(app: Flask, job: jobs.Claim, stop: threading.Event) -> None:
    while not stop.wait(HEARTBEAT):
        try:
            with app.app_context():
                if not jobs.extend(job):
                    return
        except Exception:
            log.warning("lease_not_extended", exc_info=True)


def body_of(path: str) -> Any:
    """The function a job reference names."""
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


def perform(job_id: str) -> str:
    """What RQ calls: run one job by its id. Returns the outcome for the log."""
    app = application()
    with app.app_context():
        return run(app, UUID(job_id))


def run(app: Flask, job_id: UUID) -> str:
    """Claim and run one job inside an application context."""
    worker = f"{socket.gethostname()}:{os.getpid()}"
    job = jobs.claim(job_id, worker)
    if job is None:
        return "not-mine"
    clear_contextvars()
    bind_contextvars(job_id=str(job.id), request_id=job.request_id, job=job.path)
    stop = threading.Event()
    keeper = threading.Thread(target=_keep_alive, args=(app, job, stop), daemon=True)
    keeper.start()
    token = work.current.set(job)
    outcome = "failed"
    try:
        with SECONDS.labels(job.path).time():
            result = body_of(job.path)(**job.args)
        stop.set()
        outcome = "done" if jobs.finish(job, result if isinstance(result, dict) else None) else "lost"
    except NotNow as later:
        stop.set()
        db.session.rollback()
        jobs.postpone(job, later.seconds)
        outcome = "postponed"
    except Exception as error:
        stop.set()
        db.session.rollback()
        final = jobs.fail(job, error, final=isinstance(error, NO_USE_TRYING))
        outcome = "failed" if final else "retry"
        log.warning("job_failed", outcome=outcome, error=type(error).__name__, exc_info=error)
    finally:
        stop.set()
        work.current.reset(token)
        JOBS.labels(job.path, outcome).inc()
        db.session.remove()
        clear_contextvars()
    return outcome


class KontorWorker(Worker):
    """A worker that has no database connection while it forks a horse."""

    def fork_work_horse(self, *args: Any, **kwargs: Any) -> None:
        with _database:
            with application().app_context():
                db.engine.dispose()
            super().fork_work_horse(*args, **kwargs)

    def wait_for_horse(self) -> Any:
        ended = super().wait_for_horse()
        if ended[0]:
            retire(ended[0])
        return ended


def _beat(app: Flask, name: str, kind: str, stop: threading.Event) -> None:
    """Say every ten seconds that this process lives; a database that is gone for a while is survived."""
    while True:
        try:
            with _database, app.app_context():
                machinery.beat(name, kind)
        except Exception:
            log.warning("no_heartbeat", exc_info=True)
        if stop.wait(10):
            break
    try:
        with app.app_context():
            machinery.gone(name)
    except Exception:
        log.warning("no_goodbye", exc_info=True)


def beating(app: Flask, kind: str) -> threading.Event:
    """Start the sign of life of a long-running process; set the event to end it."""
    stop = threading.Event()
    name = f"{kind}@{socket.gethostname()}:{os.getpid()}"
    threading.Thread(target=_beat, args=(app, name, kind, stop), daemon=True).start()
    return stop


def main() -> None:
    """Serve one queue until told to stop."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--queue", default="default")
    options.add_argument(
        "--most", type=int, default=16, help="jobs of each of its queues at the same time, at most"
    )
    given = options.parse_args()
    queue = given.queue
    app = application()
    observe.configure(f"worker-{queue}", level=app.extensions["kontor-settings"].log_level)
    stop = beating(app, f"worker-{queue}")
    connection = cache.make_client(app.extensions["kontor-settings"].redis_address)
    connection.connection_pool.connection_kwargs["socket_timeout"] = None
    if queue in PLACES:
        _serve_many(Pool(connection, {k: min(n, given.most) for k, n in PLACES[queue].items()}, perform))
    else:
        with app.app_context():
            _serve_one(queue, connection)
    stop.set()


def _serve_many(pool: Pool) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: pool.stop.set())
    pool.serve(LEAVE_SECONDS)


def _serve_one(queue: str, connection: Redis) -> None:
    """One queue a worker, so that an id that was popped and not started is found again."""
    worker = KontorWorker(
        [Queue(queue, connection=connection, serializer=JSONSerializer)],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=20,
        job_monitoring_interval=5,
        maintenance_interval=10,
        default_result_ttl=0,
    )
    worker.work(with_scheduler=False, logging_level="WARNING")


if __name__ == "__main__":
    main()
