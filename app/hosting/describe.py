"""How hosting's events read, what servers are called, and finding them from everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from app.accounts.api import person_names
from app.billing.api import SubjectName, register_subjects
from app.core.api import COMMAND, HIT, Hit, describe_area, describe_event, describe_subject, search_provider
from app.hosting.policies import P
from app.hosting.queries.names import names_of
from app.hosting.queries.seat import may_on, seats_of
from app.hosting.queries.server import ServerFilter, list_servers
from app.hosting.rules.bulk import Action as BulkAction
from app.hosting.rules.offer import Button
from app.hosting.rules.period import parse_period
from app.hosting.wording import (
    BULK_ACTIONS,
    action_word,
    area_word,
    file_words,
    origin_word,
    outcome_words,
    period_words,
    seat_end_word,
    seat_word,
)
from app.kit import formats
from app.kit.authz import Actor, may_everywhere
from app.kit.ids import parse_id

_SENTENCES = (
    ("created", _l("Server angelegt"), "plus", ""),
    ("deployed", _l("Installation begonnen"), "download", ""),
    ("installed", _l("Installation fertig"), "package-check", "ok"),
    ("start_requested", _l("Start angefordert"), "play", ""),
    ("woken", _l("Durch Beitreten geweckt"), "bell-ring", ""),
    ("archive_begun", _l("Welt wird archiviert"), "archive", ""),
    ("archived", _l("Welt im Archiv, jeder Hash geprüft"), "archive", "ok"),
    ("archive_failed", _l("Archivieren hat nicht geklappt"), "archive-x", "warn"),
    ("wake_begun", _l("Welt wird zurückgeholt"), "archive-restore", ""),
    ("returned", _l("Welt ist zurück, jeder Hash geprüft"), "archive-restore", "ok"),
    ("wake_failed", _l("Welt kam nicht zurück"), "archive-x", "bad"),
    ("started", _l("Prozess gestartet, ab hier zählt die Zeit"), "play", ""),
    ("ready", _l("Bereit zum Mitspielen"), "circle-check", "ok"),
    ("stop_requested", _l("Stopp angefordert"), "square", ""),
    ("stopped", _l("Server gestoppt"), "square", ""),
    ("crashed", _l("Server abgestürzt"), "triangle-alert", "bad"),
    (
        "reverted",
        _l("Kam mit den neuen Einstellungen nicht hoch: die letzten guten gelten wieder"),
        "undo-2",
        "warn",
    ),
    ("held", _l("Neustart zurückgehalten: Guthaben reicht nicht"), "wallet", "warn"),
    ("changed", _l("Einstellungen geändert"), "settings", ""),
    ("port_changed", _l("Neuer Port: %(new_port)s"), "plug", "warn"),
    ("command_sent", _l("Befehl gesendet"), "terminal", ""),
    ("player_joined", _l("Jemand ist beigetreten, jetzt %(online)s im Spiel"), "user-plus", "ok"),
    ("player_left", _l("Jemand ist gegangen, noch %(online)s im Spiel"), "user-minus", ""),
    ("delete_requested", _l("Löschen angefordert"), "trash-2", "warn"),
    ("deleted", _l("Server gelöscht"), "trash-2", "warn"),
    ("stray_ended", _l("Verwaister Prozess beendet"), "eraser", "warn"),
)
_REPORTS = (
    ("made", _l("Verbrauchsbericht %(period)s erstellt, Summe %(total)s"), "file-text", "ok"),
    ("deleted", _l("Verbrauchsbericht ab %(first)s gelöscht"), "file-x", "warn"),
    ("plan_changed", _l("Regelmäßige Berichte umgestellt"), "calendar-clock", ""),
)
_PLANS = (
    ("created", _l("Zeitplan angelegt: %(what)s"), "calendar-clock", ""),
    ("changed", _l("Zeitplan geändert: %(what)s"), "calendar-clock", ""),
    ("switched", _l("Zeitplan %(now)s: %(what)s"), "calendar-clock", ""),
    ("deleted", _l("Zeitplan gelöscht: %(what)s"), "calendar-x", ""),
    ("ran", _l("Nach Zeitplan: %(what)s, %(came)s"), "calendar-check", ""),
    ("missed", _l("Zeitplan verpasst: %(what)s%(times)s"), "calendar-x", "warn"),
)
_WEBHOOKS = (
    ("created", _l("Discord-Webhook eingetragen"), "webhook", ""),
    ("changed", _l("Discord-Webhook geändert"), "webhook", ""),
    ("tested", _l("Testnachricht an Discord"), "send", ""),
    ("switched_off", _l("Discord nimmt nichts mehr an: Webhook ausgeschaltet"), "bell-off", "warn"),
    ("removed", _l("Discord-Webhook gelöscht"), "webhook", ""),
)
_PLUGINS = (
    ("installed", _l("%(plugin)s %(number)s installiert"), "puzzle", "ok"),
    ("updated", _l("%(plugin)s aktualisiert: %(former)s → %(number)s"), "puzzle", "ok"),
    ("removed", _l("%(plugin)s entfernt"), "puzzle", "warn"),
    ("restored", _l("%(plugin)s zurückgesetzt"), "undo-2", ""),
    (
        "reverted",
        _l("Kam mit den geänderten Plugins nicht hoch: die vorigen kommen zurück"),
        "undo-2",
        "warn",
    ),
    ("adopted", _l("%(plugin)s %(number)s übernommen"), "puzzle", ""),
    ("pinned", _l("%(plugin)s %(now)s"), "pin", ""),
    ("failed", _l("Plugins nicht geändert"), "puzzle", "warn"),
    ("care_changed", _l("Plugin-Updates umgestellt"), "puzzle", ""),
)
_DOMAINS = (
    ("added", _l("Eigene Domain eingetragen"), "globe", ""),
    ("verified", _l("Eigene Domain bestätigt: sie führt jetzt hierher"), "globe", "ok"),
    ("elsewhere", _l("Eigene Domain zeigt woanders hin"), "globe", "warn"),
    ("lapsed", _l("Eigene Domain abgeschaltet: sie zeigt woanders hin"), "globe", "bad"),
    ("removed", _l("Eigene Domain entfernt"), "globe", ""),
)
_BACKUPS = (
    ("backup.begun", _l("Backup begonnen: %(why)s"), "archive", ""),
    ("backup.made", _l("Backup fertig, jeder Hash geprüft: %(size)s"), "archive", "ok"),
    ("backup.failed", _l("Backup hat nicht geklappt"), "archive-x", "bad"),
    ("backup.tested", _l("Backup testweise ausgepackt: vollständig"), "archive-restore", "ok"),
    ("backup.test_failed", _l("Backup kam beim Test nicht heil zurück"), "archive-x", "bad"),
    ("backup.deleted", _l("Backup gelöscht"), "trash-2", ""),
    ("backup.downloaded", _l("Backup heruntergeladen"), "download", ""),
    ("backup.plan_changed", _l("Automatische Backups umgestellt"), "calendar-clock", ""),
    ("restore.begun", _l("Backup wird wiederhergestellt"), "archive-restore", ""),
    ("restore.done", _l("Backup wiederhergestellt, jeder Hash geprüft"), "archive-restore", "ok"),
    ("restore.failed", _l("Wiederherstellen hat nicht geklappt"), "archive-x", "bad"),
)
_BULKS = (
    ("ordered", _l("Sammelaktion für %(count)s Server: %(what)s"), "list-checks", ""),
    (
        "finished",
        _l(
            "Sammelaktion fertig: %(what)s, %(done)s erledigt, %(skipped)s übersprungen, %(failed)s fehlgeschlagen"
        ),
        "list-checks",
        "ok",
    ),
    (
        "cancelled",
        _l("Sammelaktion abgebrochen: %(what)s, %(left)s Server blieben, wie sie waren"),
        "list-x",
        "warn",
    ),
)
_SEATS = (
    ("given", _l("Zugriff gegeben: %(who)s, %(role)s"), "user-plus", "ok"),
    ("taken", _l("Einladung angenommen: %(role)s"), "user-check", "ok"),
    ("changed", _l("Zugriff geändert: %(who)s, %(role)s"), "user-cog", ""),
    ("removed", _l("Zugriff genommen: %(who)s (%(reason)s)"), "user-minus", "warn"),
)
_FIELDS = {
    "role": _l("Zugriff"),
    "areas": _l("Eigene Auswahl"),
    "daily": _l("Täglich sichern"),
    "at": _l("Uhrzeit"),
    "keep_count": _l("Höchstens so viele Backups"),
    "keep_days": _l("Höchstens so viele Tage"),
    "automatic": _l("Automatische Updates"),
    "on": _l("Eingeschaltet"),
    "action": _l("Aktion"),
    "cron": _l("Zeiten als Cron-Text"),
    "zone": _l("Zeitzone"),
    "memory_mb": _l("Arbeitsspeicher in MB"),
    "wake_by_join": _l("Beitreten weckt auf"),
    "web_map": _l("Karte im Browser"),
    "archive_hours": _l("Stunden bis zum Archiv"),
    "idle_minutes": _l("Minuten ohne Spieler bis zum Stopp"),
    "weekly": _l("Wochenbericht"),
    "monthly": _l("Monatsbericht"),
}


def server_url(server_id: UUID) -> str:
    """The page of a server."""
    return url_for("hosting.server", server_id=server_id)


def find_servers(actor: Actor, text: str, limit: int) -> list[Hit]:
    """The search provider: the organisation's servers, and what the actor can do with the first of them."""
    if not may_everywhere(actor, P.server_list) or actor.organisation_id is None:
        return []
    page = list_servers(actor, ServerFilter(text=text), limit=limit)
    hits = [Hit(row.name, server_url(row.id), "server", HIT, row.address) for row in page.rows]
    if text:
        held = seats_of(actor)
        hits += [
            Hit(_("%(name)s starten", name=row.name), server_url(row.id), "play", COMMAND)
            for row in page.rows[:3]
            if Button.START in row.buttons and may_on(actor, P.server_power, held, row.id)
        ]
    return hits


