"""The outbox as the operator reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.core.models.mail import Mail
from app.core.rules.search import like
from app.kit.db import db
from app.kit.errors import NotFound
from app.kit.paging import Page, after, encode_cursor
from app.kit.secrets import unseal


@dataclass(frozen=True)
class MailView:
    """A mail with what it says; `text` is empty where its key is gone."""

    id: UUID
    state: str
    recipient: str
    template: str
    attempts: int
    error: str | None
    created_at: datetime
    finished_at: datetime | None
    subject: str
    text: str


def outbox(
    *, state: str = "", recipient: str = "", cursor: str | None = None, limit: int = 50
) -> Page[MailView]:
    """Mails of the last 30 days, newest first. For operators only: the caller has checked."""
    statement = select(Mail)
    if state:
        statement = statement.where(Mail.state == state)
    if recipient:
        statement = statement.where(Mail.recipient.ilike(like(recipient), escape="\\"))
    found = list(db.session.scalars(after(statement, [Mail.id], [UUID], cursor, limit)))
    following = encode_cursor([found[limit - 1].id]) if len(found) > limit else None
    return Page([_view(row) for row in found[:limit]], following)


def find_mail(mail_id: UUID) -> MailView:
    """One mail. Raises NotFound."""
    row = db.session.get(Mail, mail_id)
    if row is None:
        raise NotFound
    return _view(row)


def _view(row: Mail) -> MailView:
    try:
        letter = json.loads(unseal(row.sealed))
    except ValueError:
        letter = {"subject": "", "text": ""}
    return MailView(
        row.id, row.state, row.recipient, row.template, row.attempts, row.error, row.created_at, row.finished_at,
        letter["subject"], letter["text"],
    )  # fmt: skip
