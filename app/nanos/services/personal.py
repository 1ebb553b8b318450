"""What nanos hold about people, and what becomes of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update

from app.accounts.api import sole_organisations
from app.core.api import Activity, Retention, contributor
from app.kit.authz import SYSTEM
from app.kit.db import db, lock, require_transaction
from app.nanos.models import Experience, Nano, Play, Quiet, Revision, Upload, Use
from app.nanos.rules.nano import State
from app.nanos.services import barter_personal
from app.nanos.services.ending import remove_nano
from app.nanos.services.search import refresh

RETENTION = (
    Retention(
        _l("Nanos und ihre Fassungen: wer sie angelegt und geprüft hat (nur als Nummer)"),
        _l("solange das Nano da ist, danach ohne Dateien"),
        "nanos_revision",
    ),
    Retention(_l("Dateien von Nanos"), _l("bis zum Löschen aus dem Nano oder des Nanos"), "nanos_file"),
    Retention(
        _l("Was jemand gelernt hat: Fortschritt, Zeit, Ergebnis je Nano"),
        _l("bis zum Löschen des Kontos"),
        "nanos_use",
    ),
    Retention(
        _l("Stand in einzelnen Inhalten, auch was Lernpakete sich merken"),
        _l("zwei Jahre nach dem letzten Öffnen"),
        "nanos_play",
    ),
    Retention(
        _l("Was H5P-Pakete meldeten: begonnen, beantwortet, abgeschlossen, mit Ergebnis, ohne die Antworten"),
        _l("zwei Jahre"),
        "nanos_experience",
    ),
    Retention(
        _l("Dass jemand keine Empfehlungen möchte"),
        _l("bis zum Löschen des Kontos oder bis zum Wiedereinschalten"),
        "nanos_quiet",
    ),
    Retention(_l("Angefangenes Hochladen"), _l("20 Stunden"), "nanos_upload"),
)
ACTIVITIES = (
    Activity(
        name=_l("Marktplatz für Lerneinheiten"),
        purpose=_l("Lerneinheiten anbieten, prüfen und finden"),
        basis=_l("Vertrag (Art. 6 Abs. 1 b DSGVO)"),
        people=_l("Personen mit Konto"),
        data=_l("Wer ein Nano anlegt, einreicht oder prüft; was in Texten und Dateien von Nanos steht"),
        recipients=_l("angemeldete Personen aller Organisationen, sobald ein Nano veröffentlicht ist"),
        how_long=_l("bis zum Löschen des Nanos"),
    ),
    Activity(
        name=_l("Lernen mit Nanos"),
        purpose=_l("Weitermachen, wo man war; wissen, was man gelernt hat"),
        basis=_l("Vertrag (Art. 6 Abs. 1 b DSGVO)"),
        people=_l("Personen mit Konto"),
        data=_l("Fortschritt, Lernzeit, Ergebnis, was Lernpakete sich merken"),
        recipients=_l(
            "die eigene Organisation: was durchgearbeitet ist; Lernpakete erfahren eine Nummer, keinen Namen"
        ),
        how_long=_l("bis zum Löschen des Kontos, Stand in Inhalten zwei Jahre"),
    ),
)


def export_nanos(person_id: UUID) -> dict[str, Any]:
    """Nanos and revisions the person made, and reviews they gave."""
    made = db.session.execute(
        select(Revision.nano_id, Revision.number, Revision.title, Revision.state, Revision.created_at)
        .where(Revision.created_by == person_id)
        .order_by(Revision.id)
    )
    reviewed = db.session.execute(
        select(Revision.nano_id, Revision.number, Revision.reviewed_at)
        .where(Revision.reviewed_by == person_id)
        .order_by(Revision.id)
    )
    return {
        "revisions": [
            {"nano": str(i), "number": n, "title": title, "state": state, "created_at": at.isoformat()}
            for i, n, title, state, at in made
        ],
        "learned": _learned(person_id),
        "statements": _statements(person_id),
        "recommendations": db.session.get(Quiet, person_id) is None,
        "reviews": [
            {"nano": str(i), "number": n, "at": at.isoformat() if at else None} for i, n, at in reviewed
        ],
        **barter_personal.export_barters(person_id),
    }


def _statements(person_id: UUID) -> list[dict[str, Any]]:
    """What H5P packages said about them."""
    rows = db.session.scalars(
        select(Experience).where(Experience.person_id == person_id).order_by(Experience.id)
    )
    return [
        {
            "nano": str(one.nano_id), "verb": one.verb, "part": one.sub, "score": one.score, "success": one.success,
            "seconds": one.seconds, "at": one.at.isoformat(),
        }
        for one in rows
    ]  # fmt: skip


def _learned(person_id: UUID) -> list[dict[str, Any]]:
    """What they learned, with what packages kept about them."""
    plays: dict[UUID, list[dict[str, Any]]] = {}
    for play in db.session.scalars(select(Play).where(Play.person_id == person_id).order_by(Play.id)):
        said = {"part": play.part, "progress": play.progress, "seconds": play.seconds, "score": play.score}
        plays.setdefault(play.nano_id, []).append({**said, "state": play.state})
    return [
        {
            "nano": str(use.nano_id), "revision": use.revision, "progress": use.progress, "seconds": use.seconds,
            "score": use.score, "first_at": use.first_at.isoformat(), "last_at": use.last_at.isoformat(),
            "completed_at": use.completed_at.isoformat() if use.completed_at else None,
            "pieces": plays.get(use.nano_id, []),
        }
        for use in db.session.scalars(select(Use).where(Use.person_id == person_id).order_by(Use.id))
    ]  # fmt: skip


def erase_nanos(person_id: UUID) -> None:
    """Nanos of organisations in which nobody is left go with their files. Elsewhere they are the organisation's, and only
    who made them is forgotten. Joins the caller's transaction.
    """
    require_transaction()
    gone: list[UUID] = []
    sole = sole_organisations(person_id)
    barter_personal.erase_barters(person_id, sole)
    for organisation_id in sole:
        ids = db.session.scalars(
            select(Nano.id).where(Nano.organisation_id == organisation_id, Nano.state != State.REMOVED.value)
        ).all()
        for nano_id in ids:
            remove_nano(SYSTEM, lock(Nano, nano_id), by_date=False)
        gone += ids
    for mine in (Experience, Play, Use, Quiet):
        db.session.execute(delete(mine).where(mine.person_id == person_id))
    for model, column in (
        (Nano, "created_by"),
        (Revision, "created_by"),
        (Revision, "reviewed_by"),
        (Upload, "person_id"),
    ):
        db.session.execute(
            update(model).where(getattr(model, column) == person_id).values({column: None})
            .execution_options(synchronize_session=False)
        )  # fmt: skip
    refresh(gone)


def contribute() -> None:
    """Tell privacy; nanos go before accounts takes the memberships away."""
    contributor(
        "nanos",
        export=export_nanos,
        erase=erase_nanos,
        retention=RETENTION + barter_personal.RETENTION,
        activities=ACTIVITIES + barter_personal.ACTIVITIES,
        order=210,
    )
