"""Doing what is planned for servers."""

from app.hosting.services import schedule_run


def run_due() -> dict[str, int]:
    """Everything that is due now; may be killed at any line and run again."""
    return {"plans": schedule_run.run_due()}
