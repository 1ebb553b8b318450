"""Privacy's own personal data: the requests."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from app.core.api import Retention
from app.kit.db import db, require_transaction
from app.privacy.models import Erasure, Export

RETENTION = (
    Retention(
        _l("Kopien der eigenen Daten"), _l("7 Tage, die Anfrage bis zum Löschen des Kontos"), "privacy_export"
    ),
    Retention(_l("Anträge auf Löschung (nur als Nummer)"), _l("dauerhaft, als Nachweis"), "privacy_erasure"),
)


def export_own(person_id: UUID) -> dict[str, Any]:
    """When the person asked for what."""
    exports = db.session.scalars(
        select(Export.asked_at).where(Export.person_id == person_id).order_by(Export.asked_at)
    )
    erasures = db.session.execute(
        select(Erasure.asked_at, Erasure.state)
        .where(Erasure.person_id == person_id)
        .order_by(Erasure.asked_at)
    )
    return {
        "exports": [at.isoformat() for at in exports],
        "erasures": [{"asked_at": at.isoformat(), "state": state} for at, state in erasures],
    }


def erase_own(person_id: UUID) -> None:
    """Copies are forgotten (core erases the files); the erasure itself stays as proof. Joins the transaction."""
    require_transaction()
    db.session.execute(delete(Export).where(Export.person_id == person_id))
