"""Backups in words: where each stands, what is known of it, what is going on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from app.core.api import JobView, latest_job
from app.hosting.queries.backup import BackupRow, PlanView, RestoreView, backups_of, latest_restore, plan_of
from app.hosting.queries.server import ServerDetail
from app.hosting.rules.archive import ArchiveState
from app.hosting.rules.backup import USUAL_COUNT, USUAL_DAYS, RestoreState
from app.hosting.views.schedule_words import moment_text
from app.hosting.views.words import failure_text
from app.hosting.wording import origin_word
from app.kit import clock, formats

MAKE_JOB, RESTORE_JOB = "jobs.hosting.backup.make", "jobs.hosting.backup.restore"
SHOWN_FOR = timedelta(days=1)
"""How long a page says how the last restore ended."""


@dataclass(frozen=True)
class Overview:
    """Everything the page about a server's backups shows."""

    server: ServerDetail
    backups: list[BackupRow]
    plan: PlanView | None
    making: JobView | None
    """The work on a backup that is being made."""
    restore: RestoreView | None
    restoring: JobView | None

    @property
    def last_good(self) -> BackupRow | None:
        return next((one for one in self.backups if one.good), None)

    @property
    def keep_count(self) -> int:
        return self.plan.keep_count if self.plan else USUAL_COUNT

    @property
    def keep_days(self) -> int:
        return self.plan.keep_days if self.plan else USUAL_DAYS

    @property
    def busy(self) -> bool:
        return any(one.making for one in self.backups)


def overview(server: ServerDetail) -> Overview:
    """Read once, for the page and for the live fragment."""
    backups, restore = backups_of(server.id), latest_restore(server.id)
    if restore is not None and not restore.open:
        ended = restore.finished_at
        restore = restore if ended is not None and clock.now() - ended < SHOWN_FOR else None
    making = latest_job(server.id, MAKE_JOB) if any(one.making for one in backups) else None
    restoring = latest_job(server.id, RESTORE_JOB) if restore is not None and restore.open else None
    return Overview(server, backups, plan_of(server.id), making, restore, restoring)


def state_words(row: BackupRow) -> tuple[str, str]:
    """Word and tone of a backup's state."""
    if row.state is ArchiveState.MAKING:
        return (_("Wird erstellt"), "busy") if row.begun_at else (_("Wartet"), "busy")
    if row.state is ArchiveState.FAILED:
        return _("Fehlgeschlagen"), "bad"
    return (_("Beschädigt"), "bad") if row.test_failure else (_("Geprüft"), "ok")


def state_detail(row: BackupRow) -> str:
    """Why it failed, or what the test found; empty when there is nothing to say."""
    if row.state is ArchiveState.FAILED:
        return failure_text(row.failure)
    if row.test_failure:
        return _("Beim Test kam es nicht heil zurück. Daraus lässt sich nichts wiederherstellen.")
    return ""


def next_words(plan: PlanView | None) -> str:
    """When the next daily one is due; empty when none is."""
    if plan is None or plan.next_at is None:
        return ""
    return moment_text(plan.next_at, ZoneInfo(plan.zone))


def restore_words(restore: RestoreView) -> tuple[str, str, str]:
    """Tone, title and text of what is or was brought back."""
    when = formats.datetime_text(restore.backup_at)
    if restore.state == RestoreState.DONE:
        return (
            "ok",
            _("Wiederhergestellt"),
            _("Die Welt ist jetzt die aus dem Backup vom %(when)s.", when=when),
        )
    if restore.state == RestoreState.FAILED:
        text = failure_text(restore.failure)
        if restore.failure == "changed":
            text = _("Der Server wurde inzwischen gestartet, gelöscht oder archiviert.")
        kept = _("Die Welt des Servers ist, wie sie vorher war.")
        return "bad", _("Wiederherstellen hat nicht geklappt"), f"{text} {kept}"
    if restore.state == RestoreState.WAITING:
        return (
            "info",
            _("Backup vom %(when)s wird wiederhergestellt", when=when),
            _("Zuerst wird die jetzige Welt gesichert."),
        )
    return (
        "info",
        _("Backup vom %(when)s wird wiederhergestellt", when=when),
        _("Die Welt wird ausgepackt und geprüft. Erst wenn sie vollständig ist, ersetzt sie die jetzige."),
    )


def words() -> dict[str, Any]:
    """What templates about backups call."""
    return {
        "state": state_words,
        "detail": state_detail,
        "origin": origin_word,
        "next": next_words,
        "restore": restore_words,
    }


def context(server: ServerDetail) -> dict[str, Any]:
    """What the overview's template needs."""
    return {"server": server, "overview": overview(server), "words": words()}
