"""Keeping what people write at nanos from being read: what a decision of moderation does, in its transaction."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _

from app.core.api import record
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, lock, require_transaction
from app.nanos.events_voices import CommentHidden, CommentShown
from app.nanos.models import Comment
from app.nanos.policies import P
from app.nanos.services.nano import subject
from app.nanos.services.texts import checked_text

LONGEST_REASON = 5000


def hide_comment(actor: Actor, comment_id: UUID, reason: str) -> bool:
    """Keep the text of a comment, a question or an answer from all but its author and moderators; stars stay. Hidden twice
    is hidden once, the first reason stands: whether it was this time. Joins the caller's transaction. Raises Invalid at
    "reason", NotFound."""
    require_transaction()
    require(actor, P.comment_moderate)
    clean = checked_text("reason", reason, most=LONGEST_REASON, needed=_("Schreiben Sie, warum."))
    row = lock(Comment, comment_id)
    if row.hidden_at is not None:
        return False
    row.hidden_at, row.hidden_by, row.hidden_reason = clock.now(), actor.person_id, clean
    record(CommentHidden(comment_id), actor=actor, subject=subject(row.nano_id))
    db.session.flush()
    return True


def show_comment(actor: Actor, comment_id: UUID) -> bool:
    """Everybody reads it again: whether it was hidden. Joins the caller's transaction. Raises NotFound."""
    require_transaction()
    require(actor, P.comment_moderate)
    row = lock(Comment, comment_id)
    if row.hidden_at is None:
        return False
    row.hidden_at, row.hidden_by, row.hidden_reason = None, None, ""
    record(CommentShown(comment_id), actor=actor, subject=subject(row.nano_id))
    db.session.flush()
    return True
