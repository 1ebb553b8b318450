"""What is being done to a server beside running it, and how it ended: backups, restores, plugin changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from app.core.api import JobView, latest_job
from app.hosting.policies import P
from app.hosting.queries.backup import BackupRow, latest_restore, newest_backup
from app.hosting.queries.news import REMEMBERED
from app.hosting.queries.plugin import newest_change
from app.hosting.queries.server import ServerDetail
from app.hosting.rules.archive import ArchiveState
from app.hosting.rules.backup import Origin, RestoreState
from app.hosting.rules.plugin_step import ChangeState
from app.hosting.views.backup_words import MAKE_JOB, RESTORE_JOB, restore_words, state_detail
from app.hosting.views.plugin_words import Words
from app.hosting.wording import origin_word
from app.kit import clock, formats

CHANGE_JOB = "jobs.hosting.plugin.change"


@dataclass(frozen=True)
class Work:
    """Something that goes on (`running`), or how it ended. `page` is where more of it stands, `permission` who sees that."""

    title: str
    text: str
    tone: str
    page: str
    permission: P
    running: bool = False
    percent: int | None = None
    note: str = ""
    """Step the job tells; pages have words for it."""


def going_on(server: ServerDetail) -> list[Work]:
    """What goes on first, then results nobody has seen yet."""
    if not server.news:
        return []
    found = [one for one in (_restore(server), _backup(server), _plugins(server)) if one is not None]
    return sorted(found, key=lambda one: not one.running)


def _is_news(server: ServerDetail, ended: datetime | None) -> bool:
    seen = server.results_seen_at
    return ended is not None and clock.now() - ended < REMEMBERED and (seen is None or ended > seen)


def _restore(server: ServerDetail) -> Work | None:
    row = latest_restore(server.id)
    if row is None or not (row.open or _is_news(server, row.finished_at)):
        return None
    tone, title, text = restore_words(row)
    job = latest_job(server.id, RESTORE_JOB) if row.state == RestoreState.UNPACKING else None
    return Work(
        title,
        text,
        tone,
        "hosting.server_backups",
        P.backup_read,
        row.open,
        *(_step(job) if row.open else ()),
    )


def _backup(server: ServerDetail) -> Work | None:
    row = newest_backup(server.id)
    if row is None:
        return None
    page, may = "hosting.server_backups", P.backup_read
    if row.making:
        why = _("Anlass: %(why)s.", why=origin_word(row.origin))
        return Work(
            _("Ein Backup entsteht"), why, "info", page, may, True, *_step(latest_job(server.id, MAKE_JOB))
        )
    if not _is_news(server, row.finished_at) or not _worth_telling(row):
        return None
    if row.state is ArchiveState.FAILED:
        return Work(_("Das letzte Backup hat nicht geklappt"), state_detail(row), "bad", page, may)
    size = formats.filesize(row.size_bytes or 0)
    return Work(_("Backup fertig"), _("%(size)s, jeder Hash verglichen.", size=size), "ok", page, may)


def _worth_telling(row: BackupRow) -> bool:
    """What comes by itself every night is told when it failed; what somebody waits for, always."""
    return row.state is ArchiveState.FAILED or row.origin == Origin.MANUAL


def _plugins(server: ServerDetail) -> Work | None:
    change = newest_change(server.id)
    if change is None:
        return None
    page, may = "hosting.server_plugins", P.plugin_read
    if change.open:
        job = latest_job(server.id, CHANGE_JOB)
        text = f"{Words.doing(change)} {Words.steps(change)}"
        return Work(_("Plugins werden geändert"), text, "info", page, may, True, *_step(job))
    failed = change.state is ChangeState.FAILED
    if not _is_news(server, change.finished_at) or (change.automatic and not failed):
        return None
    if failed:
        title, text = (
            _("Plugins nicht geändert: %(wish)s", wish=Words.wish(change)),
            Words.failure(change.failure or ""),
        )
        return Work(title, text, "bad", page, may)
    return Work(Words.kind(change), Words.steps(change), "ok", page, may)


def _step(job: JobView | None) -> tuple[int | None, str]:
    """How far a job is; without one that runs, nobody knows."""
    return (job.percent, job.note) if job is not None and job.open else (None, "")
