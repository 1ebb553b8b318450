"""What the calendar does to exchanges and licences: reminds, decides, ends. A second run finds nothing left."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, select

from app.core.api import record
from app.kit import clock
from app.kit.authz import SYSTEM
from app.kit.db import db, lock, transaction
from app.kit.errors import KontorError
from app.kit.observe import log
from app.messaging.api import notify
from app.nanos.events_barter import LicenceEnded
from app.nanos.models import Barter, Licence
from app.nanos.notices_barter import LICENCE_ENDED
from app.nanos.queries.barter import deal_of
from app.nanos.rules.barter import Side, due, must_act
from app.nanos.services.barter import let_time_decide, tell_side
from app.nanos.services.nano import subject

ATATIME = 500


def run_due() -> int:
    """Reminders and time-outs of exchanges, each in a transaction of its own. Returns how many."""
    now, done = clock.now(), 0
    ids = db.session.scalars(
        select(Barter.id).where(or_(Barter.due_at <= now, Barter.remind_at <= now))
        .order_by(Barter.due_at).limit(ATATIME)
    ).all()  # fmt: skip
    for barter_id in ids:
        try:
            done += let_time_decide(barter_id) or _remind(barter_id)
        except KontorError:  # one that cannot be decided keeps no other from it; it is tried again
            log.error("nanos.barter_stuck", barter=str(barter_id), exc_info=True)
    return done


def _remind(barter_id: UUID) -> bool:
    with transaction():
        row = lock(Barter, barter_id)
        deal = deal_of(row)
        if due(deal, clock.now()) != "remind":
            return False
        row.remind_at = None
        db.session.flush()
        for side in Side:
            if must_act(deal, side):
                tell_side(row, side, "reminder")
        return True


def end_licences() -> int:
    """Licences whose date has come. They open nothing since that instant; this writes it down and says so."""
    now, done = clock.now(), 0
    ids = db.session.scalars(
        select(Licence.id).where(Licence.state == "active", Licence.ends_at <= now)
        .order_by(Licence.ends_at).limit(ATATIME)
    ).all()  # fmt: skip
    for licence_id in ids:
        with transaction():
            row = lock(Licence, licence_id)
            if row.state != "active" or row.ends_at is None or row.ends_at > now:
                continue
            row.state, row.ended_at = "ended", row.ends_at
            db.session.flush()
            record(
                LicenceEnded(),
                actor=SYSTEM,
                organisation_id=row.organisation_id,
                subject=subject(row.nano_id),
            )
            notify(
                LICENCE_ENDED, dedupe=str(row.id), organisation_id=row.organisation_id, subject=subject(row.nano_id),
                data={"nano_id": str(row.nano_id)}, link="/nanos/licences",
            )  # fmt: skip
            done += 1
    return done
