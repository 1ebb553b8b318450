"""Inside a job body: which job am I, tell progress, write a log line."""

from __future__ import annotations

from contextvars import ContextVar

from app.core.services import job as job_service
from app.core.services.job import Claim

current: ContextVar[Claim | None] = ContextVar("current_job", default=None)


def progress(percent: int, note: str = "") -> None:
    """How far the running job is; nothing happens outside a job (tests call bodies directly)."""
    held = current.get()
    if held is not None:
        job_service.report(held, percent, note)


def log_line(*lines: str) -> None:
    """Lines for the running job's log."""
    held = current.get()
    if held is not None and lines:
        job_service.add_lines(held, list(lines))
