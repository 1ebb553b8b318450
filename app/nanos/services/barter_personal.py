"""What exchanges hold about people, and what becomes of it. `services.personal` asks here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from app.core.api import Activity, Retention
from app.kit.db import db, require_transaction
from app.nanos.models import Barter, BarterRevision, CreditTransfer, Trader

RETENTION = (
    Retention(
        _l(
            "Tausche und ihre Fassungen: wer sie geschrieben und entschieden hat (nur als Nummer), Beschwerden"
        ),
        _l("solange der Marktplatz besteht; Personen und Beschwerden bis zum Löschen des Kontos"),
        "nanos_barter",
    ),
    Retention(
        _l("Tauschbelege mit Name und Anschrift der Organisationen, Buchungen von Credits"),
        _l("mindestens 8 Jahre (§ 147 AO, § 14b UStG)"),
        "nanos_receipt",
    ),
    Retention(
        _l("Angaben einer Organisation für ihre Tauschbelege"),
        _l("bis niemand mehr zur Organisation gehört"),
        "nanos_trader",
    ),
)
ACTIVITIES = (
    Activity(
        name=_l("Tauschen von Lerneinheiten"),
        purpose=_l("Tausche vereinbaren, erfüllen, klären und belegen"),
        basis=_l("Vertrag und rechtliche Pflicht (Art. 6 Abs. 1 b und c DSGVO)"),
        people=_l("Personen, die für ihre Organisation tauschen"),
        data=_l(
            "Wer anbietet, annimmt, sich beschwert oder entscheidet; Gespräche; Name und Anschrift der Organisation"
        ),
        recipients=_l("die andere Seite des Tauschs; die Moderation, sobald eine Seite sie ruft"),
        how_long=_l("Personen bis zum Löschen des Kontos, Belege mindestens 8 Jahre"),
    ),
)


def export_barters(person_id: UUID) -> dict[str, Any]:
    """Exchanges the person began, complained about or decided, revisions they wrote, and what they stated."""
    touched = db.session.scalars(
        select(Barter)
        .where(
            (Barter.created_by == person_id)
            | (Barter.complained_by == person_id)
            | (Barter.decided_by == person_id)
        )
        .order_by(Barter.id)
    )
    written = db.session.scalars(
        select(BarterRevision).where(BarterRevision.written_by == person_id).order_by(BarterRevision.id)
    )
    stated = db.session.scalars(select(Trader).where(Trader.stated_by == person_id))
    return {
        "barters": [_exported(row, person_id) for row in touched],
        "barter_revisions": [
            {"barter": str(row.barter_id), "number": row.number, "at": row.written_at.isoformat()}
            for row in written
        ],
        "receipt_details": [
            {"name": row.name, "address": row.address, "tax_number": row.tax_number, "vat": row.vat}
            for row in stated
        ],
    }


def _exported(row: Barter, person_id: UUID) -> dict[str, Any]:
    return {
        "barter": str(row.id), "state": row.state, "began": row.created_by == person_id,
        "complaint": row.complaint if row.complained_by == person_id else None,
        "decision": row.reason if row.decided_by == person_id else None,
    }  # fmt: skip


def erase_barters(person_id: UUID, sole: Sequence[UUID]) -> None:
    """Who did it is forgotten, and what they wrote when they complained. What an organisation stated goes with its last
    person (`sole`); receipts stay, as the law wants. Joins the caller's transaction."""
    require_transaction()
    _set(Barter, Barter.complained_by == person_id, complaint="", complained_by=None)
    for model, name in (
        (Barter, "created_by"), (Barter, "decided_by"), (BarterRevision, "written_by"), (CreditTransfer, "actor_id"),
        (Trader, "stated_by"),
    ):  # fmt: skip
        _set(model, getattr(model, name) == person_id, **{name: None})
    _set(Trader, Trader.organisation_id.in_(sole), address="", tax_number="")


def _set(model: Any, where: Any, **values: object) -> None:
    db.session.execute(update(model).where(where).values(values).execution_options(synchronize_session=False))
