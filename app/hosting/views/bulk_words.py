"""Actions on many servers in words."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.hosting.queries.bulk import Item
from app.hosting.rules.bulk import Action, BulkState, Outcome, Reason
from app.hosting.views.prices import price_of
from app.hosting.wording import BULK_ACTIONS
from app.kit.formats import money_rate
from app.kit.money import Money

OUTCOMES: dict[Outcome, tuple[Any, str]] = {
    Outcome.WAITING: (_l("Wartet"), "neutral"),
    Outcome.DONE: (_l("Erledigt"), "ok"),
    Outcome.SKIPPED: (_l("Übersprungen"), "neutral"),
    Outcome.FAILED: (_l("Fehlgeschlagen"), "bad"),
    Outcome.CANCELLED: (_l("Abgebrochen"), "warn"),
}
REASONS: dict[Reason, Any] = {
    Reason.DRAFT: _l("noch nicht eingerichtet"),
    Reason.INSTALLING: _l("wird noch eingerichtet"),
    Reason.UP: _l("läuft schon oder startet gerade"),
    Reason.STILL_UP: _l("läuft; nur gestoppte Server ziehen ins Archiv"),
    Reason.STOPPING: _l("stoppt gerade"),
    Reason.DOWN: _l("läuft nicht"),
    Reason.MOVING: _l("die Welt ist gerade zwischen Maschine und Archiv unterwegs"),
    Reason.ARCHIVED: _l("liegt im Archiv, als geprüfte Kopie"),
    Reason.RESTARTS: _l("startet nach einem Absturz gleich neu"),
    Reason.NO_WORLD: _l("hat noch keine Welt"),
    Reason.DELETING: _l("wird schon gelöscht"),
    Reason.GONE: _l("gibt es nicht mehr"),
    Reason.NO_CREDIT: _l("Das Guthaben reichte nicht."),
    Reason.NO_ROOM: _l("Andere Server belegten schon den ganzen Arbeitsspeicher der Organisation."),
    Reason.NOT_ALLOWED: _l("Wer das angefordert hat, darf es nicht mehr."),
    Reason.REFUSED: _l("Der Server nahm es in diesem Moment nicht an."),
    Reason.BROKEN: _l("Das hat nicht geklappt. Der Betreiber sieht den Grund im Protokoll."),
}
STATES: dict[BulkState, Any] = {
    BulkState.RUNNING: _l("Läuft"),
    BulkState.DONE: _l("Fertig"),
    BulkState.CANCELLED: _l("Abgebrochen"),
}


def question(action: Action, count: int) -> str:
    """What one is asked before it begins."""
    return {
        Action.START: ngettext("%(num)d Server starten?", "%(num)d Server starten?", count),
        Action.STOP: ngettext("%(num)d Server stoppen?", "%(num)d Server stoppen?", count),
        Action.BACKUP: ngettext("%(num)d Server sichern?", "%(num)d Server sichern?", count),
        Action.ARCHIVE: ngettext("%(num)d Server archivieren?", "%(num)d Server archivieren?", count),
        Action.DELETE: ngettext("%(num)d Server löschen?", "%(num)d Server löschen?", count),
    }[action]


def answer(action: Action, count: int) -> str:
    """The button that begins it."""
    return {
        Action.START: ngettext("%(num)d Server starten", "%(num)d Server starten", count),
        Action.STOP: ngettext("%(num)d Server stoppen", "%(num)d Server stoppen", count),
        Action.BACKUP: ngettext("%(num)d Server sichern", "%(num)d Server sichern", count),
        Action.ARCHIVE: ngettext("%(num)d Server archivieren", "%(num)d Server archivieren", count),
        Action.DELETE: ngettext(
            "%(num)d Server endgültig löschen", "%(num)d Server endgültig löschen", count
        ),
    }[action]


def meaning(action: Action, memory_mb: int) -> str:
    """What it means for those it is for. `memory_mb`: of all of them together."""
    if action is Action.START:
        rate: Money = price_of(memory_mb)
        return _(
            "Sie starten einer nach dem anderen und kosten zusammen %(rate)s pro Stunde.",
            rate=money_rate(rate),
        )
    return {
        Action.STOP: _("Sie speichern und stoppen. Wer gerade spielt, verlässt das Spiel."),
        Action.BACKUP: _("Von jeder Welt entsteht eine geprüfte Kopie. Wer spielt, spielt weiter."),
        Action.ARCHIVE: _("Die Welten ziehen ins Archiv um und kosten nichts mehr. Starten geht jederzeit."),
        Action.DELETE: _(
            "Die Welten werden gelöscht und lassen sich nicht wiederherstellen. Kosten und Berichte bleiben erhalten."
        ),
    }[action]


def button_words() -> list[tuple[str, Any, str]]:
    """What is offered for a selection: (action, word, icon)."""
    return [(action.value, word, icon) for action, (word, icon) in BULK_ACTIONS.items()]


def came_to(item: Item) -> tuple[str, str, str]:
    """(word, tone, why) of one server."""
    word, tone = OUTCOMES[item.outcome]
    return str(word), tone, item.words or (str(REASONS[item.reason]) if item.reason else "")
