"""Tables of hosting."""

from app.hosting.models.archive import Archive
from app.hosting.models.report import Report, ReportPlan
from app.hosting.models.sample import Sample
from app.hosting.models.server import Port, Run, Server
from app.hosting.models.watch import Stray, Watch

__all__ = ["Archive", "Port", "Report", "ReportPlan", "Run", "Sample", "Server", "Stray", "Watch"]
