"""Questions to providers, and their answers, for all to read."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.core.api import claim_once, record
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict, NotFound, TooMany
from app.nanos.events_voices import QuestionAnswered, QuestionAsked
from app.nanos.models import Comment, Nano
from app.nanos.policies import P
from app.nanos.rules.nano import State
from app.nanos.rules.voice import LONGEST_ANSWER, LONGEST_QUESTION
from app.nanos.services.nano import note, subject
from app.nanos.services.rating import add_answer, new_comment
from app.nanos.services.texts import checked_text
from app.nanos.services.voice_check import look_soon

MOST_A_DAY = 20
"""Questions of one person, to all providers together."""


def ask(actor: Actor, nano_id: UUID, text: str | None, *, once: str | None = None) -> UUID:
    """Ask for all to read. Returns the question's id. Raises Invalid at "text", Conflict for the same form twice, TooMany,
    NotFound."""
    require(actor, P.question_write)
    clean = checked_text("text", text, most=LONGEST_QUESTION, needed=_("Schreiben Sie Ihre Frage."))
    with transaction():
        nano = lock(Nano, nano_id)
        if nano.state != State.PUBLISHED:
            raise NotFound
        if once and not claim_once(f"nanos.question:{once[:80]}"):
            raise Conflict(_("Das haben Sie schon abgeschickt."))
        _check_pace(actor)
        row = new_comment(actor, nano_id, "question", clean)
        db.session.add(row)
        db.session.flush()
        look_soon(row)
        record(QuestionAsked(row.id), actor=actor, subject=subject(nano_id))
        return row.id


def _check_pace(actor: Actor) -> None:
    since = clock.now() - timedelta(days=1)
    asked = db.session.scalar(
        select(func.count()).where(
            Comment.person_id == actor.person_id, Comment.kind == "question", Comment.created_at > since
        )
    )
    if (asked or 0) >= MOST_A_DAY:
        raise TooMany(_("Das waren viele Fragen an einem Tag. Morgen geht es weiter."))


def answer_question(actor: Actor, nano_id: UUID, question_id: UUID, text: str | None) -> None:
    """The provider's answer, once. Raises Invalid at "text", Conflict where one is there, NotFound."""
    require(actor, P.comment_answer)
    clean = checked_text("text", text, most=LONGEST_ANSWER, needed=_("Schreiben Sie eine Antwort."))
    with transaction():
        nano = lock(Nano, nano_id)
        row = db.session.get(Comment, question_id)
        known = (
            row is not None and row.nano_id == nano_id and row.kind == "question" and row.hidden_at is None
        )
        if nano.organisation_id != actor.organisation_id or not known:
            raise NotFound
        add_answer(actor, nano, "answer", question_id, clean)
        note(actor, nano, QuestionAnswered(question_id))
