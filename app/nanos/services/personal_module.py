"""What modules hold about people, and what becomes of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update

from app.accounts.api import sole_organisations
from app.core.api import Retention, contributor
from app.kit.db import db, require_transaction
from app.nanos.models import Module

RETENTION = (
    Retention(
        _l("Module: wer sie angelegt hat"), _l("bis zum Löschen des Kontos; Module bleiben der Organisation"), "nanos_module"
    ),
)  # fmt: skip


def export_modules(person_id: UUID) -> dict[str, Any]:
    """Those the person began."""
    rows = db.session.scalars(select(Module).where(Module.created_by == person_id).order_by(Module.id))
    return {
        "modules": [
            {
                "id": str(one.id), "title": one.title, "outcome": one.outcome, "description": one.description,
                "state": one.state, "at": one.created_at.isoformat(),
            }
            for one in rows
        ]
    }  # fmt: skip


def erase_modules(person_id: UUID) -> None:
    """Modules stay with their organisation, without who began them; those of an organisation that was theirs alone go.
    Joins the caller's transaction."""
    require_transaction()
    alone = sole_organisations(person_id)
    for statement in (
        delete(Module).where(Module.organisation_id.in_(alone)),
        update(Module).where(Module.created_by == person_id).values(created_by=None),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))


def contribute_modules() -> None:
    """Tell privacy; before accounts takes the memberships away."""
    contributor("nanos_modules", export=export_modules, erase=erase_modules, retention=RETENTION, order=206)
