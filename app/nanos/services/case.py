"""Items of the moderators' queue: opened, claimed, given back, closed.

An item is about one thing and one reason; it is open once, however often somebody reports it. A claim keeps others away
for twenty minutes. Whoever closes an item does so by compare-and-set, and the second one is told.
"""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import or_, select, update

from app.accounts.api import person_names
from app.core.api import record
from app.kit import clock, live
from app.kit.authz import Actor, require
from app.kit.db import db, lock, require_transaction, transaction
from app.kit.errors import Conflict, NotFound
from app.kit.ids import new_id
from app.nanos.events_moderation import CaseClaimed, CaseReleased
from app.nanos.models import Case
from app.nanos.policies import P
from app.nanos.rules.case import CLAIM, Kind, held, open_key, sort_at
from app.nanos.subjects import subject_kind

LIVE, QUEUE_LIVE = "nanos-case", "nanos-queue"
QUEUE = UUID("00000000-0000-4000-8000-000000000001")
"""The queue itself, as a live topic."""
SUBJECT = "nanos.case"


def wake(case_id: UUID) -> None:
    """Everybody who looks at the item or the queue sees what is new."""
    live.changed(LIVE, case_id, "claim", "state")
    live.changed(QUEUE_LIVE, QUEUE, "head")


def open_case(
    kind: Kind,
    subject: tuple[str, UUID],
    *,
    organisation_id: UUID | None,
    number: int | None = None,
    reason: str = "",
    priority: int = 0,
    about_id: UUID | None = None,
) -> Case:
    """The open item for this reason, made when it is missing. Joins the caller's transaction.

    A further report joins the one that is open: it counts, and a higher priority moves it forward.
    """
    require_transaction()
    key = open_key(kind, f"{subject[0]}:{subject[1]}", reason)
    known = db.session.scalar(select(Case).where(Case.open_key == key).with_for_update())
    if known is not None:
        known.reports += 1
        if priority > known.priority:
            known.priority = priority
            known.sort_at = sort_at(known.created_at, priority, known.rank)
        wake(known.id)
        return known
    now = clock.now()
    case = Case(
        id=new_id(), state="open", kind=kind.value, subject_type=subject[0], subject_id=subject[1], number=number,
        organisation_id=organisation_id, open_key=key, priority=int(priority), sort_at=sort_at(now, priority, None),
        created_at=now, about_id=about_id, hints=0, rank_words=[],
    )  # fmt: skip
    db.session.add(case)
    db.session.flush()
    wake(case.id)
    return case


def withdraw_case(kind: Kind, subject: tuple[str, UUID], reason: str = "") -> None:
    """It needs no decision any more. Joins the caller's transaction; nothing where none is open."""
    key = open_key(kind, f"{subject[0]}:{subject[1]}", reason)
    case = db.session.scalar(select(Case).where(Case.open_key == key))
    if case is not None:
        close(case.id, "withdrawn")


def close(case_id: UUID, to: str = "resolved", *, actor: Actor | None = None) -> None:
    """End it where it is open and nobody else holds it; `actor` None: whoever holds it. Joins the caller's transaction.

    Raises Conflict with the name of who holds it, or because it was decided meanwhile. Releases the claim.
    """
    require_transaction()
    now = clock.now()
    statement = update(Case).where(Case.id == case_id, Case.state == "open")
    if actor is not None:
        statement = statement.where(_free_for(actor.person_id, now))
    done = db.session.execute(
        statement.values(state=to, open_key=None, resolved_at=now, claimed_by=None, claimed_until=None)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    known = db.session.get(Case, case_id, populate_existing=True)
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise _too_late(known)
    wake(case_id)


def _free_for(person_id: UUID | None, now):  # type: ignore[no-untyped-def]
    """Nobody else holds it."""
    return or_(Case.claimed_by.is_(None), Case.claimed_by == person_id, Case.claimed_until <= now)


def _too_late(case: Case | None) -> Exception:
    if case is None:
        return NotFound()
    if case.state != "open":
        return Conflict(_("Darüber ist inzwischen entschieden. Es wurde nichts geändert."))
    names = person_names([case.claimed_by] if case.claimed_by else [])
    who = next(iter(names.values()), "") or _("jemand anderes")
    return Conflict(_("%(who)s bearbeitet das gerade.", who=who))


def held_case(case_id: UUID) -> Case:
    """The item, for who decides: the thing it is about is locked first, then the item, as everybody else does who changes
    both. Joins the caller's transaction. Raises NotFound."""
    found = db.session.get(Case, case_id, populate_existing=True)
    if found is None:
        raise NotFound
    subject_kind(found.subject_type).hold(found.subject_id)
    return lock(Case, case_id)


def claim(actor: Actor, case_id: UUID) -> None:
    """Hold an item for twenty minutes, or longer by claiming again. Raises Conflict, NotFound."""
    require(actor, P.moderation_decide)
    with transaction():
        _claim(actor, case_id)


def _claim(actor: Actor, case_id: UUID) -> None:
    now = clock.now()
    before = db.session.get(Case, case_id, populate_existing=True)
    again = before is not None and before.claimed_by == actor.person_id and held(before.claimed_until, now)
    done = db.session.execute(
        update(Case).where(Case.id == case_id, Case.state == "open", _free_for(actor.person_id, now))
        .values(claimed_by=actor.person_id, claimed_until=now + CLAIM)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise _too_late(db.session.get(Case, case_id, populate_existing=True))
    if before is not None:
        db.session.expire(before)
    if not again:
        record(CaseClaimed(), actor=actor, subject=(SUBJECT, case_id))
    wake(case_id)


def release(actor: Actor, case_id: UUID) -> None:
    """Give it back. Nothing happens where somebody else holds it by now."""
    require(actor, P.moderation_decide)
    with transaction():
        done = db.session.execute(
            update(Case).where(Case.id == case_id, Case.state == "open", Case.claimed_by == actor.person_id)
            .values(claimed_by=None, claimed_until=None)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        if done.rowcount == 1:  # type: ignore[attr-defined]
            record(CaseReleased(), actor=actor, subject=(SUBJECT, case_id))
            wake(case_id)


def claim_next(actor: Actor, *, besides: UUID | None = None) -> UUID | None:
    """Hold the first free item, or go on with one the actor holds. None where nothing is to do.

    Two moderators who ask at the same moment get two different ones.
    """
    require(actor, P.moderation_decide)
    now = clock.now()
    mine = db.session.scalar(
        select(Case.id).where(
            Case.state == "open", Case.claimed_by == actor.person_id, Case.claimed_until > now, Case.id != besides
        )
    )  # fmt: skip
    if mine is not None:
        return mine
    waiting = select(Case.id).where(
        Case.state == "open", or_(Case.claimed_by.is_(None), Case.claimed_until <= now)
    ).order_by(Case.sort_at, Case.id).limit(20)  # fmt: skip
    for case_id in db.session.scalars(waiting).all():
        try:
            with transaction():
                _claim(actor, case_id)
        except (Conflict, NotFound):
            continue  # somebody was faster: the next one
        return case_id
    return None
