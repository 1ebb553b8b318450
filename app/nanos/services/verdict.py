"""Writing down what was decided. Joins the transaction of whoever decides."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import db
from app.kit.ids import new_id
from app.nanos.models import Case, Check, Decision
from app.nanos.rules.case import Kind, open_key
from app.nanos.rules.measure import Measure, OnProvider
from app.nanos.services.case import close
from app.nanos.services.nano import subject
from app.nanos.subjects import Subject, subject_kind

MOST_TEXT = 20_000


def findings_of(case: Case, number: int | None) -> list[Any]:
    """What the automatic check had pointed at when somebody decided."""
    found = db.session.scalar(
        select(Check.findings)
        .where(Check.subject_type == case.subject_type, Check.subject_id == case.subject_id)
        .where(*([Check.number == number] if number is not None else []))
        .order_by(Check.number.desc())
        .limit(1)
    )
    return list(found or [])


def write_decision(
    actor: Actor,
    case: Case,
    measure: Measure,
    before: dict[str, Any],
    about: Subject | None,
    *,
    on_provider: OnProvider = OnProvider.NOTHING,
    until: datetime | None = None,
    answer: str = "",
) -> Decision:
    """The decision about an item that was just closed, with the revision that was decided about. Where a person wrote it for
    themselves, it is theirs and not their organisation's."""
    now = clock.now()
    noticed = case.kind == Kind.NOTICE
    author = about.person_id if about else None
    decision = Decision(
        id=new_id(), state="in_force", case_id=case.id, kind=case.kind, subject_type=case.subject_type,
        subject_id=case.subject_id, number=case.number or (about.number if about else None),
        organisation_id=None if author else case.organisation_id, person_id=author, measure=measure.value,
        on_provider=on_provider.value, until=until, before=before, answer=answer,
        automated_detection=case.kind == Kind.FINDING or (not noticed and bool(findings_of(case, case.number))),
        notices=case.reports if noticed else 0, text=about.text[:MOST_TEXT] if about else "", decided_by=actor.person_id,
        decided_at=now, waited_seconds=int((now - case.created_at).total_seconds()),
    )  # fmt: skip
    db.session.add(decision)
    db.session.flush()
    return decision


def settle_review(
    actor: Actor, nano_id: UUID, number: int, measure: Measure, before: dict[str, Any] | None = None
) -> None:
    """Close the item of a revision that was just decided about. Nothing where it never had one."""
    kind, ident = subject(nano_id)
    case = db.session.scalar(
        select(Case).where(Case.open_key == open_key(Kind.REVIEW, f"{kind}:{ident}", str(number)))
    )
    if case is not None:
        close(case.id, actor=actor)
        write_decision(actor, case, measure, before or {}, subject_kind(kind).load(nano_id, number))
