"""Personal data in messaging: export, erasure, retention."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext
from sqlalchemy import delete, or_, select

from app.core.api import Retention
from app.kit import clock
from app.kit.db import db, require_transaction, transaction
from app.messaging.models import Notice, Preference

KEEP = timedelta(days=365)
KEEP_READ = timedelta(days=90)
RETENTION = (
    Retention(lazy_gettext("Mitteilungen"), lazy_gettext("90 Tage nach dem Lesen, sonst ein Jahr"), "messaging_notice"),
    Retention(lazy_gettext("Einstellungen zu Mitteilungen"), lazy_gettext("bis zum Löschen des Kontos"), "messaging_preference"),
)  # fmt: skip


def export_notices(person_id: UUID) -> dict[str, Any]:
    """A person's notices and choices as plain data."""
    notices = db.session.scalars(select(Notice).where(Notice.person_id == person_id).order_by(Notice.id))
    choices = db.session.scalars(
        select(Preference).where(Preference.person_id == person_id).order_by(Preference.kind)
    )
    return {
        "notices": [
            {
                "kind": row.kind,
                "data": row.data,
                "link": row.link,
                "created_at": row.created_at.isoformat(),
                "read_at": row.read_at.isoformat() if row.read_at else None,
            }
            for row in notices
        ],
        "preferences": [{"kind": row.kind, "in_app": row.in_app, "by_mail": row.by_mail} for row in choices],
    }


def erase_notices(person_id: UUID) -> None:
    """Everything goes: a notice is of use to its reader only. Joins the caller's transaction."""
    require_transaction()
    db.session.execute(delete(Notice).where(Notice.person_id == person_id))
    db.session.execute(delete(Preference).where(Preference.person_id == person_id))


def tidy_notices() -> int:
    """Delete what has served its time. Returns how many."""
    now = clock.now()
    with transaction() as session:
        gone = session.execute(
            delete(Notice).where(or_(Notice.read_at < now - KEEP_READ, Notice.created_at < now - KEEP))
        )
        return int(gone.rowcount)  # type: ignore[attr-defined]
