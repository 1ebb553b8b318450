"""What follows from being through a nano, in the transaction in which somebody is: what was owed is done, and a certificate
is numbered. And beginning anew, where it has to be done again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update

from app.core.api import record
from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db, move, require_transaction
from app.nanos.events import DutyDone
from app.nanos.models import Duty, Play, Use
from app.nanos.services.certificate import issue
from app.nanos.services.nano import subject


def follow(actor: Actor, use: Use, at: datetime) -> None:
    """Joins the transaction that found the person to be through. Doing it twice does nothing more: a part that is done is no
    longer open, and a completion is found once."""
    require_transaction()
    issue(actor, use, at)
    owed = db.session.scalars(
        select(Duty)
        .where(
            Duty.person_id == use.person_id,
            Duty.nano_id == use.nano_id,
            Duty.state == "open",
            Duty.begins_at <= at,
        )
        .order_by(Duty.id)
        .with_for_update()
    ).all()
    for duty in owed:
        settle(actor, duty, at)


def settle(actor: Actor, duty: Duty, at: datetime) -> None:
    """This part is done since then. Joins the caller's transaction."""
    assert duty.person_id is not None
    move(Duty, duty.id, from_="open", to="done", completed_at=at, closed_at=clock.now())
    record(
        DutyDone(duty.id, duty.person_id, duty.due_on.isoformat()), actor=actor, organisation_id=duty.organisation_id,
        subject=subject(duty.nano_id),
    )  # fmt: skip


def begin_anew(person_ids: Iterable[UUID], nano_id: UUID) -> None:
    """Whoever was through it begins at the start again; that they were through, and when, stays. Who is in the middle of it
    goes on. Joins the caller's transaction."""
    require_transaction()
    wanted = list(person_ids)
    again = db.session.scalars(
        update(Use)
        .where(
            Use.person_id.in_(wanted),
            Use.nano_id == nano_id,
            Use.completed_at.is_not(None),
            Use.restarted_at.is_(None),
        )
        .values(progress=0, restarted_at=clock.now())
        .returning(Use.person_id)
        .execution_options(synchronize_session=False)
    ).all()
    if again:
        db.session.execute(delete(Play).where(Play.person_id.in_(again), Play.nano_id == nano_id))
        db.session.expire_all()
