"""The automatic check of what people say at nanos, by a job. It points at places; what is read and what not a person decides."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.kit.db import db, transaction
from app.nanos.models import Case, Check, Comment
from app.nanos.queries.moderation_settings import lists
from app.nanos.queries.ranking import active_weights
from app.nanos.queries.voice_subject import KINDS
from app.nanos.rules.case import Kind
from app.nanos.rules.detect import look_all
from app.nanos.services.case import open_case
from app.nanos.services.checking import CHECKED, keep_check, rank_case
from app.nanos.subjects import subject_kind
from app.nanos.tasks import check_voice as look_later


def look_soon(comment: Comment) -> None:
    """Have what was just written looked over; nothing where there are no words. Joins the caller's transaction."""
    if comment.text:
        voice_id = comment.parent_id if comment.kind == "rating" else comment.id
        look_later.later(kind=KINDS[comment.kind], voice_id=str(voice_id), opens=True)


def check_voice(kind: str, voice_id: UUID, *, opens: bool) -> None:
    """Check one rating, question or answer and order its open items; what is newly found becomes one where `opens`.

    Repeatable: the same finding opens nothing twice, so one that somebody dismissed comes back only with other words.
    """
    thing = subject_kind(kind)
    about = thing.load(voice_id, None)
    if about is None or about.bar:
        return
    found = look_all(about.texts, lists())
    CHECKED.labels("found" if found else "clean").inc()
    weights, number = active_weights(), about.number or 1
    with transaction():
        thing.hold(voice_id)
        before = set(
            db.session.scalars(
                select(Check.digest).where(
                    Check.subject_type == kind, Check.subject_id == voice_id, Check.number == number
                )
            )
        )
        digest = keep_check((kind, voice_id), number, found).digest
        if opens and digest and digest not in before:
            open_case(Kind.FINDING, (kind, voice_id), organisation_id=about.organisation_id)
        cases = db.session.scalars(
            select(Case).where(Case.subject_id == voice_id, Case.state == "open").with_for_update()
        ).all()
        for case in cases:
            rank_case(case, about, weights, len(found))
