"""What a channel in Discord reads. Public words: no names of people, nothing of the organisation but the server's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.hosting.rules.discord_text import DESCRIPTION, FIELD_VALUE, FOOTER, TITLE, cut, plain
from app.hosting.rules.server import Reason
from app.hosting.rules.webhook import Told, Topic
from app.kit.config import settings
from app.kit.formats import duration
from app.kit.i18n import speaking

LABELS: dict[Topic, Any] = {
    Topic.STARTED: _l("Server gestartet"),
    Topic.STOPPED: _l("Server gestoppt"),
    Topic.CRASHED: _l("Server abgestürzt"),
    Topic.PLAYERS: _l("Spieler kommen und gehen"),
    Topic.BACKUP: _l("Backup fehlgeschlagen"),
    Topic.LOW: _l("Guthaben geht zur Neige"),
}
"""On the boxes to tick."""

TITLES: dict[Topic, Any] = {
    Topic.STARTED: _l("%(server)s läuft"),
    Topic.STOPPED: _l("%(server)s ist gestoppt"),
    Topic.CRASHED: _l("%(server)s ist abgestürzt"),
    Topic.PLAYERS: _l("Auf %(server)s"),
    Topic.BACKUP: _l("%(server)s: Backup fehlgeschlagen"),
    Topic.LOW: _l("Das Guthaben geht zur Neige"),
}
COLOURS = {
    Topic.STARTED: 0x2E9E5B, Topic.STOPPED: 0x6B7280, Topic.CRASHED: 0xD64545, Topic.PLAYERS: 0x3B82F6,
    Topic.BACKUP: 0xE0A100, Topic.LOW: 0xE0A100,
}  # fmt: skip

REASONS: dict[Reason, Any] = {
    Reason.REQUESTED: _l("Vom Team gestoppt."),
    Reason.RESTART: _l("Er startet neu."),
    Reason.KILLED: _l("Sofort beendet."),
    Reason.GAME_STOPPED: _l("Im Spiel beendet."),
    Reason.OUT_OF_MEMORY: _l("Der Arbeitsspeicher war voll."),
    Reason.HANG: _l("Er antwortete nicht mehr."),
    Reason.START_TIMEOUT: _l("Er wurde nicht rechtzeitig bereit."),
    Reason.NODE_RESTARTED: _l("Die Maschine wurde neu gestartet."),
    Reason.CANCELLED: _l("Der Start wurde abgebrochen."),
    Reason.DISK_FULL: _l("Auf der Maschine war kein Platz mehr."),
    Reason.PORT_TAKEN: _l("Der Port war belegt."),
    Reason.NOT_STARTED: _l("Die Maschine hat den Start abgelehnt."),
    Reason.IDLE: _l("Niemand hat gespielt, die Welt ist gespeichert."),
    Reason.NO_CREDIT: _l("Das Guthaben ging zu Ende. Die Welt ist sicher."),
    Reason.HALTED: _l("Die Plattform wurde heruntergefahren."),
}
"""In a channel; a reason that is not here is left out."""


@dataclass(frozen=True)
class About:
    """The server as it is when the message is brought."""

    name: str
    running: bool
    players: int | None
    most: int | None


def message(told: list[Told], about: About, locale: str) -> dict[str, Any]:
    """The body of a post, in one language. `told` is not empty, oldest first."""
    with speaking(locale):
        head = next((one for one in reversed(told) if one.topic is not Topic.PLAYERS), told[-1])
        embed: dict[str, Any] = {
            "title": cut(str(TITLES[head.topic]) % {"server": plain(about.name)}, TITLE),
            "description": cut("\n".join(_line(one) for one in told), DESCRIPTION),
            "color": COLOURS[head.topic],
            "timestamp": told[-1].at,
        }
        fields = [*_reason(head), *_players(about)]
        if fields:
            embed["fields"] = fields
        return _wrapped(embed)


def sample_message(server: str, topics: list[Topic], locale: str) -> dict[str, Any]:
    """What the test button posts."""
    with speaking(locale):
        wanted = ", ".join(str(LABELS[topic]) for topic in topics)
        text = _("Wenn du das liest, kommen Nachrichten hier an. Gewählt: %(topics)s.", topics=wanted)
        title = _("Testnachricht von %(server)s", server=plain(server))
        return _wrapped({"title": cut(title, TITLE), "description": text, "color": COLOURS[Topic.PLAYERS]})


def _wrapped(embed: dict[str, Any]) -> dict[str, Any]:
    embed["footer"] = {"text": cut(settings().name, FOOTER)}
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def _line(one: Told) -> str:
    text = _sentence(one)
    if one.topic is Topic.PLAYERS or one.count == 1:
        return text
    return _("%(text)s (%(n)d-mal, zuletzt so)", text=text, n=one.count)


def _sentence(one: Told) -> str:
    match one.topic:
        case Topic.STARTED:
            return _("Gestartet und bereit zum Mitspielen.")
        case Topic.STOPPED:
            return _("Gestoppt.")
        case Topic.CRASHED:
            return _crash(one.facts)
        case Topic.PLAYERS:
            return _coming_and_going(one)
        case Topic.BACKUP:
            return _("Ein Backup hat nicht geklappt oder ist beschädigt. Die Welt selbst ist unverändert.")
        case Topic.LOW:
            minutes = int(one.facts.get("runway_minutes", 0))
            return _("Es reicht noch für etwa %(runway)s.", runway=duration(minutes * 60))


def _crash(facts: Mapping[str, Any]) -> str:
    wait = facts.get("restart_in")
    if wait is None:
        return _("Abgestürzt. Er bleibt aus, bis ihn jemand startet.")
    return _("Abgestürzt. Neuer Versuch in %(span)s.", span=duration(int(wait)))


def _coming_and_going(one: Told) -> str:
    parts = []
    if one.joined:
        parts.append(ngettext("%(num)d Spieler beigetreten", "%(num)d Spieler beigetreten", one.joined))
    if one.left:
        parts.append(ngettext("%(num)d Spieler gegangen", "%(num)d Spieler gegangen", one.left))
    return _("%(what)s (%(n)d online)", what=", ".join(parts), n=int(one.facts.get("online", 0)))


def _reason(head: Told) -> list[dict[str, Any]]:
    given = head.facts.get("reason")
    if given == Reason.EXIT_CODE:
        text = _("Das Spiel hat sich mit Code %(code)s beendet.", code=head.facts.get("exit_code", "?"))
    else:
        text = str(REASONS[Reason(given)]) if given in REASONS else ""
    return [{"name": _("Grund"), "value": cut(text, FIELD_VALUE), "inline": False}] if text else []


def _players(about: About) -> list[dict[str, Any]]:
    if not about.running or about.players is None:
        return []
    if about.most is None:
        text = str(about.players)
    else:
        text = _("%(n)d von %(most)d", n=about.players, most=about.most)
    return [{"name": _("Spieler"), "value": text, "inline": True}]
