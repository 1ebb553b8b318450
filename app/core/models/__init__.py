"""Tables of the machinery."""

from app.core.models.event import Event
from app.core.models.file import File
from app.core.models.job import Job, JobLine
from app.core.models.machinery import Once, Process, Schedule, Setting
from app.core.models.mail import Mail

__all__ = ["Event", "File", "Job", "JobLine", "Mail", "Once", "Process", "Schedule", "Setting"]
