"""Personal data in the machinery: mails, files, and the events a person caused."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update

from app.core.models import Event, File, Job, Mail
from app.core.personal import Activity, Retention, contributor
from app.core.services.file import delete_file
from app.kit.db import db, require_transaction

MOST_EVENTS = 100_000
RETENTION = (
    Retention(_l("Ereignisprotokoll: Nummern und Werte, keine Namen"), _l("solange die Organisation besteht"), "core_event"),
    Retention(_l("Verschickte Mails, verschlüsselt"), _l("30 Tage"), "core_mail"),
    Retention(_l("Erledigte Hintergrundarbeit"), _l("30 Tage"), "core_job"),
    Retention(_l("Dateien"), _l("je nach Art, höchstens bis zum Löschen des Kontos oder der Organisation"), "core_file"),
)  # fmt: skip
ACTIVITIES = (
    Activity(
        name=_l("Protokoll der Ereignisse"),
        purpose=_l("Nachweis, wer was wann getan hat; Fehlersuche; Sicherheit"),
        basis=_l("berechtigtes Interesse (Art. 6 Abs. 1 f DSGVO), Vertrag mit der Organisation"),
        people=_l("Personen mit Konto"),
        data=_l("Nummer der Person, Zeit, Art des Ereignisses, Werte vorher und nachher"),
        recipients=_l("Inhaber und Verwaltung der Organisation"),
        how_long=_l("dauerhaft; nach dem Löschen des Kontos nur noch die Nummer"),
    ),
    Activity(
        name=_l("E-Mail-Versand"),
        purpose=_l("Anmeldung, Einladungen, Mitteilungen"),
        basis=_l("Vertrag (Art. 6 Abs. 1 b DSGVO)"),
        people=_l("Personen mit Konto, eingeladene Personen"),
        data=_l("E-Mail-Adresse, Text der Mail (verschlüsselt)"),
        recipients=_l("Anbieter des eingestellten Mailservers"),
        how_long=_l("30 Tage"),
    ),
)


def export_machinery(person_id: UUID) -> dict[str, Any]:
    """Events the person caused, mails they got (without texts), files that are theirs."""
    events = db.session.execute(
        select(Event.at, Event.name, Event.organisation_id, Event.data)
        .where(Event.actor_id == person_id)
        .order_by(Event.seq)
        .limit(MOST_EVENTS)
    )
    mails = db.session.execute(
        select(Mail.created_at, Mail.recipient, Mail.template)
        .where(Mail.person_id == person_id)
        .order_by(Mail.id)
    )
    files = db.session.execute(
        select(File.created_at, File.name, File.kind, File.size)
        .where(File.person_id == person_id)
        .order_by(File.id)
    )
    return {
        "events": [{"at": at.isoformat(), "name": name, "organisation": str(o) if o else None, "data": data}
                   for at, name, o, data in events],
        "mails": [{"at": at.isoformat(), "to": to, "kind": kind} for at, to, kind in mails],
        "files": [{"at": at.isoformat(), "name": name, "kind": kind, "size": size} for at, name, kind, size in files],
    }  # fmt: skip


def own_files(person_id: UUID) -> list[tuple[str, UUID]]:
    """Files that belong to the person, except earlier copies of their data."""
    rows = db.session.execute(
        select(File.name, File.id)
        .where(File.person_id == person_id, File.kind != "privacy.export")
        .order_by(File.id)
    )
    return [(name, file_id) for name, file_id in rows]


def erase_machinery(person_id: UUID) -> None:
    """Mails and files go; events and jobs keep the number, notes of jobs are emptied. Joins the caller's transaction."""
    require_transaction()
    db.session.execute(delete(Mail).where(Mail.person_id == person_id))
    for file_id in db.session.scalars(select(File.id).where(File.person_id == person_id)).all():
        delete_file(file_id)
    db.session.execute(
        update(Job)
        .where(Job.actor_id == person_id)
        .values(note="")
        .execution_options(synchronize_session=False)
    )


def contribute() -> None:
    contributor(
        "core", export=export_machinery, erase=erase_machinery, files=own_files, retention=RETENTION,
        activities=ACTIVITIES, order=700,
    )  # fmt: skip