def _charged(organisation_id: UUID, ids: Iterable[UUID]) -> Mapping[UUID, SubjectName]:
    """Names for bills; a deleted server keeps its name and has no page."""
    return {
        server_id: SubjectName(name, "" if deleted else f"/hosting/servers/{server_id}")
        for server_id, name, deleted in names_of(ids, organisation_id)
    }


def _names(ids: Iterable[UUID]) -> dict[UUID, Any]:
    return {server_id: name for server_id, name, _deleted in names_of(ids)}


def _sums(data: dict[str, Any]) -> Mapping[str, Any]:
    if "total_nanos" not in data:
        return {}
    return {"total": formats.money(data["total_nanos"]), "period": period_words(parse_period(data["period"]))}


def _plan(data: dict[str, Any]) -> Mapping[str, Any]:
    found = {"what": action_word(data["action"])}
    if "outcome" in data:
        found["came"] = outcome_words(data["outcome"])[0]
    if "on" in data:
        found["now"] = _("eingeschaltet") if data["on"] else _("ausgeschaltet")
    times = int(data.get("count", 1))
    found["times"] = _(", %(n)d-mal", n=times) if times > 1 else ""
    return found


def _bulk(data: dict[str, Any]) -> Mapping[str, Any]:
    return {"what": BULK_ACTIONS[BulkAction(data["action"])][0]}


