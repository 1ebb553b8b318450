"""The door of the machinery for all modules above."""

from __future__ import annotations

from app.core.describe import (
    Sentence,
    describe_area,
    describe_event,
    describe_subject,
    described,
    look,
    sentence,
    subject_names,
    use_directory,
)
from app.core.errors import NotNow
from app.core.events import Fact, Recorded, subscribe
from app.core.personal import Activity, Contributor, Retention, contributor, contributors
from app.core.queries.event import Filter, actors_of, find_event, history
from app.core.queries.file import FileView, file_for, file_kind, find_file
from app.core.queries.find import find, visible_to
from app.core.queries.job import JobView, find_job, job_lines, latest_job
from app.core.queries.search import COMMAND, HIT, JUMP, Hit, best, search_provider
from app.core.rules.finding import PUBLIC, Document, Found, How, Mark, Question, Sort
from app.core.rules.finding import Hit as FoundHit
from app.core.rules.german import says_something
from app.core.rules.search import like
from app.core.services.event import record
from app.core.services.file import (
    Upload,
    delete_file,
    drop_upload,
    keep_file,
    open_file,
    open_upload,
    store_file,
    upload_file,
)
from app.core.services.job import cancel as cancel_job
from app.core.services.job import hasten
from app.core.services.machinery import (
    beat,
    claim_once,
    get_setting,
    gone,
    living,
    put_setting,
    setting_column,
)
from app.core.services.mail import forget_mails, send_mail
from app.core.services.once import Turn, free_once, keep_answer, take_once
from app.core.services.search import (
    forget_documents,
    index_all_anew,
    index_anew,
    index_documents,
    search_source,
)
from app.core.services.work import log_line, progress

__all__ = [
    "COMMAND",
    "HIT",
    "JUMP",
    "PUBLIC",
    "Activity",
    "Contributor",
    "Document",
    "Fact",
    "FileView",
    "Filter",
    "Found",
    "FoundHit",
    "Hit",
    "How",
    "JobView",
    "Mark",
    "NotNow",
    "Question",
    "Recorded",
    "Retention",
    "Sentence",
    "Sort",
    "Turn",
    "Upload",
    "actors_of",
    "beat",
    "best",
    "cancel_job",
    "claim_once",
    "contributor",
    "contributors",
    "delete_file",
    "describe_area",
    "describe_event",
    "describe_subject",
    "described",
    "drop_upload",
    "file_for",
    "file_kind",
    "find",
    "find_event",
    "find_file",
    "find_job",
    "forget_documents",
    "forget_mails",
    "free_once",
    "get_setting",
    "gone",
    "hasten",
    "history",
    "index_all_anew",
    "index_anew",
    "index_documents",
    "job_lines",
    "keep_answer",
    "keep_file",
    "latest_job",
    "like",
    "living",
    "log_line",
    "look",
    "open_file",
    "open_upload",
    "progress",
    "put_setting",
    "record",
    "says_something",
    "search_provider",
    "search_source",
    "send_mail",
    "sentence",
    "setting_column",
    "store_file",
    "subject_names",
    "subscribe",
    "take_once",
    "upload_file",
    "use_directory",
    "visible_to",
]
