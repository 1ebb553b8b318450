"""The end of a nano: retired (found no more, its page names a replacement), later removed with its files."""

from __future__ import annotations

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import or_, select

from app.kit import clock
from app.kit.authz import SYSTEM, Actor, require
from app.kit.config import settings
from app.kit.db import db, lock, move, transaction
from app.kit.errors import Conflict, Invalid
from app.nanos.events import EndingPlanned, NanoRemoved, NanoRetired, NanoReturned
from app.nanos.models import Nano, Revision
from app.nanos.policies import P
from app.nanos.rules.nano import OPEN_STAGES, Stage, State, dates_fault, due, sources
from app.nanos.services.file import drop_files
from app.nanos.services.nano import note, own
from app.nanos.services.search import refresh


def today() -> date:
    """The day it is where the operator is."""
    return clock.now().astimezone(ZoneInfo(settings().billing_zone)).date()


def plan_ending(
    actor: Actor,
    nano_id: UUID,
    *,
    retires_on: date | None,
    removes_on: date | None,
    replacement_id: UUID | None,
) -> None:
    """Say when it ends and what to take instead; None takes a date back. Raises Invalid by field, NotFound, Conflict."""
    require(actor, P.nano_end)
    wrong = dates_fault(retires_on, removes_on, today())
    if wrong:
        words = {
            "retires_on": _("Wählen Sie einen Tag, der noch kommt."),
            "removes_on": _("Wählen Sie einen Tag, der noch kommt und nicht vor dem Zurückziehen liegt."),
        }
        raise Invalid(fields={wrong: words[wrong]})
    with transaction():
        nano = own(actor, nano_id)
        if nano.state not in (State.PUBLISHED, State.RETIRED):
            raise Conflict(_("Dieses Nano ist noch nicht veröffentlicht."))
        _check_replacement(nano, replacement_id)
        before = {"retires_on": _iso(nano.retires_on), "removes_on": _iso(nano.removes_on)}
        nano.retires_on = retires_on if nano.state == State.PUBLISHED else nano.retires_on
        nano.removes_on, nano.replacement_id = removes_on, replacement_id
        db.session.flush()
        after = {"retires_on": _iso(nano.retires_on), "removes_on": _iso(removes_on)}
        note(actor, nano, EndingPlanned(after["retires_on"], after["removes_on"]), before=before, after=after)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _check_replacement(nano: Nano, replacement_id: UUID | None) -> None:
    if replacement_id is None:
        return
    state = db.session.scalar(select(Nano.state).where(Nano.id == replacement_id))
    if replacement_id == nano.id or state != State.PUBLISHED:
        raise Invalid(fields={"replacement": _("Wählen Sie ein anderes Nano, das veröffentlicht ist.")})


def retire(actor: Actor, nano_id: UUID) -> None:
    """Now. Raises Conflict where it is not public, NotFound."""
    require(actor, P.nano_end)
    with transaction():
        _retire(actor, own(actor, nano_id))
        refresh([nano_id])


def _retire(actor: Actor, nano: Nano) -> None:
    move(Nano, nano.id, from_=sources(State.RETIRED), to=State.RETIRED.value, ended_at=clock.now())
    note(
        actor,
        nano,
        NanoRetired(),
        before={"state": State.PUBLISHED.value},
        after={"state": State.RETIRED.value},
    )


def bring_back(actor: Actor, nano_id: UUID) -> None:
    """What is retired is public again, without its dates. Raises Conflict, NotFound."""
    require(actor, P.nano_end)
    with transaction():
        nano = own(actor, nano_id)
        if nano.bar == "blocked":
            raise Conflict(_("Dieses Nano ist gesperrt. Sie können die Entscheidung anfechten."))
        move(
            Nano, nano.id, from_=State.RETIRED.value, to=State.PUBLISHED.value, ended_at=None, retires_on=None,
            removes_on=None, replacement_id=None,
        )  # fmt: skip
        note(
            actor, nano, NanoReturned(), before={"state": State.RETIRED.value},
            after={"state": State.PUBLISHED.value},
        )  # fmt: skip
        refresh([nano_id])


def remove(actor: Actor, nano_id: UUID) -> None:
    """Now and for ever, with its files. Raises Conflict where somebody was first, NotFound."""
    require(actor, P.nano_end)
    with transaction():
        remove_nano(actor, own(actor, nano_id), by_date=False)
        refresh([nano_id])


def remove_nano(actor: Actor, nano: Nano, *, by_date: bool) -> None:
    """Its files go, a draft of it goes; the row stays, so that events keep a subject. Joins the caller's transaction,
    which tells the search when it is through."""
    before = nano.state
    move(Nano, nano.id, from_=sources(State.REMOVED), to=State.REMOVED.value, ended_at=clock.now())
    for revision in db.session.scalars(select(Revision).where(Revision.nano_id == nano.id)).all():
        drop_files(revision.id)
        if revision.state in OPEN_STAGES and revision.number > 1:
            db.session.delete(revision)
        elif revision.state in OPEN_STAGES:
            revision.state = Stage.PAST.value
    db.session.flush()
    note(actor, nano, NanoRemoved(by_date), before={"state": before}, after={"state": State.REMOVED.value})


def end_due() -> int:
    """What the calendar wants today, each in a transaction of its own; a second run finds nothing. Returns how many."""
    day = today()
    ids = db.session.scalars(
        select(Nano.id)
        .where(Nano.state != State.REMOVED.value, or_(Nano.retires_on <= day, Nano.removes_on <= day))
        .order_by(Nano.id)
    ).all()
    count = 0
    for nano_id in ids:
        with transaction():
            nano = lock(Nano, nano_id)
            wanted = due(State(nano.state), nano.retires_on, nano.removes_on, day)
            if wanted is State.RETIRED:
                _retire(SYSTEM, nano)
            elif wanted is State.REMOVED:
                remove_nano(SYSTEM, nano, by_date=True)
            if wanted is not None:
                refresh([nano_id])
                count += 1
    return count
