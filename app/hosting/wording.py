"""Words that pages, notices, the log and the paper share. In the language that is spoken when they are asked for."""

from __future__ import annotations

from typing import Any

from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.hosting.rules.backup import Origin
from app.hosting.rules.bulk import Action as BulkAction
from app.hosting.rules.period import WEEK, Period
from app.hosting.rules.schedule_action import Action, Outcome
from app.hosting.rules.seat import Area, SeatRole
from app.kit import formats


def period_words(period: Period) -> str:
    """November 2026, or Woche 47, 16. Nov. bis 22. Nov. 2026."""
    if period.kind != WEEK:
        return str(format_date(period.first, "MMMM yyyy"))
    first = format_date(period.first, "d MMM" if formats.language() == "en" else "d. MMM")
    week = period.first.isocalendar().week
    return _(
        "Woche %(week)d, %(first)s bis %(last)s", week=week, first=first, last=formats.date_text(period.last)
    )


ACTIONS: dict[Action, tuple[Any, str]] = {
    Action.START: (_l("Starten"), "play"),
    Action.STOP: (_l("Stoppen"), "square"),
    Action.RESTART: (_l("Neu starten"), "rotate-cw"),
    Action.BACKUP: (_l("Backup erstellen"), "archive"),
    Action.COMMAND: (_l("Befehl senden"), "terminal"),
}
"""Words and icons of what can be planned, in the order they are offered."""

_OUTCOMES: dict[Outcome, tuple[Any, str]] = {
    Outcome.DONE: (_l("Erledigt"), "ok"),
    Outcome.NOTHING: (_l("Nichts zu tun"), "neutral"),
    Outcome.FAILED: (_l("Fehlgeschlagen"), "bad"),
    Outcome.MISSED: (_l("Verpasst"), "warn"),
}
_WHY: dict[str, Any] = {
    "no-credit": _l("Das Guthaben reichte nicht."),
    "no-room": _l("Andere Server belegten schon den ganzen Arbeitsspeicher der Organisation."),
    "draft": _l("Der Server ist noch nicht eingerichtet."),
    "unreadable": _l("Der Befehl war nicht mehr lesbar. Trag ihn noch einmal ein."),
    "refused": _l("Der Server nahm es in diesem Moment nicht an."),
    "error": _l("Dabei ist etwas schiefgegangen."),
    "broken": _l("Zeit oder Zeitzone ließen sich nicht mehr lesen. Der Zeitplan ist ausgeschaltet."),
}
_REMEDY: dict[str, Any] = {
    "no-credit": _l("Lade es auf, dann gilt der nächste Termin wieder."),
    "no-room": _l("Stoppe einen anderen Server oder gib ihm weniger Speicher."),
    "draft": _l("Richte ihn ein oder lösche den Zeitplan."),
    "unreadable": "",
    "refused": _l("Beim nächsten Termin wird es wieder versucht."),
    "error": _l("Beim nächsten Termin wird es wieder versucht. Bleibt es dabei, sag dem Betreiber Bescheid."),
    "broken": _l("Stell sie neu ein und schalte ihn wieder an."),
    "missed": _l("Hol es von Hand nach, wenn du es noch brauchst. Der nächste Termin bleibt, wie er ist."),
}
"""What to do about a planned run that failed, by its reason."""


BULK_ACTIONS: dict[BulkAction, tuple[Any, str]] = {
    BulkAction.START: (_l("Starten"), "play"),
    BulkAction.STOP: (_l("Stoppen"), "square"),
    BulkAction.BACKUP: (_l("Backup erstellen"), "save"),
    BulkAction.ARCHIVE: (_l("Archivieren"), "archive"),
    BulkAction.DELETE: (_l("Löschen"), "trash-2"),
}
"""Words and icons of what can be done with many servers, in the order they are offered."""

_ORIGINS: dict[Origin, Any] = {
    Origin.MANUAL: _l("von Hand"),
    Origin.DAILY: _l("täglich"),
    Origin.SCHEDULE: _l("nach Zeitplan"),
    Origin.UPDATE: _l("vor einer Plugin-Änderung"),
    Origin.RESTORE: _l("vor dem Wiederherstellen"),
}


def origin_word(origin: str) -> str:
    """Why a backup was made."""
    return str(_ORIGINS[Origin(origin)])


def action_word(action: str) -> str:
    """What a plan does."""
    return str(ACTIONS[Action(action)][0])


def planned_word(action: str) -> tuple[str, str]:
    """What a plan does, and its icon."""
    word, symbol = ACTIONS[Action(action)]
    return str(word), symbol


def outcome_words(outcome: str) -> tuple[str, str]:
    """What became of a planned run, and the tone of its tag."""
    word, tone = _OUTCOMES[Outcome(outcome)]
    return str(word), tone


