"""The automatic check, by a job: it points at places and orders the queue. It decides nothing."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, transaction
from app.kit.ids import new_id
from app.kit.observe import counter
from app.nanos.models import Case, Check, Nano, Revision
from app.nanos.policies import P
from app.nanos.queries.moderation_settings import lists
from app.nanos.queries.ranking import active_weights
from app.nanos.rules.case import Kind, sort_at
from app.nanos.rules.detect import Finding, look_all
from app.nanos.rules.nano import Stage, State
from app.nanos.rules.rank import judge
from app.nanos.services.case import open_case, wake
from app.nanos.services.nano import subject
from app.nanos.subjects import Subject, subject_kind
from app.nanos.tasks import check_public as check_again

CHECKED = counter(
    "kontor_nano_checks_total", "Revisions checked by machine, by whether something was found", ("outcome",)
)


def check_revision(nano_id: UUID, number: int) -> None:
    """Check one revision (0: what is public) and order its open items. Repeatable; the newest result stays."""
    kind, _id = subject(nano_id)
    about = subject_kind(kind).load(nano_id, number or None)
    if about is None:
        return
    found = look_all(about.texts, lists())
    CHECKED.labels("found" if found else "clean").inc()
    weights = active_weights()
    with transaction():
        keep_check((kind, nano_id), number or _public_number(nano_id), found)
        cases = db.session.scalars(
            select(Case).where(Case.subject_id == nano_id, Case.state == "open").with_for_update()
        ).all()
        for case in cases:
            rank_case(case, about, weights, len(found))


def rank_case(case: Case, about: Subject, weights: dict[str, Any] | None, found: int) -> None:
    """Its place by the classifier, where that is switched on; else by what the check found. Joins the caller's transaction."""
    case.hints = found
    if weights is not None:
        opinion = judge(about.text, weights)
        case.rank, case.rank_words = opinion.rank, [[word, part] for word, part in opinion.words]
    else:
        case.rank, case.rank_words = None, []
    case.sort_at = sort_at(
        case.created_at, case.priority, case.rank if weights is not None else min(1.0, found / 4)
    )
    db.session.flush()
    wake(case.id)


def _public_number(nano_id: UUID) -> int:
    return (
        db.session.scalar(
            select(Revision.number).where(Revision.nano_id == nano_id, Revision.state == Stage.CURRENT.value)
        )
        or 1
    )


def keep_check(thing: tuple[str, UUID], number: int, found: list[Finding]) -> Check:
    """Write the result over the former one. Joins the caller's transaction."""
    kind, ident = thing
    row = db.session.scalar(
        select(Check)
        .where(Check.subject_type == kind, Check.subject_id == ident, Check.number == number)
        .with_for_update()
    )
    if row is None:
        row = Check(id=new_id(), subject_type=kind, subject_id=ident, number=number, digest="")
        db.session.add(row)
    row.findings = [[one.where, one.hint.value, one.start, one.length] for one in found]
    row.digest, row.made_at = digest_of(row.findings), clock.now()
    db.session.flush()
    return row


def digest_of(findings: list[Any]) -> str:
    """What makes two results the same: kinds and places."""
    return hashlib.sha256(json.dumps(findings).encode()).hexdigest() if findings else ""


def order_check(actor: Actor) -> None:
    """Have everything public checked again, by a job."""
    require(actor, P.moderation_set)
    with transaction():
        check_again.later(actor=actor, dedupe="nanos.check_public")


def check_public() -> int:
    """Check everything public again, after the lists changed; what is new becomes an item of the queue, once.

    The same finding that somebody has dismissed does not come back. Returns how many items were opened.
    """
    kind = subject_kind(subject(UUID(int=0))[0])
    ids = db.session.execute(
        select(Nano.id, Nano.organisation_id, Revision.number)
        .join(Revision, Revision.nano_id == Nano.id)
        .where(Nano.state == State.PUBLISHED.value, Revision.state == Stage.CURRENT.value)
        .order_by(Nano.id)
    ).all()
    opened = 0
    for nano_id, organisation_id, number in ids:
        about = kind.load(nano_id, number)
        found = look_all(about.texts, lists()) if about else []
        weights = active_weights()
        with transaction():
            before = db.session.scalar(
                select(Check.digest).where(Check.subject_id == nano_id, Check.number == number)
            )
            row = keep_check(subject(nano_id), number, found)
            if about is not None and row.digest and row.digest != before:
                case = open_case(
                    Kind.FINDING, subject(nano_id), organisation_id=organisation_id, number=number
                )
                rank_case(case, about, weights, len(found))
                opened += 1
    return opened
