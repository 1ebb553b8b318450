"""Personal data in billing: ids of who topped up, redeemed and issued. The books themselves belong to organisations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.billing.models import Redemption, Transfer, Voucher
from app.core.api import Activity, Retention
from app.kit.db import db

RETENTION = (
    Retention(
        _l("Buchungen des Guthabens"),
        _l("10 Jahre, wie das Gesetz es für Bücher verlangt; von der Person bleibt nur eine Kennung"),
        "billing_transfer",
    ),
    Retention(
        _l("Nutzungszeiten"), _l("10 Jahre, als Beleg der Buchungen; ohne Personen"), "billing_usage_interval"
    ),
)
ACTIVITIES = (
    Activity(
        name=_l("Abrechnung"),
        purpose=_l("Nutzung messen, Guthaben führen, Buchungen belegen"),
        basis=_l("Vertrag (Art. 6 Abs. 1 b DSGVO), Buchführungspflicht (Art. 6 Abs. 1 c DSGVO)"),
        people=_l("Mitglieder, die aufladen oder Gutscheine einlösen"),
        data=_l("Kennung der Person, Betrag, Zeit"),
        recipients=_l("keine"),
        how_long=_l("10 Jahre"),
    ),
)


def export_bookings(person_id: UUID) -> dict[str, Any]:
    """What a person did with money, as plain data."""
    transfers = db.session.scalars(
        select(Transfer).where(Transfer.actor_id == person_id).order_by(Transfer.id)
    )
    redeemed = db.session.scalars(select(Redemption).where(Redemption.redeemed_by == person_id))
    issued = db.session.scalars(select(Voucher).where(Voucher.created_by == person_id).order_by(Voucher.id))
    return {
        "bookings": [
            {"id": str(row.id), "kind": row.kind, "at": row.occurred_at.isoformat(), "memo": row.memo}
            for row in transfers
        ],
        "redeemed_vouchers": [
            {"voucher_id": str(row.voucher_id), "at": row.redeemed_at.isoformat()} for row in redeemed
        ],
        "issued_vouchers": [
            {"id": str(row.id), "amount_nanos": row.amount_nanos, "at": row.created_at.isoformat()}
            for row in issued
        ],
    }
