"""What moderation holds about people, and what becomes of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select, update

from app.accounts.api import get_person, sole_organisations
from app.core.api import Activity, Retention, contributor
from app.kit.db import db, require_transaction
from app.nanos.models import (
    Appeal,
    Case,
    Comment,
    Decision,
    Nano,
    Notice,
    Statement,
    TransparencyReport,
)
from app.nanos.services.moderation_tidy import drop_content
from app.nanos.services.notice import forget_notice

RETENTION = (
    Retention(
        _l("Meldungen: Name, Adresse und Text"),
        _l("bis zur Frist des Betreibers nach der Entscheidung (ein Jahr, wenn er nichts anderes wählt)"),
        "nanos_notice",
    ),
    Retention(
        _l("Beschwerden"),
        _l("solange die Entscheidung aufbewahrt wird; ohne Person, wenn deren Konto endet"),
        "nanos_appeal",
    ),
    Retention(
        _l(
            "Entscheidungen der Moderation: wer entschieden hat und wer den Text schrieb (nur als Nummern); "
            "Texte, über die entschieden wurde"
        ),
        _l("dauerhaft, Nummern bis zum Löschen des Kontos; Texte bis zur Frist des Betreibers (zwei Jahre ohne andere Wahl)"),
        "nanos_decision",
    ),
    Retention(_l("Dateien entfernter Nanos"), _l("sechs Monate, solange eine Beschwerde möglich ist"), "nanos_file"),
)  # fmt: skip
ACTIVITIES = (
    Activity(
        name=_l("Moderation und Meldungen rechtswidriger Inhalte"),
        purpose=_l(
            "Meldungen prüfen, entscheiden, begründen, Beschwerden bearbeiten, die Warteschlange ordnen"
        ),
        basis=_l("rechtliche Pflicht (Art. 6 Abs. 1 c DSGVO mit Art. 16, 17, 20 und 23 DSA)"),
        people=_l("Meldende, auch ohne Konto; Anbieter; wer bewertet oder fragt; Prüfende"),
        data=_l("Name und Adresse der Meldenden, Texte von Meldungen und Beschwerden, Entscheidungen"),
        recipients=_l("Prüfende; wer betroffen ist, liest die Begründung ohne Daten der Meldenden"),
        how_long=_l("siehe Fristen"),
    ),
)


def export_moderation(person_id: UUID) -> dict[str, Any]:
    """Notices and complaints the person sent, decisions they made, and decisions about what they wrote."""
    notices = db.session.scalars(select(Notice).where(_theirs(person_id)).order_by(Notice.id))
    appeals = db.session.scalars(select(Appeal).where(Appeal.person_id == person_id).order_by(Appeal.id))
    decisions = db.session.execute(
        select(Decision.id, Decision.measure, Decision.decided_at)
        .where(Decision.decided_by == person_id)
        .order_by(Decision.id)
    )
    concerned = db.session.execute(
        select(Decision.measure, Decision.state, Decision.decided_at, Statement.facts, Statement.explanation)
        .join(Statement, Statement.decision_id == Decision.id)
        .where(Decision.person_id == person_id).order_by(Decision.id)
    )  # fmt: skip
    return {
        "notices": [
            {
                "number": one.number, "category": one.category, "explanation": one.explanation, "name": one.name,
                "email": one.email, "at": one.created_at.isoformat(),
            }
            for one in notices
        ],
        "appeals": [{"text": one.text, "state": one.state, "at": one.created_at.isoformat()} for one in appeals],
        "decisions": [{"id": str(i), "measure": measure, "at": at.isoformat()} for i, measure, at in decisions],
        "decided_about_me": [
            {"measure": measure, "state": state, "at": at.isoformat(), "facts": facts, "explanation": why}
            for measure, state, at, facts, why in concerned
        ],
    }  # fmt: skip


def _theirs(person_id: UUID) -> Any:
    """Sent while signed in, or with the address of their account."""
    person = get_person(person_id)
    ours = Notice.person_id == person_id
    return or_(ours, Notice.email == person.email) if person is not None and person.email else ours


def forget_words(person_id: UUID) -> None:
    """What somebody said at nanos goes out of the decisions about it, and so do they: what was decided stays. Joins the
    caller's transaction, before what they said is deleted."""
    require_transaction()
    said = select(Comment.id).where(Comment.person_id == person_id)
    for where, values in (
        (Decision.subject_id.in_(said), {"text": ""}),
        (Decision.person_id == person_id, {"text": "", "person_id": None}),
    ):
        db.session.execute(
            update(Decision).where(where).values(**values).execution_options(synchronize_session=False)
        )


def erase_moderation(person_id: UUID) -> None:
    """Notices lose their sender and text, complaints and decisions the person; what moderators removed of organisations in
    which nobody is left goes at once. Joins the caller's transaction."""
    require_transaction()
    for notice in db.session.scalars(
        select(Notice).where(_theirs(person_id), Notice.forgotten_at.is_(None))
    ).all():
        forget_notice(notice)
    for organisation_id in sole_organisations(person_id):
        for nano_id in db.session.scalars(
            select(Nano.id).where(Nano.organisation_id == organisation_id, Nano.bar == "removed")
        ).all():
            drop_content(nano_id)
    for model, column, values in (
        (Appeal, "person_id", {"person_id": None, "text": ""}),
        (Appeal, "decided_by", {"decided_by": None}),
        (Decision, "decided_by", {"decided_by": None}),
        (Case, "claimed_by", {"claimed_by": None, "claimed_until": None}),
        (TransparencyReport, "asked_by", {"asked_by": None}),
    ):
        db.session.execute(
            update(model).where(getattr(model, column) == person_id).values(**values)
            .execution_options(synchronize_session=False)
        )  # fmt: skip


def contribute_moderation() -> None:
    """Tell privacy; before nanos themselves, which drop what is left."""
    contributor(
        "nanos_moderation", export=export_moderation, erase=erase_moderation, retention=RETENTION, activities=ACTIVITIES,
        order=205,
    )  # fmt: skip
