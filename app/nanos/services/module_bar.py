"""Modules as what can be moderated: what moderators read, what a decision does. All joins the transaction of who decides."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, lock, move
from app.kit.errors import Conflict
from app.nanos.events_module import ModulePublished, ModuleRetired
from app.nanos.models import Module, ModuleUnit
from app.nanos.rules.case import Kind
from app.nanos.rules.measure import BARS, Measure
from app.nanos.rules.nano import State
from app.nanos.services.module import note_module
from app.nanos.subjects import Subject


def hold_module(module_id: UUID) -> None:
    """Lock it; nothing where it is gone."""
    db.session.execute(select(Module.id).where(Module.id == module_id).with_for_update())


def load_module(module_id: UUID, _number: int | None) -> Subject | None:
    """Its words as they are now, with the notes of its units. None where it is gone."""
    rows = db.session.execute(
        select(Module, ModuleUnit.note)
        .outerjoin(ModuleUnit, (ModuleUnit.module_id == Module.id) & (ModuleUnit.note != ""))
        .where(Module.id == module_id)
        .order_by(ModuleUnit.position)
        .execution_options(populate_existing=True)
    ).all()
    if not rows:
        return None
    row, notes = rows[0][0], [note for _module, note in rows if note]
    texts = {
        "title": row.title,
        "outcome": row.outcome,
        "description": row.description,
        "note": "\n".join(notes),
    }
    return Subject(
        row.title, f"/nanos/modules/{row.id}", row.organisation_id, {name: text for name, text in texts.items() if text},
        content_date=(row.published_at or row.created_at).date(), bar=row.bar,
    )  # fmt: skip


def measures_for_module(kind: Kind) -> tuple[Measure, ...]:
    """A module is left alone or blocked: it holds no content of its own that could be hidden or removed."""
    return () if kind is Kind.APPEAL else (Measure.DISMISS, Measure.BLOCK)


def bar_module(
    actor: Actor, module_id: UUID, _number: int | None, measure: Measure, _reason: str
) -> dict[str, Any]:
    """Block it: nobody but its own organisation sees it. Returns what that replaced. Raises Conflict where it is blocked."""
    if measure is not Measure.BLOCK:
        return {}
    row = lock(Module, module_id)
    if row.bar:
        raise Conflict(_("Das gilt schon. Es wurde nichts geändert."))
    before = {"state": row.state, "ended_at": row.ended_at.isoformat() if row.ended_at else None}
    public = row.state == State.PUBLISHED
    values: dict[str, Any] = {"ended_at": clock.now()} if public else {}
    to = State.RETIRED.value if public else row.state
    move(Module, row.id, from_=row.state, to=to, bar=BARS[measure], **values)
    if public:
        note_module(actor, row, ModuleRetired(), before={"state": before["state"]}, after={"state": to})
    return before


def lift_module(
    actor: Actor, module_id: UUID, _number: int | None, measure: Measure, before: dict[str, Any]
) -> None:
    """Put back what it replaced."""
    if measure is not Measure.BLOCK:
        return
    row = lock(Module, module_id)
    ended = datetime.fromisoformat(before["ended_at"]) if before["ended_at"] else None
    state = row.state
    move(Module, row.id, from_=state, to=before["state"], bar="", ended_at=ended)
    if before["state"] != state:
        note_module(actor, row, ModulePublished(), before={"state": state}, after={"state": before["state"]})
