"""What moderation keeps no longer than it must: senders of notices, texts of decisions, files of removed nanos."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.kit import clock
from app.kit.db import db, lock, transaction
from app.nanos.models import Appeal, Decision, Nano, Revision
from app.nanos.rules.measure import Measure
from app.nanos.rules.nano import State
from app.nanos.rules.notice import appeal_until
from app.nanos.services.file import drop_files
from app.nanos.services.learning import forget_texts
from app.nanos.services.notice import forget_old_notices


def tidy() -> None:
    """Once a night."""
    forget_old_notices()
    forget_texts()
    purge_removed()


def purge_removed() -> int:
    """Delete the files of what was removed, once nobody can complain any more and no complaint is open. Returns how many."""
    now = clock.now()
    rows = db.session.execute(
        select(Decision.id, Decision.subject_id, Decision.decided_at).where(
            Decision.measure == Measure.REMOVE.value,
            Decision.state == "in_force",
            Decision.purged_at.is_(None),
        )
    ).all()
    count = 0
    for decision_id, nano_id, decided_at in rows:
        if appeal_until(decided_at) > now:
            continue
        with transaction():
            decision = lock(Decision, decision_id)
            waits = db.session.scalar(
                select(Appeal.id).where(Appeal.decision_id == decision_id, Appeal.state == "open")
            )
            if decision.state != "in_force" or decision.purged_at is not None or waits is not None:
                continue
            drop_content(nano_id)
            decision.purged_at = now
            count += 1
    return count


def drop_content(nano_id: UUID) -> None:
    """The files of a nano that moderators removed, for good. Joins the caller's transaction."""
    nano = lock(Nano, nano_id)
    if nano.state == State.REMOVED:
        for revision_id in db.session.scalars(select(Revision.id).where(Revision.nano_id == nano_id)).all():
            drop_files(revision_id)
