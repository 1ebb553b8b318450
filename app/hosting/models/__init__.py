"""Tables of hosting."""

from app.hosting.models.archive import Archive
from app.hosting.models.backup import Backup, BackupPlan, Restore, SaveHold
from app.hosting.models.bulk import Bulk, BulkItem
from app.hosting.models.domain import Domain
from app.hosting.models.plugin import Plugin, PluginCare, PluginChange, PluginJar
from app.hosting.models.report import Report, ReportPlan
from app.hosting.models.sample import Sample
from app.hosting.models.schedule import Schedule, ScheduleRun
from app.hosting.models.seat import Seat
from app.hosting.models.server import Port, Run, Server
from app.hosting.models.watch import Stray, Watch
from app.hosting.models.webhook import Webhook, WebhookMessage

__all__ = [
    "Archive",
    "Backup",
    "BackupPlan",
    "Bulk",
    "BulkItem",
    "Domain",
    "Plugin",
    "PluginCare",
    "PluginChange",
    "PluginJar",
    "Port",
    "Report",
    "ReportPlan",
    "Restore",
    "Run",
    "Sample",
    "SaveHold",
    "Schedule",
    "ScheduleRun",
    "Seat",
    "Server",
    "Stray",
    "Watch",
    "Webhook",
    "WebhookMessage",
]
