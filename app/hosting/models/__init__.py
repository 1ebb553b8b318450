"""Tables of hosting."""

from app.hosting.models.archive import Archive
from app.hosting.models.report import Report, ReportPlan
from app.hosting.models.sample import Sample
from app.hosting.models.schedule import Schedule, ScheduleRun
from app.hosting.models.server import Port, Run, Server
from app.hosting.models.watch import Stray, Watch
from app.hosting.models.webhook import Webhook, WebhookMessage

__all__ = [
    "Archive",
    "Port",
    "Report",
    "ReportPlan",
    "Run",
    "Sample",
    "Schedule",
    "ScheduleRun",
    "Server",
    "Stray",
    "Watch",
    "Webhook",
    "WebhookMessage",
]
