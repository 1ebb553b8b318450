"""Saving searches, and telling people of what is new in them: each nano once for each search."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, or_, select

from app.accounts.api import find_actor_for_job
from app.core.api import claim_once
from app.kit import clock
from app.kit.authz import Actor, may, require
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.ids import new_id
from app.messaging.api import notify
from app.nanos.models import Nano, SavedMatch, SavedSearch
from app.nanos.notices_voices import SAVED
from app.nanos.policies import P
from app.nanos.queries.saved import MOST_SAVED, new_for, wish_of
from app.nanos.rules.voice import LONGEST_NAME
from app.nanos.services.texts import checked_text
from app.nanos.tasks import tell_saved

INSTANT, DAILY, NEVER = "instant", "daily", "never"
CADENCES = (INSTANT, DAILY, NEVER)
OVERLAP = timedelta(hours=1)
"""How far a look goes back beyond the one before: what was being published meanwhile is found by the next."""
MOST_A_RUN = 2000


def save_search(
    actor: Actor,
    *,
    name: str | None,
    text: str,
    chosen: Mapping[str, list[str]],
    cadence: str | None,
    once: str | None = None,
) -> UUID:
    """Keep what the list shows now. Returns its id. Raises Invalid by field, Conflict for the same form twice or too many."""
    require(actor, P.shelf_write)
    clean = checked_text(
        "name", name, most=LONGEST_NAME, needed=_("Geben Sie der Suche einen Namen."), line=True
    )
    if cadence not in CADENCES:
        raise Invalid(fields={"cadence": _("Wählen Sie, wann Sie Bescheid bekommen.")})
    wish = wish_of(text, chosen)
    if not wish.narrowed:
        raise Invalid(_("Suchen Sie erst etwas oder grenzen Sie die Liste ein."))
    with transaction() as session:
        if once and not claim_once(f"nanos.saved:{once[:80]}"):
            raise Conflict(_("Das haben Sie schon abgeschickt."))
        count = session.scalar(select(func.count()).where(SavedSearch.person_id == actor.person_id))
        if (count or 0) >= MOST_SAVED:
            raise Conflict(_("Mehr als %(most)d Suchen lassen sich nicht speichern.", most=MOST_SAVED))
        now = clock.now()
        row = SavedSearch(
            id=new_id(), person_id=actor.person_id, organisation_id=actor.organisation_id, name=clean, text=wish.text,
            chosen=wish.choices, cadence=cadence, created_at=now, checked_at=now,
        )  # fmt: skip
        session.add(row)
        return row.id


def _mine(actor: Actor, search_id: UUID) -> SavedSearch:
    require(actor, P.shelf_write)
    row = lock(SavedSearch, search_id)
    if row.person_id != actor.person_id:
        raise NotFound
    return row


def set_cadence(actor: Actor, search_id: UUID, cadence: str | None) -> None:
    """When to tell; "never" ends it, as often as one asks. What was published while it was silent is not told. Raises Invalid
    at "cadence", NotFound."""
    if cadence not in CADENCES:
        raise Invalid(fields={"cadence": _("Wählen Sie, wann Sie Bescheid bekommen.")})
    with transaction():
        row = _mine(actor, search_id)
        if row.cadence == NEVER and cadence != NEVER:
            row.created_at = row.checked_at = clock.now()
        row.cadence = str(cadence)


def delete_search(actor: Actor, search_id: UUID) -> None:
    """Gone, with what it told of. Raises NotFound."""
    with transaction() as session:
        session.delete(_mine(actor, search_id))


def look_soon() -> None:
    """Ask those that want to hear at once: one job, however much is published together."""
    with transaction():
        tell_saved.later(dedupe="nanos.tell_saved")


def tell_all() -> int:
    """Ask all that are due and tell their people, each in a transaction of its own. Returns how many people were told."""
    told = 0
    for search_id in _due(clock.now()):
        told += _tell(search_id)
    return told


def _due(now: datetime) -> list[UUID]:
    newest = db.session.scalar(select(func.max(Nano.published_at)))
    if newest is None:
        return []
    instant = (SavedSearch.cadence == INSTANT) & (SavedSearch.checked_at < newest + OVERLAP)
    daily = (SavedSearch.cadence == DAILY) & (SavedSearch.checked_at <= now - timedelta(days=1))
    return list(
        db.session.scalars(
            select(SavedSearch.id)
            .where(or_(instant, daily))
            .order_by(SavedSearch.checked_at)
            .limit(MOST_A_RUN)
        )
    )


def _tell(search_id: UUID) -> bool:
    """Ask one; whoever was first in another worker has told."""
    began = clock.now()
    row = db.session.get(SavedSearch, search_id, populate_existing=True)
    if row is None:
        return False
    checked = row.checked_at
    reader = find_actor_for_job(row.person_id, row.organisation_id)
    since = max(row.created_at, checked - OVERLAP)
    found = new_for(row.text, row.chosen, since) if may(reader, P.nano_read) else []
    with transaction() as session:
        try:
            row = lock(SavedSearch, search_id)
        except NotFound:  # deleted meanwhile
            return False
        if row.checked_at != checked or row.cadence == NEVER:
            return False
        row.checked_at = began
        known = set(
            session.scalars(
                select(SavedMatch.nano_id).where(
                    SavedMatch.search_id == search_id, SavedMatch.nano_id.in_(found)
                )
            )
        )
        fresh = [nano_id for nano_id in found if nano_id not in known]
        for nano_id in fresh:
            session.add(SavedMatch(id=new_id(), search_id=search_id, nano_id=nano_id, told_at=began))
        session.flush()
        if fresh:
            notify(
                SAVED, dedupe=f"{search_id}:{began.isoformat()}", organisation_id=row.organisation_id,
                person_ids=[row.person_id], data={"search_id": str(search_id), "count": len(fresh)},
                link=f"/nanos/saved/{search_id}",
            )  # fmt: skip
        return bool(fresh)
