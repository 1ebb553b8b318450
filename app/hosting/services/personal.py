"""A person's own data in hosting, and what becomes of servers when the last person of an organisation goes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from app.accounts.api import sole_organisations
from app.core.api import Activity, Retention, contributor, delete_file
from app.hosting.models import Report, ReportPlan, Run, Schedule, Seat, Server
from app.hosting.rules.server import State
from app.hosting.services.setup import begin_deletion
from app.kit.authz import SYSTEM
from app.kit.db import db, lock, require_transaction

RETENTION = (
    Retention(
        _l("Server mit Namen und Einstellungen"),
        _l("bis zum Löschen; der Name bleibt für Abrechnungen"),
        "hosting_server",
    ),
    Retention(
        _l("Spielernamen, die einen Server wecken dürfen"), _l("bis man sie streicht oder den Server löscht")
    ),
    Retention(
        _l("Geplante Konsolenbefehle, verschlüsselt"),
        _l("bis zum Löschen des Zeitplans oder des Servers"),
        "hosting_schedule",
    ),
    Retention(
        _l("Spielername und Netzadresse dessen, der einen Server weckt"),
        _l("bis zum Start, höchstens eine Minute"),
    ),
    Retention(_l("Läufe: wer wann gestartet hat (nur als Nummer)"), _l("wie Abrechnungen"), "hosting_run"),
    Retention(
        _l("Sammelaktionen: wer sie angefordert hat (nur als Nummer) und was aus jedem Server wurde"),
        _l("90 Tage"),
        "hosting_bulk",
    ),
    Retention(
        _l("Messwerte ohne Namen"),
        _l("10 Sekunden: 1 Tag, 1 Minute: 31 Tage, 1 Stunde: 2 Jahre"),
        "hosting_sample",
    ),
    Retention(
        _l("Adressen von Discord-Webhooks, verschlüsselt"),
        _l("bis zum Löschen des Webhooks oder des Servers"),
        "hosting_webhook",
    ),
    Retention(
        _l("Nachrichten an Discord: Art und Ergebnis, ohne Namen"),
        _l("die letzten 20 je Webhook"),
        "hosting_webhook_message",
    ),
    Retention(
        _l("Backups von Spielwelten"),
        _l("so viele und so lange, wie man einstellt; mit dem Server gelöscht"),
        "hosting_backup",
    ),
    Retention(
        _l("Plugins und ihr Verlauf: wer was geändert hat (nur als Nummer)"),
        _l("bis zum Löschen des Servers"),
        "hosting_plugin_change",
    ),
    Retention(
        _l("Eigene Domains und was DNS zu ihnen sagt"),
        _l("bis zum Entfernen der Domain oder Löschen des Servers"),
        "hosting_domain",
    ),
    Retention(
        _l("Zugriffe einzelner Personen auf Server und wer sie gegeben hat (nur als Nummer)"),
        _l("bis sie genommen werden, die Person geht oder der Server gelöscht wird"),
        "hosting_seat",
    ),
    Retention(
        _l("Konsole mit Spielernamen"),
        _l("die letzten 500 Zeilen, höchstens 7 Tage; im Protokoll des Spiels bis zum Löschen"),
    ),
)
ACTIVITIES = (
    Activity(
        name=_l("Betrieb von Spieleservern"),
        purpose=_l("Server starten, überwachen und nach Nutzung abrechnen"),
        basis=_l("Vertrag (Art. 6 Abs. 1 b DSGVO)"),
        people=_l("Personen mit Konto, Mitspielende"),
        data=_l("Wer einen Server anlegt oder schaltet, Spielernamen in Konsole und Spielwelt"),
        recipients=_l("keine"),
        how_long=_l("Spielwelt bis zum Löschen des Servers, Messwerte höchstens 2 Jahre"),
    ),
    Activity(
        name=_l("Meldungen an Discord"),
        purpose=_l("Kanäle eines Teams über seine Server unterrichten, wenn es einen Webhook einträgt"),
        basis=_l("Vertrag (Art. 6 Abs. 1 b DSGVO)"),
        people=_l("keine Personen: gemeldet werden Server"),
        data=_l("Name und Zustand des Servers, Zahl der Spielenden, Stand des Guthabens in Stunden"),
        recipients=_l("Discord (USA), nur wo ein Webhook eingetragen ist"),
        how_long=_l("bei uns die letzten 20 Meldungen je Webhook, bei Discord nach dessen Regeln"),
    ),
)


def export_servers(person_id: UUID) -> dict[str, Any]:
    """Servers and plans the person made, runs they started, and servers they were let in to."""
    servers = db.session.execute(
        select(Server.id, Server.name, Server.template, Server.created_at).where(
            Server.created_by == person_id
        )
    )
    runs = db.session.execute(
        select(Run.server_id, Run.requested_at, Run.ended_at)
        .where(Run.requested_by == person_id)
        .order_by(Run.requested_at)
    )
    plans = db.session.execute(
        select(Schedule.server_id, Schedule.action, Schedule.cron, Schedule.zone, Schedule.created_at)
        .where(Schedule.created_by == person_id)
        .order_by(Schedule.id)
    )
    seats = db.session.execute(
        select(Seat.server_id, Seat.role, Seat.areas, Seat.created_at)
        .where(Seat.person_id == person_id)
        .order_by(Seat.id)
    )
    return {
        "seats": [
            {"server": str(i), "role": role, "areas": areas, "since": at.isoformat()}
            for i, role, areas, at in seats
        ],
        "plans": [
            {"server": str(i), "action": action, "times": cron, "zone": zone, "created_at": at.isoformat()}
            for i, action, cron, zone, at in plans
        ],
        "servers": [
            {"id": str(i), "name": name, "template": template, "created_at": at.isoformat()}
            for i, name, template, at in servers
        ],
        "runs": [
            {"server": str(i), "from": start.isoformat(), "until": end.isoformat() if end else None}
            for i, start, end in runs
        ],
    }


def erase_servers(person_id: UUID) -> None:
    """Servers of organisations in which nobody is left are deleted with their worlds, and their reports with the files:
    those name the organisation. Joins the caller's transaction.
    """
    require_transaction()
    for organisation_id in sole_organisations(person_id):
        rows = db.session.scalars(
            select(Server.id).where(
                Server.organisation_id == organisation_id,
                Server.state.not_in((State.DELETING.value, State.DELETED.value)),
            )
        ).all()
        for server_id in rows:
            begin_deletion(lock(Server, server_id), SYSTEM)
        for report in db.session.scalars(
            select(Report).where(Report.organisation_id == organisation_id)
        ).all():
            if report.file_id is not None:
                delete_file(report.file_id)
            db.session.delete(report)
        db.session.execute(delete(ReportPlan).where(ReportPlan.organisation_id == organisation_id))


def contribute() -> None:
    """Tell privacy; servers go before accounts takes the memberships away."""
    contributor(
        "hosting",
        export=export_servers,
        erase=erase_servers,
        retention=RETENTION,
        activities=ACTIVITIES,
        order=200,
    )
