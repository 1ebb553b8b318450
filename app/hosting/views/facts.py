"""What a server's page shows beside the server: money, measurements, events. Read once, used by page and fragments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.billing import api as billing
from app.core.api import Filter, JobView, history, job_lines, latest_job
from app.hosting.queries.server import ServerDetail
from app.hosting.rules.server import State
from app.hosting.views.words import event_line, told
from app.kit import clock
from app.kit.money import Money

SUBJECT = "hosting.server"
HOURS_PER_MONTH = 730


@dataclass(frozen=True)
class CostFacts:
    """Live cost of one server. `session` is what the current interval cost until `at`."""

    running: bool
    per_hour: Money
    session: Money
    at: datetime
    since: datetime | None
    month: Money
    forecast: billing.MonthForecast

    @property
    def nanos_per_second(self) -> int:
        return self.per_hour.nanos // 3600


def cost_facts(server: ServerDetail) -> CostFacts:
    """What the server costs now, this session, this month, and probably by the month's end."""
    subject = (SUBJECT, server.id)
    forecast = billing.forecast(server.organisation_id, subject)
    usage = billing.open_usage(server.organisation_id, subject)
    active = usage is not None and usage.meter == "hosting.active"
    return CostFacts(
        running=active,
        per_hour=usage.rate_per_hour if usage else Money(0),
        session=usage.cost if usage and active else Money(0),
        at=usage.at if usage else clock.now(),
        since=usage.since if usage else None,
        month=forecast.measured,
        forecast=forecast,
    )


@dataclass(frozen=True)
class RestFacts:
    """A server that rests: since when, where its world is, and what that costs."""

    archived: bool
    since: datetime
    disk_bytes: int | None
    per_month: Money


def rest(server: ServerDetail) -> RestFacts | None:
    """None when it is neither asleep nor archived."""
    archived = server.state is State.ARCHIVED
    if not (server.asleep or archived):
        return None
    usage = billing.open_usage(server.organisation_id, (SUBJECT, server.id))
    per_hour = usage.rate_per_hour if usage else Money(0)
    return RestFacts(archived, server.state_since, server.disk_bytes, Money(per_hour.nanos * HOURS_PER_MONTH))


_WORK = {
    State.INSTALLING: "jobs.hosting.server.install",
    State.ARCHIVING: "jobs.hosting.archive.archive",
    State.WAKING: "jobs.hosting.archive.wake",
}


def timeline(organisation_id: UUID, server_id: UUID, limit: int = 8) -> list[dict[str, object]]:
    """The latest events of a server as lines."""
    page = history(organisation_id, Filter(name="hosting.", subject_id=server_id), limit=limit)
    return [event_line(event) for event in told(page.rows)]


def installation(server: ServerDetail) -> tuple[JobView, list[str]] | None:
    """The work that a server in between waits for, with the end of its log, while there is any."""
    path = _WORK.get(server.state)
    job = latest_job(server.id, path) if path else None
    return (job, job_lines(job.id, 60)) if job else None
