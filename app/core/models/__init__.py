"""Tables of the machinery."""

from app.core.models.event import Event
from app.core.models.file import File
from app.core.models.job import Job, JobLine
from app.core.models.machinery import Once, Process, Schedule, Setting
from app.core.models.mail import Mail
from app.core.models.search import (
    SearchDocument,
    SearchFacet,
    SearchPart,
    SearchPosting,
    SearchTypo,
    SearchWord,
)

__all__ = [
    "Event",
    "File",
    "Job",
    "JobLine",
    "Mail",
    "Once",
    "Process",
    "Schedule",
    "SearchDocument",
    "SearchFacet",
    "SearchPart",
    "SearchPosting",
    "SearchTypo",
    "SearchWord",
    "Setting",
]
