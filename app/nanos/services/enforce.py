"""What a decision does to a nano, and how it is taken back. All of it joins the transaction of whoever decides."""

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
from app.nanos.events import NanoRemoved, NanoRetired, NanoReturned
from app.nanos.models import Decision, Nano, Revision
from app.nanos.queries.nano import open_revision
from app.nanos.rules.case import Kind
from app.nanos.rules.measure import BARS, STRENGTH, Measure
from app.nanos.rules.nano import Stage, State
from app.nanos.services.case import open_case, withdraw_case
from app.nanos.services.nano import note, subject
from app.nanos.services.publishing import publish_in, send_back_in
from app.nanos.services.search import refresh


def hold(nano_id: UUID) -> None:
    """Lock it; nothing where it is gone."""
    db.session.execute(select(Nano.id).where(Nano.id == nano_id).with_for_update())


def apply(actor: Actor, nano_id: UUID, number: int | None, measure: Measure, reason: str) -> dict[str, Any]:
    """Take a measure; returns what it replaced. Raises Conflict where it is too late or in force already."""
    if measure is Measure.PUBLISH:
        publish_in(actor, nano_id, number or 0)
        return {}
    if measure is Measure.SEND_BACK:
        return {"version": send_back_in(actor, nano_id, number or 0, reason)}
    if measure is Measure.DISMISS:
        return {}
    return _restrict(actor, lock(Nano, nano_id), measure)


def _restrict(actor: Actor, nano: Nano, measure: Measure) -> dict[str, Any]:
    bar = BARS[measure]
    gone = nano.state == State.REMOVED
    if (
        gone
        or STRENGTH[bar] <= STRENGTH[nano.bar]
        or (measure is Measure.HIDE and nano.state != State.PUBLISHED)
    ):
        raise Conflict(
            _("Das gilt schon, oder der Inhalt ist nicht mehr öffentlich. Es wurde nichts geändert.")
        )
    before = {
        "state": nano.state,
        "bar": nano.bar,
        "ended_at": nano.ended_at.isoformat() if nano.ended_at else None,
    }
    _stop_review(nano)
    db.session.flush()
    state = nano.state
    if measure is Measure.REMOVE:
        move(Nano, nano.id, from_=state, to=State.REMOVED.value, bar=bar, ended_at=clock.now())
        note(
            actor,
            nano,
            NanoRemoved(by_date=False),
            before={"state": state},
            after={"state": State.REMOVED.value},
        )
    elif measure is Measure.BLOCK and state == State.PUBLISHED:
        move(Nano, nano.id, from_=state, to=State.RETIRED.value, bar=bar, ended_at=clock.now())
        note(actor, nano, NanoRetired(), before={"state": state}, after={"state": State.RETIRED.value})
    else:
        move(Nano, nano.id, from_=state, to=state, bar=bar)
    refresh([nano.id])
    return before


def _stop_review(nano: Nano) -> None:
    """A revision that waits becomes a draft again: nothing of a blocked nano is published by somebody else meanwhile."""
    revision = open_revision(nano.id)
    if revision is None or revision.state != Stage.REVIEW:
        return
    move(Revision, revision.id, from_=Stage.REVIEW.value, to=Stage.DRAFT.value)
    if nano.state == State.REVIEW:
        move(Nano, nano.id, from_=State.REVIEW.value, to=State.DRAFT.value)
    withdraw_case(Kind.REVIEW, subject(nano.id), str(revision.number))


def undo(actor: Actor, nano_id: UUID, number: int | None, measure: Measure, before: dict[str, Any]) -> None:
    """Put back what a measure replaced: public as it was, or waiting for its review again."""
    if measure is Measure.SEND_BACK:
        _review_again(nano_id, number, before)
    elif measure in BARS:
        _lift(actor, lock(Nano, nano_id), measure, before)


def _review_again(nano_id: UUID, number: int | None, before: dict[str, Any]) -> None:
    """What was sent back waits again, where nobody has changed it since; else its provider submits it when they like."""
    nano = lock(Nano, nano_id)
    revision = open_revision(nano_id)
    if revision is None or revision.number != number or revision.state != Stage.DRAFT:
        return
    revision.reason = None
    db.session.flush()
    if revision.version != before.get("version") or nano.bar in ("blocked", "removed"):
        return
    move(Revision, revision.id, from_=Stage.DRAFT.value, to=Stage.REVIEW.value, submitted_at=clock.now())
    if nano.state == State.DRAFT:
        move(Nano, nano.id, from_=State.DRAFT.value, to=State.REVIEW.value)
    open_case(
        Kind.REVIEW, subject(nano_id), organisation_id=nano.organisation_id, number=revision.number,
        reason=str(revision.number),
    )  # fmt: skip


def _lift(actor: Actor, nano: Nano, measure: Measure, before: dict[str, Any]) -> None:
    bar = BARS[measure]
    if nano.bar != bar:  # a stronger measure came later: it now stands on what was before this one
        later = db.session.scalars(
            select(Decision).where(Decision.subject_id == nano.id, Decision.state == "in_force").order_by(Decision.id.desc())
        )  # fmt: skip
        for decision in later:
            if decision.before.get("bar") == bar:
                decision.before = before
        return
    state = nano.state
    back = (
        before["state"]
        if state in (State.REMOVED, State.RETIRED) and before["state"] != State.REVIEW
        else state
    )
    ended = datetime.fromisoformat(before["ended_at"]) if before["ended_at"] else None
    values: dict[str, Any] = {"bar": before["bar"]} | ({"ended_at": ended} if back != state else {})
    move(Nano, nano.id, from_=state, to=back, **values)
    if back != state:
        note(actor, nano, NanoReturned(), before={"state": state}, after={"state": back})
    refresh([nano.id])
