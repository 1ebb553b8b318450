"""The clock: enqueues what is due and sweeps up what was lost. Several may run; rows are claimed, so each slot runs once.

`python -m jobs.clock`
"""

from __future__ import annotations

import signal
import threading
from zoneinfo import ZoneInfo

import structlog
from flask import Flask

from app.core.services import job as jobs
from app.core.services import machinery
from app.kit import clock, observe
from app.kit.db import db, transaction
from jobs.runtime import application, beating
from jobs.schedule import Periodic, periodic_jobs

log = structlog.get_logger(__name__)
LATE = observe.histogram("kontor_schedule_delay_seconds", "How late a periodic job was enqueued.", ("name",))


def tick(app: Flask, periodic: list[Periodic]) -> int:
    """One round: due schedules, then lost jobs. Returns how many jobs were pushed."""
    zone = ZoneInfo(app.extensions["kontor-settings"].billing_zone)
    now = clock.now()
    for entry in periodic:
        following = entry.when.after(now, zone)
        slot = machinery.claim_slot(entry.name, following, following)
        if slot is not None:
            LATE.labels(entry.name).observe(max(0.0, (now - slot).total_seconds()))
            with transaction():
                entry.ref.later(dedupe=f"schedule:{entry.name}")
    return jobs.sweep()


def main() -> None:
    """Tick every second until told to stop; a database or Redis that is away is waited for."""
    app = application()
    observe.configure("clock", level=app.extensions["kontor-settings"].log_level)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    alive = beating(app, "clock")
    periodic = periodic_jobs(app)
    while not stop.wait(1.0):
        try:
            with app.app_context():
                tick(app, periodic)
                db.session.remove()
        except Exception:
            log.warning("tick_failed", exc_info=True)
    alive.set()


if __name__ == "__main__":
    main()
