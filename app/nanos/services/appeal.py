"""Complaints against decisions (Art. 20): six months, free, decided by another person than the first time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.api import record
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, lock, move, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.kit.ids import new_id
from app.nanos.events_moderation import AppealDecided, AppealMade
from app.nanos.models import Appeal, Case, Decision, Notice, NoticeItem
from app.nanos.policies import P
from app.nanos.queries.statement import concerns
from app.nanos.rules.case import Kind, Priority
from app.nanos.rules.measure import RESTRICTS, Measure
from app.nanos.rules.notice import appeal_until, cleaned
from app.nanos.services.case import close, held_case, open_case
from app.nanos.services.notice import digest
from app.nanos.services.tell import tell_appellant
from app.nanos.subjects import subject_kind

SHORTEST, LONGEST = 20, 5000
SOON = Priority(7)
"""Days an appeal is moved forward: it is about something that was decided once already."""


def _text(text: str, field: str) -> str:
    said = cleaned(text)
    if not SHORTEST <= len(said) <= LONGEST:
        raise Invalid(fields={field: _("Bitte 20 bis %(most)d Zeichen.", most=LONGEST)})
    return said


def in_time(decided_at: datetime) -> bool:
    """Whether a decision of then may still be appealed."""
    return clock.now() < appeal_until(decided_at)


def appeal_as_provider(actor: Actor, decision_id: UUID, text: str) -> UUID:
    """Whose content was restricted complains: who wrote it, whatever their role; else who may for the organisation.

    Raises NotAllowed, Invalid at "text", Conflict where it is too late or was done before, NotFound.
    """
    require(actor, P.nano_read)
    with transaction():
        decision = lock(Decision, decision_id)
        if not concerns(actor, decision) or Measure(decision.measure) not in RESTRICTS:
            raise NotFound
        if decision.person_id is None:
            require(actor, P.appeal_make)
        said = _text(text, "text")
        return _open(actor, decision, said, side="provider")


def appeal_as_notifier(actor: Actor, secret: str, item_id: UUID, text: str) -> UUID:
    """Who gave the notice complains about what was decided of one address; the link's secret is the proof.

    Raises Invalid at "text", Conflict, NotFound.
    """
    said = _text(text, "text")
    with transaction():
        notice = db.session.scalar(select(Notice).where(Notice.digest == digest(secret)))
        item = db.session.get(NoticeItem, item_id)
        if notice is None or item is None or item.notice_id != notice.id:
            raise NotFound
        decision_id = db.session.scalar(select(Decision.id).where(Decision.case_id == item.case_id))
        if decision_id is None:
            raise Conflict(_("Darüber ist noch nicht entschieden."))
        return _open(actor, lock(Decision, decision_id), said, side="notifier", notice=notice)


def _open(actor: Actor, decision: Decision, text: str, *, side: str, notice: Notice | None = None) -> UUID:
    key = f"{decision.id.hex}:{notice.id.hex if notice else 'provider'}"
    if db.session.scalar(select(Appeal.id).where(Appeal.made_key == key)) is not None:
        raise Conflict(_("Darüber haben Sie sich schon beschwert."))
    if decision.state != "in_force":
        raise Conflict(_("Diese Entscheidung ist schon aufgehoben."))
    if not in_time(decision.decided_at):
        raise Conflict(_("Die Frist von sechs Monaten ist vorbei."))
    appeal = Appeal(
        id=new_id(), state="open", decision_id=decision.id, side=side, made_key=key, notice_id=notice.id if notice else None,
        organisation_id=decision.organisation_id if side == "provider" else None, person_id=actor.person_id, text=text,
        created_at=clock.now(), reasons="",
    )  # fmt: skip
    db.session.add(appeal)
    db.session.flush()
    first = db.session.get(Case, decision.case_id)
    open_case(
        Kind.APPEAL, (decision.subject_type, decision.subject_id), organisation_id=first.organisation_id if first else None,
        number=decision.number, reason=appeal.id.hex, priority=SOON, about_id=appeal.id,
    )  # fmt: skip
    record(
        AppealMade(side), actor=actor, organisation_id=decision.organisation_id,
        subject=(decision.subject_type, decision.subject_id),
    )  # fmt: skip
    return appeal.id


def decide_appeal(actor: Actor, case_id: UUID, *, reverse: bool, reasons: str) -> None:
    """Uphold the first decision or reverse it, with its effect: what was restricted comes back as it was.

    A notice that was wrongly dismissed is looked at anew. Raises NotAllowed for who decided first, Invalid at "reasons",
    Conflict when somebody was first or holds it, NotFound.
    """
    require(actor, P.moderation_decide)
    said = _text(reasons, "reasons")
    with transaction():
        case = held_case(case_id)
        if case.kind != Kind.APPEAL or case.about_id is None:
            raise NotFound
        appeal = lock(Appeal, case.about_id)
        decision = lock(Decision, appeal.decision_id)
        if decision.decided_by is not None and decision.decided_by == actor.person_id:
            raise NotAllowed(_("Über eine Beschwerde entscheidet jemand anderes als beim ersten Mal."))
        close(case_id, actor=actor)
        result = "reversed" if reverse else "upheld"
        move(
            Appeal,
            appeal.id,
            from_="open",
            to=result,
            reasons=said,
            decided_by=actor.person_id,
            decided_at=clock.now(),
        )
        if reverse and decision.state == "in_force":
            _reverse(actor, decision, appeal)
        record(
            AppealDecided(result), actor=actor, organisation_id=decision.organisation_id,
            subject=(decision.subject_type, decision.subject_id),
        )  # fmt: skip
        tell_appellant(db.session.get(Appeal, appeal.id, populate_existing=True) or appeal, decision)


def _reverse(actor: Actor, decision: Decision, appeal: Appeal) -> None:
    if appeal.side == "notifier":
        _look_again(decision)
        return
    move(Decision, decision.id, from_="in_force", to="reversed", until=None)
    db.session.refresh(decision)
    subject_kind(decision.subject_type).undo(
        actor, decision.subject_id, decision.number, Measure(decision.measure), decision.before
    )


def _look_again(decision: Decision) -> None:
    """The notices of a decision that was wrong go into the queue once more, and their senders hear of the new decision."""
    items = db.session.scalars(select(NoticeItem).where(NoticeItem.case_id == decision.case_id)).all()
    reason, first = f"again:{decision.id.hex}", db.session.get(Case, decision.case_id)
    case = open_case(
        Kind.NOTICE, (decision.subject_type, decision.subject_id), organisation_id=first.organisation_id if first else None,
        reason=reason, priority=SOON,
    )  # fmt: skip
    case.reports = max(1, len(items))
    if decision.measure == Measure.DISMISS:
        move(Decision, decision.id, from_="in_force", to="reversed")
    for item in items:
        item.case_id = case.id
        notice = db.session.get(Notice, item.notice_id)
        if notice is not None and notice.forgotten_at is None:
            notice.decided_at = None
    db.session.flush()
