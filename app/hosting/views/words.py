"""States, reasons and events of servers in words. German source strings; each state has a tone and an icon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.api import person_names
from app.core.api import Recorded, look, sentence
from app.hosting.policies import P
from app.hosting.rules.archive import Failure
from app.hosting.rules.server import Reason, State
from app.kit.authz import current_actor, may

STATES: dict[State, tuple[Any, str]] = {
    State.DRAFT: (_l("Entwurf"), "neutral"),
    State.INSTALLING: (_l("Wird installiert"), "busy"),
    State.STARTING: (_l("Startet"), "busy"),
    State.RUNNING: (_l("Läuft"), "ok"),
    State.STOPPING: (_l("Stoppt"), "busy"),
    State.STOPPED: (_l("Gestoppt"), "neutral"),
    State.CRASHED: (_l("Abgestürzt"), "bad"),
    State.ARCHIVING: (_l("Wird archiviert"), "busy"),
    State.ARCHIVED: (_l("Archiviert"), "neutral"),
    State.WAKING: (_l("Wacht auf"), "busy"),
    State.DELETING: (_l("Wird gelöscht"), "busy"),
    State.DELETED: (_l("Gelöscht"), "neutral"),
}

GROUP_WORDS: dict[str, Any] = {
    "": _l("Alle"),
    "running": _l("Läuft"),
    "busy": _l("In Arbeit"),
    "stopped": _l("Gestoppt"),
    "asleep": _l("Schläft"),
    "archived": _l("Archiviert"),
    "crashed": _l("Abgestürzt"),
}

FAILURES: dict[Failure, Any] = {
    Failure.UNAVAILABLE: _l("Das Archiv antwortet gerade nicht."),
    Failure.FULL: _l("Im Archiv ist kein Platz mehr."),
    Failure.REFUSED: _l("Das Archiv lehnt uns ab. Der Betreiber sieht den Grund im Protokoll."),
    Failure.MISSING: _l("Das Archiv hat diese Welt nicht. Bitte wende dich an den Betreiber."),
    Failure.CORRUPT: _l("Die archivierte Welt ist beschädigt. Bitte wende dich an den Betreiber."),
    Failure.NOT_PACKABLE: _l(
        "In der Welt liegt etwas, das sich nicht archivieren lässt, etwa eine Verknüpfung nach außen."
    ),
    Failure.CHANGED: _l("Während des Kopierens wurde in der Welt noch geschrieben."),
    Failure.OUT_OF_REACH: _l("Auf dieser Maschine kann Kontor die Welten nicht lesen."),
    Failure.DISK_FULL: _l("Auf der Maschine war kein Platz mehr."),
    Failure.NOT_SAVED: _l("Das Spiel hat nicht bestätigt, dass alles gespeichert ist."),
    Failure.NO_WORLD: _l("In diesem Moment lag keine Welt auf der Maschine."),
    Failure.FAULT: _l("Das hat nicht geklappt. Der Betreiber sieht den Grund im Protokoll."),
}
"""Why a world did not move."""

REASONS: dict[Reason, Any] = {
    Reason.REQUESTED: _l("Du oder jemand aus deinem Team hat ihn gestoppt."),
    Reason.RESTART: _l("Er wurde neu gestartet."),
    Reason.KILLED: _l("Er wurde sofort beendet. Die letzten Sekunden können fehlen."),
    Reason.GAME_STOPPED: _l("Das Spiel hat sich selbst beendet."),
    Reason.OUT_OF_MEMORY: _l("Der Arbeitsspeicher war voll. Gib ihm mehr RAM oder weniger Sichtweite."),
    Reason.HANG: _l("Er lief noch, antwortete aber nicht mehr."),
    Reason.START_TIMEOUT: _l("Er wurde nicht rechtzeitig bereit."),
    Reason.VANISHED: _l("Er war auf der Maschine nicht mehr zu finden."),
    Reason.NODE_RESTARTED: _l("Die Maschine wurde neu gestartet."),
    Reason.CANCELLED: _l("Der Start wurde abgebrochen."),
    Reason.INSTALL_FAILED: _l("Die Installation ist fehlgeschlagen. Ein neuer Versuch kann helfen."),
    Reason.IMAGE_MISSING: _l("Das Container-Image ist auf dieser Maschine nicht zu bekommen."),
    Reason.DISK_FULL: _l("Auf der Maschine war kein Platz mehr. Deine Welt ist unverändert."),
    Reason.PORT_TAKEN: _l("Der Port war belegt."),
    Reason.NOT_STARTED: _l(
        "Die Maschine hat den Start abgelehnt. Der Betreiber sieht den Grund im Protokoll."
    ),
    Reason.NOT_RETURNED: _l("Seine Welt kam nicht aus dem Archiv zurück."),
    Reason.IDLE: _l("Niemand hat gespielt, darum hat er gespeichert und gestoppt."),
    Reason.NO_CREDIT: _l("Das Guthaben ging zu Ende. Deine Welt ist sicher; lade auf und starte neu."),
    Reason.HALTED: _l("Die Plattform wurde heruntergefahren."),
    Reason.DELETED: _l("Er wurde gelöscht."),
}


def state_word(state: State, asleep: bool = False) -> str:
    """The state in one or two words."""
    return _("Schläft") if asleep else str(STATES[state][0])


def state_tone(state: State) -> str:
    """Tone of the state's tag."""
    return STATES[state][1]


def reason_text(reason: Reason | str | None, exit_code: int | None = None) -> str:
    """Why a run ended, as a sentence; empty when there is nothing to say."""
    if reason is None:
        return ""
    reason = Reason(reason)
    if reason is Reason.EXIT_CODE:
        return _(
            "Das Spiel hat sich mit Code %(code)s beendet.", code="?" if exit_code is None else exit_code
        )
    return str(REASONS[reason])


def failure_text(failure: str | None) -> str:
    """Why a world did not move, as a sentence; empty when there is nothing to say."""
    return str(FAILURES[Failure(failure)]) if failure else ""


def event_lines(events: Sequence[Recorded]) -> list[dict[str, Any]]:
    """Events as a timeline shows them, with who did it; one question for all names."""
    names = person_names(event.actor_id for event in events)
    return [event_line(event, names) for event in told(events)]


def told(events: Sequence[Recorded]) -> list[Recorded]:
    """Those the viewer may know of: who else was let in is told to members, not to guests."""
    if may(current_actor(), P.seat_read):
        return list(events)
    return [event for event in events if not event.name.startswith("hosting.seat.")]


def event_line(event: Recorded, names: Mapping[UUID, str] | None = None) -> dict[str, Any]:
    """One event as a line of the timeline: text, icon, tone, detail, who. The platform's own doing is nobody's."""
    seen, detail = look(event), ""
    if event.name in ("hosting.server.crashed", "hosting.server.stopped"):
        detail = reason_text(event.data.get("reason"), event.data.get("exit_code"))
    elif event.name in ("hosting.server.archive_failed", "hosting.server.wake_failed"):
        detail = failure_text(event.data.get("failure"))
    return {
        "text": sentence(event), "icon": seen.icon, "tone": seen.tone, "detail": detail, "when": event.at,
        "who": _who(event, names) if names is not None else "",
    }  # fmt: skip


def _who(event: Recorded, names: Mapping[UUID, str]) -> str:
    if event.actor_id is None:
        return ""
    name = names.get(event.actor_id) or _("gelöschtes Konto")
    return _("%(name)s, über Zugriffstoken", name=name) if event.token_id is not None else name
