"""States, reasons and events of servers in words. German source strings; each state has a tone and an icon."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as l_

from app.core.api import Recorded
from app.hosting.rules.server import Reason, State

STATES: dict[State, tuple[Any, str]] = {
    State.DRAFT: (l_("Entwurf"), "neutral"),
    State.INSTALLING: (l_("Wird installiert"), "busy"),
    State.STARTING: (l_("Startet"), "busy"),
    State.RUNNING: (l_("Läuft"), "ok"),
    State.STOPPING: (l_("Stoppt"), "busy"),
    State.STOPPED: (l_("Gestoppt"), "neutral"),
    State.CRASHED: (l_("Abgestürzt"), "bad"),
    State.DELETING: (l_("Wird gelöscht"), "busy"),
    State.DELETED: (l_("Gelöscht"), "neutral"),
}

GROUP_WORDS: dict[str, Any] = {
    "": l_("Alle"),
    "running": l_("Läuft"),
    "busy": l_("In Arbeit"),
    "stopped": l_("Gestoppt"),
    "crashed": l_("Abgestürzt"),
}

REASONS: dict[Reason, Any] = {
    Reason.REQUESTED: l_("Du oder jemand aus deinem Team hat ihn gestoppt."),
    Reason.RESTART: l_("Er wurde neu gestartet."),
    Reason.KILLED: l_("Er wurde sofort beendet. Die letzten Sekunden können fehlen."),
    Reason.GAME_STOPPED: l_("Das Spiel hat sich selbst beendet."),
    Reason.OUT_OF_MEMORY: l_("Der Arbeitsspeicher war voll. Gib ihm mehr RAM oder weniger Sichtweite."),
    Reason.HANG: l_("Er lief noch, antwortete aber nicht mehr."),
    Reason.START_TIMEOUT: l_("Er wurde nicht rechtzeitig bereit."),
    Reason.VANISHED: l_("Er war auf der Maschine nicht mehr zu finden."),
    Reason.NODE_RESTARTED: l_("Die Maschine wurde neu gestartet."),
    Reason.CANCELLED: l_("Der Start wurde abgebrochen."),
    Reason.INSTALL_FAILED: l_("Die Installation ist fehlgeschlagen. Ein neuer Versuch kann helfen."),
    Reason.IMAGE_MISSING: l_("Das Container-Image ist auf dieser Maschine nicht zu bekommen."),
    Reason.DISK_FULL: l_("Auf der Maschine war kein Platz mehr. Deine Welt ist unverändert."),
    Reason.PORT_TAKEN: l_("Der Port war belegt."),
    Reason.NOT_STARTED: l_(
        "Die Maschine hat den Start abgelehnt. Der Betreiber sieht den Grund im Protokoll."
    ),
    Reason.NO_CREDIT: l_("Das Guthaben ging zu Ende. Deine Welt ist sicher; lade auf und starte neu."),
    Reason.HALTED: l_("Die Plattform wurde heruntergefahren."),
    Reason.DELETED: l_("Er wurde gelöscht."),
}


def state_word(state: State) -> str:
    """The state in one or two words."""
    return str(STATES[state][0])


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


def event_line(event: Recorded) -> dict[str, Any]:
    """One event as a line of the timeline: text, icon, tone, detail."""
    text, icon, tone = _sentence(event)
    detail = ""
    if event.name in ("hosting.server.crashed", "hosting.server.stopped"):
        detail = reason_text(event.data.get("reason"), event.data.get("exit_code"))
    return {"text": text, "icon": icon, "tone": tone, "detail": detail, "when": event.at, "who": ""}


def _sentence(event: Recorded) -> tuple[str, str, str]:
    known: dict[str, tuple[str, str, str]] = {
        "created": (_("Server angelegt"), "plus", ""),
        "deployed": (_("Installation begonnen"), "download", ""),
        "installed": (_("Installation fertig"), "package-check", "ok"),
        "start_requested": (_("Start angefordert"), "play", ""),
        "started": (_("Prozess gestartet, ab hier zählt die Zeit"), "play", ""),
        "ready": (_("Bereit zum Mitspielen"), "circle-check", "ok"),
        "stop_requested": (_("Stopp angefordert"), "square", ""),
        "stopped": (_("Server gestoppt"), "square", ""),
        "crashed": (_("Server abgestürzt"), "triangle-alert", "bad"),
        "held": (_("Neustart zurückgehalten: Guthaben reicht nicht"), "wallet", "warn"),
        "changed": (_("Einstellungen geändert"), "settings", ""),
        "command_sent": (_("Befehl gesendet"), "terminal", ""),
        "delete_requested": (_("Löschen angefordert"), "trash-2", ""),
        "deleted": (_("Server gelöscht"), "trash-2", ""),
        "stray_ended": (_("Verwaister Prozess beendet"), "broom", "warn"),
    }
    short = event.name.removeprefix("hosting.server.")
    if short == "player_joined":
        online = int(event.data.get("online", 0))
        return _("Jemand ist beigetreten, jetzt %(n)d im Spiel", n=online), "user-plus", "ok"
    if short == "player_left":
        online = int(event.data.get("online", 0))
        return _("Jemand ist gegangen, noch %(n)d im Spiel", n=online), "user-minus", ""
    if short == "port_changed":
        return _("Neuer Port: %(port)s", port=event.data.get("new_port")), "plug", "warn"
    return known.get(short, (event.name, "dot", ""))
