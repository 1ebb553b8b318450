"""What assignments, certificates and points hold about people, and what becomes of it.

An employer has to be able to show that people were instructed, also about those who are gone: their parts stay, under a number
that nobody can lead back to them. A certificate is the holder's own: it is revoked and emptied with them.
"""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update

from app.core.api import Activity, Retention, contributor
from app.kit import clock
from app.kit.authz import SYSTEM
from app.kit.db import db, lock, require_transaction
from app.nanos.models import Assignment, Certificate, Duty, PointsChoice
from app.nanos.rules.credential import ALPHABET
from app.nanos.services.certificate import revoke

RETENTION = (
    Retention(
        _l("Zuweisungen von Nanos an Beschäftigte"),
        _l("solange Aufgaben aus ihnen da sind"),
        "nanos_assignment",
    ),
    Retention(
        _l("Aufgaben: wer was bis wann durcharbeiten sollte und wann es geschah"),
        _l(
            "fünf Jahre nach dem Jahr der Fälligkeit; nach dem Löschen des Kontos unter einer Nummer statt des Namens"
        ),
        "nanos_duty",
    ),
    Retention(
        _l("Zertifikate"),
        _l("bis zum Löschen des Kontos; danach nur, dass es die Nummer gab"),
        "nanos_certificate",
    ),
    Retention(_l("Ob jemand Punkte sammelt"), _l("bis es abgeschaltet wird"), "nanos_points_choice"),
)
ACTIVITIES = (
    Activity(
        name=_l("Schulungen von Beschäftigten"),
        purpose=_l("Lerneinheiten zuweisen, erinnern und die Unterweisung nachweisen"),
        basis=_l("rechtliche Pflicht und Beschäftigung (Art. 6 Abs. 1 b, c und f DSGVO)"),
        people=_l("Beschäftigte der Organisationen"),
        data=_l("Aufgabe, Fälligkeit, Fortschritt in Prozent, Tag des Abschlusses"),
        recipients=_l("die Person selbst, Eigentümer und Admins ihrer Organisation"),
        how_long=_l("fünf Jahre nach dem Jahr der Fälligkeit; nach dem Löschen des Kontos ohne Namen"),
    ),
    Activity(
        name=_l("Zertifikate"),
        purpose=_l("Bescheinigen, dass jemand ein Nano durchgearbeitet hat, und das prüfbar machen"),
        basis=_l("Vertrag (Art. 6 Abs. 1 b DSGVO)"),
        people=_l("Personen mit Konto"),
        data=_l(
            "Name, Nano, Lernergebnis, Dauer, Ergebnis, Tag; im Open Badge die E-Mail-Adresse nur als Prüfsumme"
        ),
        recipients=_l(
            "wer die Nummer kennt, soweit die Person es zulässt: voreingestellt sind die Anfangsbuchstaben"
        ),
        how_long=_l("bis zum Löschen des Kontos"),
    ),
)


def export_learning(person_id: UUID) -> dict[str, Any]:
    """Parts of assignments, certificates, what they assigned, and the choice about points."""
    duties = db.session.scalars(select(Duty).where(Duty.person_id == person_id).order_by(Duty.id))
    certificates = db.session.scalars(
        select(Certificate).where(Certificate.person_id == person_id).order_by(Certificate.id)
    )
    assigned = db.session.scalars(
        select(Assignment).where(Assignment.created_by == person_id).order_by(Assignment.id)
    )
    choice = db.session.get(PointsChoice, person_id)
    return {
        "duties": [
            {
                "nano": str(one.nano_id), "state": one.state, "round": one.round, "due_on": one.due_on.isoformat(),
                "begins_at": one.begins_at.isoformat(),
                "completed_at": one.completed_at.isoformat() if one.completed_at else None,
            }
            for one in duties
        ],
        "certificates": [
            {
                "number": one.number, "nano": str(one.nano_id), "title": one.title, "state": one.state,
                "holder": one.holder, "shows": one.shows, "score": one.score,
                "completed_at": one.completed_at.isoformat(),
            }
            for one in certificates
        ],
        "assigned": [
            {"nano": str(one.nano_id), "due_on": one.due_on.isoformat(), "note": one.note, "at": one.created_at.isoformat()}
            for one in assigned
        ],
        "points": {"collects": choice.collects, "shares": choice.shares} if choice else None,
    }  # fmt: skip


def certificate_files(person_id: UUID) -> list[tuple[str, UUID]]:
    """The PDFs, for the export."""
    rows = db.session.execute(
        select(Certificate.number, Certificate.file_id).where(
            Certificate.person_id == person_id, Certificate.file_id.is_not(None)
        )
    )
    return [(f"zertifikat-{number.lower()}.pdf", file_id) for number, file_id in rows if file_id]


def erase_learning(person_id: UUID) -> None:
    """Certificates are revoked and emptied; parts of assignments lose the name and keep the day. Joins the
    caller's transaction."""
    require_transaction()
    valid = db.session.scalars(
        select(Certificate.id)
        .where(Certificate.person_id == person_id, Certificate.state == "valid")
        .order_by(Certificate.id)
    ).all()
    for certificate_id in valid:
        revoke(SYSTEM, lock(Certificate, certificate_id), "erased")
    plain = {"synchronize_session": False}
    db.session.execute(
        update(Certificate).where(Certificate.person_id == person_id)
        .values(person_id=None, holder="", salt="", score=None).execution_options(**plain)
    )  # fmt: skip
    db.session.execute(
        update(Duty).where(Duty.person_id == person_id, Duty.state == "open")
        .values(state="left", closed_at=clock.now()).execution_options(**plain)
    )  # fmt: skip
    # One number for each organisation: two of them cannot find out that they speak of the same person.
    for organisation_id in db.session.scalars(
        select(Duty.organisation_id).where(Duty.person_id == person_id).distinct()
    ).all():
        alias = "".join(secrets.choice(ALPHABET) for _ in range(8))
        db.session.execute(
            update(Duty).where(Duty.person_id == person_id, Duty.organisation_id == organisation_id)
            .values(person_id=None, alias=alias, renewed=True).execution_options(**plain)
        )  # fmt: skip
    db.session.execute(
        update(Assignment)
        .where(Assignment.created_by == person_id)
        .values(created_by=None)
        .execution_options(**plain)
    )
    db.session.execute(delete(PointsChoice).where(PointsChoice.person_id == person_id))


def contribute_learning() -> None:
    """Tell privacy; before accounts takes the memberships away."""
    contributor(
        "nanos-learning", export=export_learning, erase=erase_learning, files=certificate_files, retention=RETENTION,
        activities=ACTIVITIES, order=205,
    )  # fmt: skip