def outcome_detail(action: str, outcome: str, reason: str | None) -> str:
    """Why, as a sentence; empty when there is nothing to say."""
    if outcome == Outcome.FAILED:
        return str(_WHY.get(reason or "", ""))
    if outcome == Outcome.MISSED:
        return _("Innerhalb einer Stunde war es nicht möglich.")
    if outcome == Outcome.NOTHING and action == Action.BACKUP:
        return _("Auf der Maschine lag keine Welt, die man sichern konnte.")
    if outcome == Outcome.NOTHING:
        if action == Action.START:
            return _("Der Server lief schon.")
        return _("Der Server war schon aus.") if action == Action.STOP else _("Der Server lief nicht.")
    return ""


def planned_failure(action: str, reason: str) -> str:
    """Why a planned run did not happen, and what to do; `reason` is one of a failed run's, or "missed"."""
    outcome = Outcome.MISSED if reason == Outcome.MISSED else Outcome.FAILED
    return f"{outcome_detail(action, outcome, reason)} {_REMEDY.get(reason, '')}".strip()


def file_words(action: str, size: int | None, extension: str, count: int = 1) -> str:
    """What somebody did to a game's files; names are not known here."""
    said = {
        "saved": _("Datei bearbeitet"),
        "uploaded": _("Datei hochgeladen"),
        "made": _("Datei oder Ordner angelegt"),
        "renamed": _("Datei oder Ordner umbenannt"),
        "deleted": _("Datei oder Ordner gelöscht"),
        "moved": _("Datei oder Ordner verschoben"),
        "unpacked": _("Archiv entpackt"),
        "world-chosen": _("Andere Welt gewählt"),
    }[action]
    if count > 1:
        said = {
            "deleted": ngettext(
                "%(num)d Datei oder Ordner gelöscht", "%(num)d Dateien und Ordner gelöscht", count
            ),
            "moved": ngettext(
                "%(num)d Datei oder Ordner verschoben", "%(num)d Dateien und Ordner verschoben", count
            ),
        }[action]
    about = [f".{extension}"] if extension else []
    about += [] if size is None else [formats.filesize(size)]
    return f"{said} ({', '.join(about)})" if about else said


AREAS: dict[Area, tuple[Any, Any]] = {
    Area.WATCH: (_l("Ansehen"), _l("Zustand, Konsole mitlesen, Auslastung, Ereignisse, Listen")),
    Area.CONSOLE: (_l("Befehle"), _l("In der Konsole tippen")),
    Area.POWER: (_l("Schalten"), _l("Starten, stoppen, neu starten, archivieren")),
    Area.SETTINGS: (
        _l("Einstellungen"),
        _l("Name, Spieleinstellungen, Aufwecken; nicht den Arbeitsspeicher"),
    ),
    Area.FILES_READ: (_l("Dateien lesen"), _l("Ordner und Dateien ansehen und herunterladen")),
    Area.FILES_WRITE: (_l("Dateien ändern"), _l("Hochladen, bearbeiten, löschen; schließt Lesen ein")),
    Area.BACKUPS: (_l("Sichern"), _l("Backups anlegen")),
    Area.BACKUPS_MANAGE: (_l("Backups verwalten"), _l("Herunterladen, wiederherstellen, löschen, Automatik")),
    Area.SCHEDULES: (_l("Zeitpläne"), _l("Planen, was die Person auch von Hand darf")),
    Area.PLUGINS: (
        _l("Plugins"),
        _l("Installieren, aktualisieren, entfernen; Plugins können alles im Spiel"),
    ),
    Area.WEBHOOKS: (_l("Discord"), _l("Webhooks eintragen und ändern")),
    Area.DOMAINS: (_l("Adressen"), _l("Eigene Domains eintragen und entfernen")),
}
"""What one may be let do with a server: the word of the column, and what it means."""

SEAT_ROLES: dict[SeatRole, tuple[Any, Any]] = {
    SeatRole.MEMBER: (_l("Mitspielen"), _l("Ansehen und Befehle in der Konsole tippen")),
    SeatRole.ADMIN: (_l("Verwalten"), _l("Alles außer Geld, Arbeitsspeicher, Löschen und Zugriffen")),
    SeatRole.CUSTOM: (_l("Eigene Auswahl"), _l("Nur, was du unten ankreuzt")),
}
_SEAT_ENDS = {
    "hand": _l("weggenommen"),
    "left": _l("gehört nicht mehr dazu"),
    "invitation": _l("Einladung zurückgenommen"),
    "server": _l("Server gelöscht"),
}


def area_word(area: str) -> str:
    """An area's name; one that a later release took away reads as it is written."""
    return str(AREAS[Area(area)][0]) if area in set(Area) else area


def seat_word(role: str) -> str:
    """What kind of seat it is."""
    return str(SEAT_ROLES[SeatRole(role)][0]) if role in set(SeatRole) else role


def seat_end_word(reason: str) -> str:
    """Why a seat ended."""
    return str(_SEAT_ENDS.get(reason, reason))