def _bulk_url(bulk_id: UUID) -> str:
    return url_for("hosting.bulk", bulk_id=bulk_id)


def _files(data: dict[str, Any]) -> Mapping[str, Any]:
    return {"what": file_words(data["action"], data["bytes"], data["extension"], data.get("count", 1))}


def _pinned(data: dict[str, Any]) -> Mapping[str, Any]:
    return {"now": _("festgehalten") if data.get("pinned") else _("wieder freigegeben")}


def _backup(data: dict[str, Any]) -> Mapping[str, Any]:
    found = {"why": origin_word(data["origin"])} if "origin" in data else {}
    return {**found, "size": formats.filesize(data["size_bytes"])} if "size_bytes" in data else found


def _seat(data: dict[str, Any]) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    if "seat_id" in data:
        person_id = parse_id(data.get("person_id") or "")
        who = (
            person_names([person_id]).get(person_id, _("gelöschtes Konto"))
            if person_id
            else _("eine eingeladene Person")
        )
        found["who"] = who or _("gelöschtes Konto")
    if "role" in data:
        found["role"] = seat_word(data["role"])
    if "areas" in data:
        found["areas"] = ", ".join(area_word(one) for one in data["areas"])
    if "reason" in data:
        found["reason"] = seat_end_word(data["reason"])
    return found


def describe() -> None:
    """Register sentences, names and search."""
    describe_area("hosting", _l("Server"))
    describe_subject("hosting.server", lazy_pgettext("einer", "Server"), names=_names, url=server_url)
    for name, text, icon, tone in _SENTENCES:
        describe_event(f"hosting.server.{name}", text, icon=icon, tone=tone, fields=_FIELDS)
    describe_event("hosting.server.files_changed", _l("Dateien: %(what)s"), icon="file-pen", values=_files)
    for name, text, icon, tone in _REPORTS:
        describe_event(f"hosting.report.{name}", text, icon=icon, tone=tone, values=_sums, fields=_FIELDS)
    for name, text, icon, tone in _PLANS:
        describe_event(f"hosting.schedule.{name}", text, icon=icon, tone=tone, values=_plan, fields=_FIELDS)
    for name, text, icon, tone in _WEBHOOKS:
        describe_event(f"hosting.webhook.{name}", text, icon=icon, tone=tone, fields=_FIELDS)
    for name, text, icon, tone in _DOMAINS:
        describe_event(f"hosting.domain.{name}", text, icon=icon, tone=tone, fields=_FIELDS)
    for name, text, icon, tone in _PLUGINS:
        more = {"values": _pinned} if name == "pinned" else {}
        describe_event(f"hosting.plugin.{name}", text, icon=icon, tone=tone, fields=_FIELDS, **more)
    for name, text, icon, tone in _BACKUPS:
        describe_event(f"hosting.{name}", text, icon=icon, tone=tone, values=_backup, fields=_FIELDS)
    for name, text, icon, tone in _SEATS:
        describe_event(f"hosting.seat.{name}", text, icon=icon, tone=tone, values=_seat, fields=_FIELDS)
    for name, text, icon, tone in _BULKS:
        describe_event(f"hosting.bulk.{name}", text, icon=icon, tone=tone, values=_bulk)
    describe_subject("hosting.report", _l("Bericht"))
    describe_subject("hosting.bulk", _l("Sammelaktion"), url=_bulk_url)
    register_subjects("hosting.server", _charged)
    search_provider("servers", find_servers)
