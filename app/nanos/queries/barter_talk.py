"""Who may read and write the conversation of an exchange; messaging asks with every request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import has_request_context, request
from sqlalchemy import select

from app.kit.authz import Actor, may
from app.kit.db import db
from app.messaging.api import RoomAbout
from app.nanos.models import Barter
from app.nanos.policies import Trade


@dataclass(frozen=True)
class _Talk:
    """What decides about the conversation of an exchange."""

    id: UUID
    title: str
    offerer_id: UUID
    partner_id: UUID
    disputed_at: datetime | None


def _known() -> dict[UUID, _Talk]:
    """What this request has read already: shell, page and conversation all ask for the same exchange."""
    kept: dict[UUID, _Talk] = request.environ.setdefault("nanos.barters", {}) if has_request_context() else {}
    return kept


def remember(row: Barter) -> None:
    """What was read of an exchange, for the rest of this request."""
    _known()[row.id] = _Talk(*(getattr(row, name) for name in _Talk.__dataclass_fields__))


def _talks(ids: Sequence[UUID]) -> list[_Talk]:
    known = _known()
    missing = [one for one in ids if one not in known]
    if missing:
        columns = [getattr(Barter, name) for name in _Talk.__dataclass_fields__]
        read = [_Talk(*row) for row in db.session.execute(select(*columns).where(Barter.id.in_(missing)))]
        known = {**known, **{one.id: one for one in read}}
        _known().update(known)
    return [known[one] for one in ids if one in known]


def about(actor: Actor, ids: Sequence[UUID]) -> Mapping[UUID, RoomAbout]:
    """For messaging: who may read and write the conversation of an exchange. Moderators read what is or was in dispute."""
    if not (may(actor, Trade.read) or may(actor, Trade.decide)):
        return {}
    found = {}
    for row in _talks(ids):
        ours = actor.organisation_id in (row.offerer_id, row.partner_id) and may(actor, Trade.read)
        if ours or (row.disputed_at is not None and may(actor, Trade.decide)):
            found[row.id] = RoomAbout(row.title, f"/nanos/barters/{row.id}", ours)
    return found
