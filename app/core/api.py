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
from app.core.queries.job import JobView, find_job, job_lines, latest_job
from app.core.queries.search import COMMAND, HIT, JUMP, Hit, best, search_provider
from app.core.rules.search import like
from app.core.services.event import record
from app.core.services.file import delete_file, keep_file, open_file, store_file, upload_file
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
from app.core.services.work import log_line, progress

__all__ = [
    "COMMAND",
    "HIT",
    "JUMP",
    "Activity",
    "Contributor",
    "Fact",
    "FileView",
    "Filter",
    "Hit",
    "JobView",
    "NotNow",
    "Recorded",
    "Retention",
    "Sentence",
    "Turn",
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
    "file_for",
    "file_kind",
    "find_event",
    "find_file",
    "find_job",
    "forget_mails",
    "free_once",
    "get_setting",
    "gone",
    "hasten",
    "history",
    "job_lines",
    "keep_answer",
    "keep_file",
    "latest_job",
    "like",
    "living",
    "log_line",
    "look",
    "open_file",
    "progress",
    "put_setting",
    "record",
    "search_provider",
    "send_mail",
    "sentence",
    "setting_column",
    "store_file",
    "subject_names",
    "subscribe",
    "take_once",
    "upload_file",
    "use_directory",
]
